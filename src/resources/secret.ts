import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform, SecretStore } from '../platform/platform.ts';
import type { Secret } from '../secret.ts';
import { type OnUndo, type Resource, sensitiveChange, type Verdict, verdict } from './resource.ts';
import type { Token, Wanted } from './token.ts';

interface Actual {
  readonly store: SecretStore;
  readonly current: Secret | null;
  readonly wanted: Wanted;
  readonly flaw: string | null;
  readonly advice: readonly Finding[];
  readonly sideEffects: readonly string[];
}

/** The gateway token in the OS's store. */
export function secretResource(
  desired: Desired,
  token: Token,
  platform: Platform,
  fingerprintKey: string,
  dependsOn: readonly string[],
): Resource<Actual> {
  const item = { service: desired.secret.service, account: desired.secret.account };
  const address = 'secret';

  return {
    kind: 'secret',
    address,
    dependsOn,

    async read(machine: Machine): Promise<Actual> {
      const store = await token.store(machine);
      const [current, wanted, flaw, advice = [], sideEffects = []] = await Promise.all([
        token.current(machine),
        token.wanted(machine),
        store.flaw(machine, item),
        store.advice?.(machine, item),
        store.sideEffects?.(machine, item),
      ]);
      if (current === null && wanted.state === 'known') await store.ready?.(machine);
      return { store, current, wanted, flaw, advice: advice.map((one) => ({ ...one, resource: address })), sideEffects };
    },

    diff({ store, current, wanted, flaw, advice, sideEffects }: Actual): Verdict {
      const inFile =
        desired.secret.store === 'auto' && store.kind === 'file'
          ? [
              finding('CL3013', `${platform.stores[0]?.name} does not answer here, so the token is kept in a file`, {
                resource: address,
              }),
            ]
          : [];
      const findings = [...inFile, ...advice];
      if (wanted.state === 'missing') {
        if (current === null) {
          const missing = finding('CL3006', `there is no token: ${wanted.why}`, { resource: address, fix: wanted.command });
          return verdict('manual', wanted.why, { command: wanted.command, findings: [...findings, missing] });
        }
        findings.push(finding('CL3007', `${wanted.why}; the token in the store is kept`, { resource: address }));
        if (flaw === null) return verdict('in-sync', 'the token is kept', { findings });
      }
      const changes = [sensitiveChange(`${item.service} of ${item.account}`, current !== null)];
      const consequences = ['running Codex processes keep the old token until the gateway refuses it', ...sideEffects];
      if (wanted.state === 'known' && current === null) {
        return verdict('create', `no item ${item.service} of ${item.account} in ${store.name}`, {
          changes,
          findings,
          consequences: sideEffects,
        });
      }
      if (wanted.state === 'known' && current !== null && !wanted.token.equals(current)) {
        return verdict('update', `the token in ${store.name} ${wanted.why}`, {
          changes,
          findings,
          consequences,
        });
      }
      if (flaw !== null)
        return verdict('update', flaw, {
          findings,
          changes: [{ path: 'mode', before: 'open to others', after: '600', sensitive: false }],
        });
      return verdict('in-sync', `the token is in ${store.name}`, { findings });
    },

    async converge(machine: Machine, { store, current, wanted }: Actual, onUndo: OnUndo): Promise<void> {
      const next = wanted.state === 'known' ? wanted.token : current;
      if (next === null) return;
      if (store.kind !== 'file') {
        onUndo(`the token in ${store.name}`, (later) =>
          current === null ? store.remove(later, item) : store.write(later, item, current),
        );
      }
      await store.write(machine, item, next);
    },

    wanted({ store, wanted, current }: Actual) {
      const value = wanted.state === 'known' ? wanted.token : current;
      return { store: store.kind, ...item, fingerprint: value?.fingerprint(fingerprintKey) ?? null };
    },
  };
}
