import { type Ccs, ccsFolder, lastWords } from '../ccs/ccs.ts';
import { gatewayConfigPath } from '../ccs/gateway-config.ts';
import { bringIntoForce, type Effect, listens } from '../ccs/in-force.ts';
import { withConfigLock } from '../ccs/locks.ts';
import { editInPlace, KeptFiles } from '../ccs/own-edits.ts';
import { type Routing, sameDuration, savedStrategyName, strategyName } from '../ccs/routing.ts';
import { ccsSession } from '../ccs/session.ts';
import type { Desired, DesiredRouting } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine, Os } from '../machine/machine.ts';
import { typed } from '../platform/typed.ts';
import { type Json, type OnUndo, type Resource, type ValueChange, type Verdict, verdict } from './resource.ts';

/** CCS writes the file, the gateway writes it back: all of that takes less than this. */
const SETTLE_TIMEOUT_MS = 3000;
const POLL_MS = 150;
interface Actual {
  /** What CCS will write when it next makes the gateway's file. */
  readonly saved: Routing;
  /** What the gateway's file says, which it reads again whenever it changes; null while there is none. */
  readonly live: Routing | null;
  /** CCS runs the gateway, and it has not read its file since that was written: another strategy may be in force. */
  readonly unread: boolean;
  /** Settings by hand in the gateway's file that CCS does not know and drops. */
  readonly byHand: readonly string[];
  readonly ccsInstalled: boolean;
  readonly os: Os;
  readonly remote: boolean;
}

/** Strategy and session affinity of the pool: as CCS has saved them, and as they are in force. */
export function routingResource(
  desired: Desired,
  wanted: DesiredRouting,
  ccs: Ccs,
  dependsOn: readonly string[],
): Resource<Actual | null> {
  const address = 'routing';

  return {
    kind: 'routing',
    address,
    dependsOn,

    async read(machine: Machine): Promise<Actual | null> {
      if (desired.gateway.manager === 'none') return null;
      const [config, file, program] = await Promise.all([ccs.config(machine), ccs.gatewayConfig(machine), ccs.program(machine)]);
      const host = file === null || file.host === '' ? [] : ['host'];
      const byHand = [...host, ...(file === null || file.allowRemoteManagement ? [] : ['remote-management.allow-remote'])];
      return {
        unread: file?.unread === true && (await ccsSession(machine, ccs)) !== null,
        saved: { ...config.routing, strategy: savedStrategyName(config.routing.strategy) },
        live: file === null ? null : { ...file.routing, strategy: strategyName(file.routing.strategy) },
        byHand,
        ccsInstalled: program !== null,
        os: machine.facts.os,
        remote: config.remote,
      };
    },

    diff(actual: Actual | null): Verdict {
      if (actual === null) {
        const message = 'gateway.manager is none, so routing is not set from here';
        return verdict('unmanaged', message, { findings: [finding('CL7030', message, { resource: address })] });
      }
      const changes = differences(actual, wanted);
      if (changes.length === 0) return verdict('in-sync', inWords(actual));
      const commands = [...verbs(actual, wanted), ['cliproxy', 'restart']].map((args) => `ccs ${args.join(' ')}`);
      if (actual.remote) {
        const message = 'CCS is set to a gateway on another machine, so routing is not set from here';
        return verdict('unmanaged', message, { findings: [finding('CL7033', message, { resource: address })] });
      }
      if (!actual.ccsInstalled) {
        const message = `${reason(changes)}, and ccs is not installed`;
        const fix = typed(actual.os).inTurn('npm install -g @kaitranntt/ccs', ...commands);
        const findings = [finding('CL7001', message, { resource: address, severity: 'warning', fix })];
        return verdict('manual', message, { command: fix, changes, findings });
      }
      return verdict('update', reason(changes), { changes, consequences: consequences(actual, desired) });
    },

    async converge(machine: Machine, actual: Actual | null, onUndo: OnUndo): Promise<readonly Finding[]> {
      if (actual === null) return [];
      const { path, port } = await ccs.config(machine);
      const file = gatewayConfigPath(ccsFolder(machine), port);
      const [first, ...rest] = verbs(actual, wanted);
      const kept = await KeptFiles.of(machine, [path, file]);
      // By the files: no second call of the management interface is spent.
      onUndo('the routing of CCS', async (later) => {
        const changed = await ccs.alone(() => withConfigLock(later, ccsFolder(later), () => kept.putBack(later)));
        if (changed && (await ccsSession(later, ccs)) !== null) await ccs.run(later, 'cliproxy', 'restart');
      });
      // A gateway that has not read its file may not know the secret of CCS either: no try is wasted on it.
      if (actual.unread) await bringIntoForce(machine, ccs);
      const output = first === undefined ? '' : await ccs.run(machine, ...first);
      const now = rest.length === 0 ? wanted : { ...wanted, sessionAffinity: null, sessionAffinityTtl: null };
      await settled(machine, ccs, now, output);
      await kept.settle(machine);
      if (rest.length > 0) {
        // `routing affinity` would be a second call of the management interface in one run.
        await ccs.alone(() =>
          withConfigLock(machine, ccsFolder(machine), () => setAffinity(machine, path, file, actual, onUndo)),
        );
        await settled(machine, ccs, wanted, '');
      }
      const refused = first !== undefined && (await refusedLive(machine, port, output));
      const effect = await bringIntoForce(machine, ccs);
      return [
        ...(refused ? [refusal(effect)] : []),
        ...(effect === 'unread'
          ? [
              finding('CL4014', 'the running gateway has not read its file', {
                resource: address,
                fix: 'restart the gateway where it was started',
              }),
            ]
          : []),
      ];
    },

    wanted(): Json {
      return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null)) as Json;
    },
  };

  function refusal(effect: Effect): Finding {
    const then = effect === 'restarted' ? 'it was restarted' : 'it takes the routing from its file';
    return finding('CL7032', `the running gateway refused the management secret of CCS; ${then}`, { resource: address });
  }

  async function setAffinity(machine: Machine, saved: string, live: string, actual: Actual, onUndo: OnUndo): Promise<void> {
    const { sessionAffinity, sessionAffinityTtl } = aim(actual, wanted);
    const routing = ['cliproxy', 'routing'];
    // The secret as CCS writes it: the gateway puts a hash in its place, which shows that it has read the file.
    const { managementSecret } = await ccs.config(machine);
    const mark = (await ccs.gatewayConfig(machine))?.hasManagementSecret === true;
    await editInPlace(
      machine,
      saved,
      [
        { path: [...routing, 'session_affinity'], value: sessionAffinity },
        { path: [...routing, 'session_affinity_ttl'], value: sessionAffinityTtl },
      ],
      onUndo,
    );
    await editInPlace(
      machine,
      live,
      [
        { path: ['routing', 'session-affinity'], value: sessionAffinity },
        { path: ['routing', 'session-affinity-ttl'], value: sessionAffinityTtl },
        ...(mark ? [{ path: ['remote-management', 'secret-key'], value: managementSecret.reveal() }] : []),
      ],
      onUndo,
    );
  }
}

/** Every field that differs, in each of the views. */
function differences({ saved, live, unread }: Pick<Actual, 'saved' | 'live' | 'unread'>, wanted: DesiredRouting): ValueChange[] {
  const views: [string, Routing][] = [['', saved], ...(live === null ? [] : [['live.', live] as [string, Routing]])];
  const managed = Object.values(wanted).some((value) => value !== null);
  const deaf = { path: 'live', before: 'in a file that the running gateway has not read', after: 'in force', sensitive: false };
  const inFiles = views.flatMap(([prefix, view]) => {
    const { strategy, sessionAffinity, sessionAffinityTtl: ttl } = wanted;
    const changes: ValueChange[] = [];
    const differs = (path: string, before: Json, after: Json) =>
      changes.push({ path: `${prefix}${path}`, before, after, sensitive: false });
    if (strategy !== null && strategy !== view.strategy) differs('strategy', view.strategy, strategy);
    if (sessionAffinity !== null && sessionAffinity !== view.sessionAffinity)
      differs('sessionAffinity', view.sessionAffinity, sessionAffinity);
    if (ttl !== null && !sameDuration(ttl, view.sessionAffinityTtl)) differs('sessionAffinityTtl', view.sessionAffinityTtl, ttl);
    return changes;
  });
  return unread && managed ? [...inFiles, deaf] : inFiles;
}

/** What all of it is to be; CCS keeps the saved value of what is not managed. */
function aim({ saved }: Pick<Actual, 'saved'>, wanted: DesiredRouting): Routing {
  return {
    strategy: wanted.strategy ?? saved.strategy,
    sessionAffinity: wanted.sessionAffinity ?? saved.sessionAffinity,
    sessionAffinityTtl: wanted.sessionAffinityTtl ?? saved.sessionAffinityTtl,
  };
}

/** The commands of CCS that make the difference go away. Each makes one call of the management interface, so only the first is run. */
function verbs(actual: Actual, wanted: DesiredRouting): string[][] {
  const changed = differences(actual, wanted).map((one) => one.path);
  const { strategy, sessionAffinity, sessionAffinityTtl } = aim(actual, wanted);
  const affinity = ['cliproxy', 'routing', 'affinity', sessionAffinity ? 'on' : 'off', '--ttl', sessionAffinityTtl];
  return [
    ...(changed.some((path) => path.endsWith('strategy')) ? [['cliproxy', 'routing', 'set', strategy]] : []),
    ...(changed.some((path) => path.includes('Affinity'))
      ? [wanted.sessionAffinityTtl === null ? affinity.slice(0, -2) : affinity]
      : []),
  ];
}

/** Waits until both files say it. Throws when they do not: CCS's exit code says little. */
async function settled(machine: Machine, ccs: Ccs, wanted: DesiredRouting, output: string): Promise<void> {
  for (let waited = 0; ; waited += POLL_MS) {
    ccs.forget();
    const [config, file] = await Promise.all([ccs.config(machine), ccs.gatewayConfig(machine)]);
    const saved = { ...config.routing, strategy: savedStrategyName(config.routing.strategy) };
    const live =
      file === null || file.text.trim() === '' ? null : { ...file.routing, strategy: strategyName(file.routing.strategy) };
    const missing = differences({ saved, live, unread: false }, wanted).map((one) => one.path);
    if (missing.length === 0 && live !== null) return;
    if (waited >= SETTLE_TIMEOUT_MS) {
      const what =
        missing.length === 0
          ? `there is no ${gatewayConfigPath(ccsFolder(machine), config.port)}`
          : `${missing.join(', ')} did not change`;
      throw new CodexLinkError(
        finding('CL7031', `after ccs cliproxy routing ${what}${lastWords(output)}`, { resource: 'routing' }),
      );
    }
    await machine.sleep(POLL_MS);
  }
}

/**
 * Whether a gateway runs that did not take the call. CCS says `config-only` after a PUT, and `not reachable` after a GET, for both a
 * refusal and nobody there. Source: CCS 7.79.1, cliproxy/routing/routing-strategy.js.
 */
async function refusedLive(machine: Machine, port: number, output: string): Promise<boolean> {
  return /It will apply the next time/.test(output.replace(/\s+/g, ' ')) && (await listens(machine, port));
}

function reason(changes: readonly ValueChange[]): string {
  const [first, ...rest] = changes;
  const more = rest.length === 0 ? '' : `, and ${rest.length} more`;
  return `${first?.path} is ${String(first?.before)}, wanted ${String(first?.after)}${more}`;
}

function inWords({ live, saved }: Actual): string {
  const { strategy, sessionAffinity, sessionAffinityTtl } = live ?? saved;
  const affinity = sessionAffinity ? `session affinity for ${sessionAffinityTtl}` : 'no session affinity';
  return `${strategy}, ${affinity}${live === null ? ', as soon as CCS starts the gateway' : ''}`;
}

function consequences({ byHand }: Actual, { gateway }: Desired): string[] {
  const drops = byHand.length > 0 && gateway.exposure !== 'loopback';
  return [
    'a running gateway that does not take the change is restarted, which cuts off the requests that run',
    ...(drops ? [`CCS writes the gateway's file anew, which may drop what was set there by hand: ${byHand.join(', ')}`] : []),
  ];
}
