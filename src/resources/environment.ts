import type { Desired } from '../config/desired.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform, SecretVariable, VariableState, VariableStore } from '../platform/platform.ts';
import type { Secret } from '../secret.ts';
import { type OnUndo, type Resource, sensitiveChange, type Verdict, verdict } from './resource.ts';
import type { Token } from './token.ts';
import { environmentFileResource, notUsed } from './token-file.ts';

interface Actual extends VariableState {
  readonly token: Secret | null;
  readonly variable: SecretVariable;
}

/** The environment of the login session, for `provider.auth: env`. */
export function environmentResource(desired: Desired, token: Token, { environment }: Platform, fingerprintKey: string): Resource {
  // Nothing is asked of the OS where there is nothing that could be ours: each question costs a program.
  if (desired.provider.auth !== 'env') return notUsed('environment', desired.provider.auth);
  return environment.kind === 'file'
    ? environmentFileResource(desired, token, environment.path, fingerprintKey)
    : (variableResource(desired, token, environment, fingerprintKey) as Resource);
}

/** A variable that the OS keeps, outside of any file that is ours. */
function variableResource(desired: Desired, source: Token, store: VariableStore, fingerprintKey: string): Resource<Actual> {
  const { service: name, account } = desired.secret;
  const bare = { name, item: { service: name, account } };
  const kind = 'environment';

  return {
    kind,
    address: kind,
    dependsOn: ['secret'],

    async read(machine: Machine): Promise<Actual> {
      const variable = { ...bare, store: await source.store(machine) };
      const [state, token] = await Promise.all([store.read(machine, variable), source.effective(machine)]);
      return { ...state, token, variable };
    },

    diff({ value, flaw, token }: Actual): Verdict {
      if (token === null) return verdict('skipped', 'there is no token to set');
      const consequences = [
        'only programs that start afterwards get the variable',
        ...(store.cost === undefined ? [] : [store.cost]),
      ];
      if (value === null) {
        const changes = [sensitiveChange(name, false)];
        return verdict('create', `${store.name} does not have ${name}`, { changes, consequences });
      }
      if (!value.equals(token)) {
        const changes = [sensitiveChange(name, true)];
        return verdict('update', `${name} in ${store.name} is not the token`, { changes, consequences });
      }
      if (flaw !== null) return verdict('update', flaw, { consequences });
      return verdict('in-sync', `${store.name} has ${name}`);
    },

    async converge(machine: Machine, { value, present, token, variable }: Actual, onUndo: OnUndo): Promise<void> {
      if (token === null) return;
      onUndo(`${name} in ${store.name}`, (later) =>
        present && value !== null ? store.write(later, variable, value) : store.remove(later, variable),
      );
      await store.write(machine, variable, token);
    },

    wanted({ token }: Actual) {
      return { name, fingerprint: token?.fingerprint(fingerprintKey) ?? null };
    },
  };
}
