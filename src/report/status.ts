import type { Route } from '../config/desired.ts';
import type { History } from '../drift/history.ts';
import { isDrift } from '../drift/run.ts';
import type { PastRuns } from '../drift/runs.ts';
import { localTimeOf } from '../local-time.ts';
import type { Plan, PlannedResource } from '../planner/plan.ts';
import type { AppState } from '../platform/platform.ts';
import type { Kind, Status } from '../resources/resource.ts';
import { head } from './json.ts';
import { type Paint, printable } from './terminal.ts';

/** How a machine stands: what `status` shows. */
export interface Standing {
  readonly host: string;
  readonly os: string;
  readonly file: string;
  readonly plan: Plan;
  /** Whether only some resources were asked about. */
  readonly targeted: boolean;
  readonly route: {
    readonly active: Route;
    /** What `model_provider` is to be. */
    readonly provider: string;
    /** `state`: there is no YAML, and this is what the last apply made of it. */
    readonly chosenBy: 'yaml' | 'use' | 'fallback' | 'state';
    /** ISO time, for a route that was chosen otherwise than by the YAML. */
    readonly since: string | null;
    readonly why: string | null;
  };
  readonly pool: {
    readonly accounts: number;
    readonly active: number;
    /** Paused by CCS itself for a while. */
    readonly held: number;
    readonly default: string | null;
  } | null;
  /** ISO time. */
  readonly lastApply: string | null;
  readonly generation: number | null;
  readonly history: History;
  readonly runs: PastRuns;
}

/** As a document. */
export function statusJson(standing: Standing) {
  const { plan, history, runs } = standing;
  const { inSyncSince, open } = history;
  const { last, lastInSync, lastSuccess } = runs;
  const { processes, installed } = appOf(plan) ?? { processes: null, installed: null };
  return {
    ...head('status'),
    os: standing.os,
    host: standing.host,
    file: standing.file,
    outcome: plan.outcome,
    route: { ...standing.route, inEffect: partJson(plan, 'provider') },
    gateway: partJson(plan, 'gateway'),
    pool: standing.pool,
    secret: partJson(plan, 'secret'),
    app: { installed, running: processes === null ? null : processes.length > 0 },
    lastApply: standing.lastApply,
    generation: standing.generation,
    drift: { lastRun: last, inSyncSince, lastInSync, lastSuccess, open },
    findings: plan.findings,
  };
}

/** As one screen of at most ten lines, without those about what was not asked for; quiet, the one that says how it is now. */
export function statusText(standing: Standing, paint: Paint, quiet = false): string {
  const { plan } = standing;
  if (quiet) return `${printable(standing.host)}: ${nowText(standing, paint)}\n`;
  const about = (kind: Kind, line: [string, string]): [string, string][] => (isAskedAbout(standing, kind) ? [line] : []);
  const lines: [string, string][] = [
    ...about('provider', ['route', routeText(standing)]),
    ...about('gateway', ['gateway', partText(plan, 'gateway', paint)]),
    ...about('accounts', ['pool', poolText(standing.pool)]),
    ...about('secret', ['secret', partText(plan, 'secret', paint)]),
    ...about('app', ['app', appText(appOf(plan))]),
    ['last apply', applyText(standing)],
    ['now', nowText(standing, paint)],
    ['drift', driftStand(standing, paint)],
  ];
  const body = lines.map(([name, text]) => `  ${paint('dim', name.padEnd(11))} ${text}`);
  const host = paint('bold', printable(standing.host));
  const noYaml = standing.plan.findings.find(({ code }) => code === 'CL0027');
  const by = noYaml === undefined ? `by ${printable(standing.file)}` : 'without a codex-link.yaml: codex-link init writes one';
  return `${host}, ${by}\n\n${body.join('\n')}\n`;
}

/** What a plan would do, as how things stand. */
const STANDS: Readonly<Partial<Record<Status, string>>> = {
  create: 'missing',
  update: 'differs',
  delete: 'to go',
  manual: 'waits for you',
  unknown: 'not known',
  unmanaged: 'not managed',
};

/** The pool is shown although its accounts are not managed, unless something else was asked for. */
function isAskedAbout({ plan, targeted }: Standing, kind: Kind): boolean {
  const own = plan.resources.filter((one) => one.resource.kind === kind);
  return own.length === 0 ? !targeted : own.some((one) => one.verdict.status !== 'skipped');
}

function partOf(plan: Plan, kind: Kind): PlannedResource | undefined {
  return plan.resources.find((one) => one.resource.kind === kind);
}

function partJson(plan: Plan, kind: Kind) {
  const found = partOf(plan, kind);
  return found === undefined ? null : { status: found.verdict.status, reason: found.verdict.reason };
}

function partText(plan: Plan, kind: Kind, paint: Paint): string {
  const found = partOf(plan, kind);
  if (found === undefined) return 'not managed';
  const { status } = found.verdict;
  const reason = printable(found.verdict.reason);
  if (status === 'in-sync') return reason;
  return `${paint(status === 'unmanaged' ? 'yellow' : 'red', STANDS[status] ?? status)}: ${reason}`;
}

function appOf(plan: Plan): AppState | undefined {
  return partOf(plan, 'app')?.actual as AppState | undefined;
}

function appText(app: AppState | undefined): string {
  if (app === undefined) return 'cannot be looked at';
  if (!app.installed) return 'Codex App is not installed';
  return app.processes.length > 0 ? 'Codex App is running' : 'Codex App is not running';
}

function routeText({ route, plan, lastApply }: Standing): string {
  if (route.chosenBy === 'state' && partOf(plan, 'provider') === undefined)
    return lastApply === null ? 'nothing was ever applied here' : 'nothing of codex-link is in force here';
  const { status, reason } = partOf(plan, 'provider')?.verdict ?? { status: 'unmanaged', reason: 'not managed' };
  const by = {
    yaml: 'as the YAML says',
    state: 'as the last apply left it',
    use: `held by hand since ${time(route.since)}; codex-link use auto lets go`,
    fallback: `fallen back since ${time(route.since)}: ${printable(route.why ?? '')}`,
  }[route.chosenBy];
  return `${route.active}${route.provider === route.active ? '' : ` (${route.provider})`}, ${by}${status === 'in-sync' ? '' : `; but ${printable(reason)}`}`;
}

function poolText(pool: Standing['pool']): string {
  if (pool === null) return 'no pool of CCS here';
  const held = pool.held === 0 ? '' : `, ${pool.held} paused by CCS for a while`;
  const first = pool.default === null ? '' : `; the default is ${printable(pool.default)}`;
  return `${pool.accounts} ${pool.accounts === 1 ? 'account' : 'accounts'}, ${pool.active} in use${held}${first}`;
}

function applyText({ lastApply, generation }: Standing): string {
  if (lastApply === null) return 'never';
  return `${time(lastApply)}${generation === null ? '' : `, generation ${generation}`}`;
}

function nowText({ plan, route }: Standing, paint: Paint): string {
  if (route.chosenBy === 'state' && partOf(plan, 'provider') === undefined) return 'nothing to compare with';
  if (plan.outcome === 'in-sync') return paint('green', 'in sync');
  const differing = plan.resources.filter((one) => isDrift(one.verdict.status));
  const unknown = plan.resources.filter((one) => one.verdict.status === 'unknown');
  const names = (list: readonly PlannedResource[]) => list.map((one) => one.resource.address).join(', ');
  return [
    ...(differing.length === 0 ? [] : [`${names(differing)} ${differing.length === 1 ? 'differs' : 'differ'}: codex-link plan`]),
    ...(unknown.length === 0 ? [] : [`${names(unknown)} cannot be looked at`]),
    ...(differing.length + unknown.length === 0 ? ['a step waits: codex-link plan'] : []),
  ].join('; ');
}

function driftStand({ runs: { last, lastInSync }, history: { inSyncSince, open } }: Standing, paint: Paint): string {
  if (last === null) return 'codex-link drift has never run here';
  const run = `last run ${time(last.at)}`;
  switch (last.outcome) {
    case 'in-sync':
      return `${paint('green', 'in sync')} since ${time(inSyncSince)}; ${run}`;
    case 'drift': {
      const since = Object.entries(open).map(([about, one]) => `${printable(about)} since ${time(one.since)}`);
      return `${paint('red', 'drift')}: ${since.join(', ')}; ${run}`;
    }
    case 'unknown':
      return `not known: ${Object.keys(open).join(', ')} could not be looked at; ${run}`;
    case 'error':
      return `${paint('red', 'the last run failed')}; ${run}${lastInSync === null ? '' : `, last in sync ${time(lastInSync)}`}`;
  }
}

function time(iso: string | null): string {
  return iso === null ? 'an unknown time' : localTimeOf(iso);
}
