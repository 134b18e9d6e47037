import { type Ccs, ccsFolder, lastWords } from '../ccs/ccs.ts';
import { gatewayConfigPath } from '../ccs/gateway-config.ts';
import { withConfigLock } from '../ccs/locks.ts';
import { editInPlace, KeptFiles } from '../ccs/own-edits.ts';
import { type Routing, sameDuration, savedStrategyName, strategyName } from '../ccs/routing.ts';
import type { Desired, DesiredRouting } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import { type Json, type OnUndo, type Resource, type ValueChange, type Verdict, verdict } from './resource.ts';

/** CCS writes the file, the gateway writes it back: all of that takes less than this. */
const SETTLE_TIMEOUT_MS = 3000;
const POLL_MS = 150;
/**
 * The gateway waits 150 ms for a file to rest, and then reads it only if it differs from what it read last. Put back sooner, the file
 * would look unchanged, and what was told through the management interface would stay in force. Source: CLIProxyAPI 7.2.140, watcher.
 */
const RELOAD_MS = 500;

interface Actual {
  /** What CCS will write when it next makes the gateway's file. */
  readonly saved: Routing;
  /** What the gateway's file says, which it reads again whenever it changes; null while there is none. */
  readonly live: Routing | null;
  /** Settings by hand in the gateway's file that CCS does not know and drops. */
  readonly byHand: readonly string[];
  readonly ccsInstalled: boolean;
  readonly remote: boolean;
}

/** Strategy and session affinity of the pool: as CCS has saved them, and as they are in force. */
export function routingResource(desired: Desired, wanted: DesiredRouting, ccs: Ccs): Resource<Actual | null> {
  const address = 'routing';

  return {
    kind: 'routing',
    address,
    dependsOn: [],

    async read(machine: Machine): Promise<Actual | null> {
      if (desired.gateway.manager === 'none') return null;
      const [config, file, program] = await Promise.all([ccs.config(machine), ccs.gatewayConfig(machine), ccs.program(machine)]);
      const host = file === null || file.host === '' ? [] : ['host'];
      const byHand = [...host, ...(file === null || file.allowRemoteManagement ? [] : ['remote-management.allow-remote'])];
      return {
        saved: { ...config.routing, strategy: savedStrategyName(config.routing.strategy) },
        live: file === null ? null : { ...file.routing, strategy: strategyName(file.routing.strategy) },
        byHand,
        ccsInstalled: program !== null,
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
      const command = verbs(actual, wanted)
        .map((args) => `ccs ${args.join(' ')}`)
        .join(' && ');
      if (actual.remote) {
        const message = 'CCS is set to a gateway on another machine, so routing is not set from here';
        return verdict('unmanaged', message, { findings: [finding('CL7033', message, { resource: address })] });
      }
      if (!actual.ccsInstalled) {
        const message = `${reason(changes)}, and ccs is not installed`;
        const fix = `npm install -g @kaitranntt/ccs && ${command}`;
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
      if (first === undefined) return [];
      const kept = await KeptFiles.of(machine, [path, file]);
      // By the files alone: the gateway reads its own again, and no second call of its management interface is spent.
      onUndo('the routing of CCS', async (later) => {
        await later.sleep(RELOAD_MS);
        await ccs.alone(() => withConfigLock(later, ccsFolder(later), () => kept.putBack(later)));
      });
      const output = await ccs.run(machine, ...first);
      await settled(
        machine,
        ccs,
        rest.length === 0 ? wanted : { ...wanted, sessionAffinity: null, sessionAffinityTtl: null },
        output,
      );
      await kept.settle(machine);
      if (rest.length > 0) {
        // `routing affinity` would be a second call of the management interface in one run.
        await ccs.alone(() =>
          withConfigLock(machine, ccsFolder(machine), () => setAffinity(machine, path, file, actual, onUndo)),
        );
        await settled(machine, ccs, wanted, '');
      }
      return (await refusedLive(machine, port, output)) ? [refusal()] : [];
    },

    wanted(): Json {
      return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null)) as Json;
    },
  };

  function refusal(): Finding {
    return finding('CL7032', 'the running gateway refused the management secret of CCS, and takes the routing from its file', {
      resource: address,
    });
  }

  async function setAffinity(machine: Machine, saved: string, live: string, actual: Actual, onUndo: OnUndo): Promise<void> {
    const { sessionAffinity, sessionAffinityTtl } = aim(actual, wanted);
    const routing = ['cliproxy', 'routing'];
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
      ],
      onUndo,
    );
  }
}

/** Every field that differs, in each of the views. */
function differences({ saved, live }: Pick<Actual, 'saved' | 'live'>, wanted: DesiredRouting): ValueChange[] {
  const views: [string, Routing][] = [['', saved], ...(live === null ? [] : [['live.', live] as [string, Routing]])];
  return views.flatMap(([prefix, view]) => {
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
    const missing = differences({ saved, live }, wanted).map((one) => one.path);
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
  if (!/It will apply the next time/.test(output.replace(/\s+/g, ' '))) return false;
  try {
    (await machine.dial({ kind: 'tcp', host: '127.0.0.1', port }, 1000)).close();
    return true;
  } catch {
    return false;
  }
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
  if (byHand.length === 0 || gateway.exposure === 'loopback') return [];
  return [`CCS writes the gateway's file anew, which may drop what was set there by hand: ${byHand.join(', ')}`];
}
