import type { Desired } from '../config/desired.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform, SecretVariable, VariableState, VariableStore } from '../platform/platform.ts';
import type { Secret } from '../secret.ts';
import { type OnUndo, type Resource, sensitiveChange, type Verdict, verdict } from './resource.ts';
import type { Token } from './token.ts';
import { environmentFileResource } from './token-file.ts';

interface Actual extends VariableState {
  readonly token: Secret | null;
  readonly variable: SecretVariable;
}

/**
 * The environment of the login session, for `provider.auth: env`.
 * @param owned an earlier apply put the variable there, so it may be taken out
 */
export function environmentResource(
  desired: Desired,
  token: Token,
  { environment }: Platform,
  fingerprintKey: string,
  owned: boolean,
): Resource {
  return environment.kind === 'file'
    ? (environmentFileResource(desired, token, environment.path, fingerprintKey, owned) as Resource)
    : (variableResource(desired, token, environment, fingerprintKey, owned) as Resource);
}

/** A variable that the OS keeps, outside of any file that is ours. */
function variableResource(
  desired: Desired,
  source: Token,
  store: VariableStore,
  fingerprintKey: string,
  owned: boolean,
): Resource<Actual> {
  const { service: name, account } = desired.secret;
  const bare = { name, item: { service: name, account } };
  const wanted = desired.provider.auth === 'env';
  const kind = 'environment';

  return {
    kind,
    address: kind,
    dependsOn: ['secret'],

    async read(machine: Machine): Promise<Actual> {
      // Nothing is asked of the OS where there is nothing that could be ours: each question costs a program.
      if (!wanted && !owned) return { value: null, flaw: null, present: false, token: null, variable: bare };
      const variable = { ...bare, store: await source.store(machine) };
      const [state, token] = await Promise.all([store.read(machine, variable), wanted ? source.effective(machine) : null]);
      return { ...state, token, variable };
    },

    diff({ value, flaw, present, token }: Actual): Verdict {
      if (!wanted) {
        if (!present) return verdict('unmanaged', `provider.auth is ${desired.provider.auth}`);
        const changes = [{ path: name, before: '(sensitive)', after: null, sensitive: true }];
        return verdict('delete', `${store.name} still has ${name}, which provider.auth: ${desired.provider.auth} does not need`, {
          changes,
        });
      }
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
      onUndo(`${name} in ${store.name}`, (later) =>
        present && value !== null ? store.write(later, variable, value) : store.remove(later, variable),
      );
      await (wanted && token !== null ? store.write(machine, variable, token) : store.remove(machine, variable));
    },

    wanted({ token }: Actual) {
      return { name, fingerprint: token?.fingerprint(fingerprintKey) ?? null };
    },
  };
}
