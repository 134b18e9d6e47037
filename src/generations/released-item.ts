import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import type { SecretItem, SecretStore, SecretVariable, VariableStore } from '../platform/platform.ts';
import { removalCommand } from '../platform/removal-command.ts';
import { type OnUndo, type Resource, sensitiveChange, type Verdict, verdict } from '../resources/resource.ts';
import type { Secret } from '../secret.ts';

/** A key that something of the OS keeps, and that is to go again. */
export interface ReleasedItem {
  readonly address: string;
  readonly dependsOn: readonly string[];
  readonly item: SecretItem;
  /** What the place holds now. */
  readonly read: (machine: Machine) => Promise<Secret | null>;
  /** Why it goes, for people. */
  readonly why: string;
  /** False when it was there before codex-link came: what it held then was not kept, and it stays. */
  readonly made: boolean;
  /** Whether this is the key that codex-link has put there. */
  readonly isOurs: (key: Secret) => boolean;
  /** Something that stays needs it; null when nothing does. */
  readonly neededBy: string | null;
}

interface Actual {
  readonly current: Secret | null;
  readonly command: string;
}

/** An item of a secret store. */
export function releasedItem(released: ReleasedItem, store: SecretStore): Resource<Actual> {
  const { item, address, read } = released;
  const name = `${item.service} of ${item.account}`;
  return {
    kind: 'secret',
    address,
    dependsOn: released.dependsOn,

    async read(machine: Machine): Promise<Actual> {
      return { current: await read(machine), command: removalCommand(machine, store.kind, item) };
    },

    diff({ current, command }: Actual): Verdict {
      if (current === null) return verdict('in-sync', `${store.name} holds no ${name}`);
      if (!released.made) return verdict('unmanaged', `${name} was in ${store.name} before codex-link came`);
      const why = released.isOurs(current) ? released.neededBy : 'somebody else has changed it since';
      if (why !== null) return kept(address, `${name} stays in ${store.name}: ${why}`, command);
      const changes = [{ ...sensitiveChange(name, true), after: null }];
      return verdict('delete', `${name} is taken out of ${store.name}${released.why}`, { changes });
    },

    async converge(machine: Machine, { current }: Actual, onUndo: OnUndo): Promise<void> {
      if (current === null) return;
      if (store.kind !== 'file') onUndo(`the token in ${store.name}`, (later) => store.write(later, item, current));
      await store.remove(machine, item);
    },

    wanted: () => null,
  };
}

/** A variable that the OS keeps for the login session. */
export function releasedVariable(released: ReleasedItem, store: VariableStore, variable: SecretVariable): Resource {
  const { address } = released;
  const { name } = variable;
  const resource: Resource<{ readonly value: Secret | null; readonly present: boolean; readonly command: string }> = {
    kind: 'environment',
    address,
    dependsOn: released.dependsOn,

    read: async (machine: Machine) => ({ ...(await store.read(machine, variable)), command: store.removal(machine, name) }),

    diff({ value, present, command }): Verdict {
      if (!present) return verdict('unmanaged', `${store.name} has no ${name}`);
      if (!released.made) return verdict('unmanaged', `${store.name} had ${name} before codex-link came`);
      const why = value === null || released.isOurs(value) ? released.neededBy : 'somebody else has changed it since';
      if (why !== null) return kept(address, `${name} stays in ${store.name}: ${why}`, command);
      const changes = [{ path: name, before: '(sensitive)', after: null, sensitive: true }];
      return verdict('delete', `${store.name} still has ${name}${released.why}`, { changes });
    },

    async converge(machine: Machine, { value, present }, onUndo: OnUndo): Promise<void> {
      onUndo(`${name} in ${store.name}`, (later) =>
        present && value !== null ? store.write(later, variable, value) : store.remove(later, variable),
      );
      await store.remove(machine, variable);
    },

    wanted: () => null,
  };
  return resource as Resource;
}

/** What nobody takes away, with what a person types when it is not needed any more. */
export function kept(address: string, message: string, fix: string, rest: Partial<Finding> = {}): Verdict {
  return verdict('unmanaged', message, { findings: [finding('CL0026', message, { resource: address, fix, ...rest })] });
}
