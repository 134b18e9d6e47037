import { CodexLinkError, Deferred } from '../diagnostics/diagnostics.ts';
import { defaults } from '../generated/yaml-defaults.ts';
import type { CodexLinkYaml } from '../generated/yaml-types.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import type { State } from '../planner/state.ts';
import type { Platform, SecretItem, SecretStore } from '../platform/platform.ts';
import type { Secret } from '../secret.ts';
import type { Leave } from './survey.ts';

interface Ground {
  readonly state: State;
  /** Name of the variable that Codex reads the key from; null when it does not. */
  readonly service: string | null;
  readonly manager: 'ccs' | 'none';
  /** The key that CCS gives its gateway. */
  readonly key: Secret;
}

/** Where the key is kept and where it came from, as far as that can be told. The key itself is compared, and nothing else. */
export async function foundSecret(
  machine: Machine,
  platform: Platform,
  { state, service, manager, key }: Ground,
  leave: Leave,
): Promise<CodexLinkYaml['secret']> {
  const last = state.applied.secret;
  const told = (name: string) =>
    last !== null && typeof last === 'object' && !Array.isArray(last)
      ? ((last as Readonly<Record<string, unknown>>)[name] as string | undefined)
      : undefined;
  const item = {
    service: service ?? told('service') ?? defaults.secret.service,
    account: told('account') ?? machine.facts.user,
  };
  const usable: SecretStore[] = [];
  for (const store of platform.stores) if ((await store.unavailable(machine)) === null) usable.push(store);
  const auto = usable.find((one) => one.onlyByName !== true);
  // Where the last apply put it comes first: an older item may lie in another store.
  const inOrder = [...usable].sort((a, b) => Number(b.kind === state.store) - Number(a.kind === state.store));
  const found = await firstWith(machine, inOrder, item, leave);
  const source = found === null ? (manager === 'none' ? 'prompt' : null) : sourceOf(found.secret, manager, key);
  return {
    ...(found === null || found.store === auto ? {} : { store: found.store.kind }),
    ...(item.service === defaults.secret.service ? {} : { service: item.service }),
    ...(item.account === machine.facts.user ? {} : { account: item.account }),
    ...(source === null ? {} : { source }),
  };
}

/** Null: the default says it. A key that CCS does not have came from elsewhere, and that is nowhere to be seen. */
function sourceOf(secret: Secret, manager: 'ccs' | 'none', key: Secret): 'keep' | null {
  return manager === 'none' || key.equals(secret) ? null : 'keep';
}

async function firstWith(
  machine: Machine,
  stores: readonly SecretStore[],
  item: SecretItem,
  leave: Leave,
): Promise<{ store: SecretStore; secret: Secret } | null> {
  for (const store of stores) {
    try {
      const secret = await store.read(machine, item);
      if (secret !== null) return { store, secret };
    } catch (error) {
      // A keyring that is locked says nothing; the rest of the machine is worth writing down all the same.
      if (!(error instanceof CodexLinkError || error instanceof Deferred || error instanceof MachineError)) throw error;
      leave(`what ${store.name} holds: ${error.message}`, 'secret');
    }
  }
  return null;
}
