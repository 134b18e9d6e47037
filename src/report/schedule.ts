import type { Finding } from '../diagnostics/diagnostics.ts';
import type { PastRun } from '../drift/runs.ts';
import { localTime, localTimeOf } from '../local-time.ts';
import type { Runs, Scheduler } from '../platform/scheduler.ts';
import type { Verdict } from '../resources/resource.ts';
import { findingsText } from './findings-text.ts';
import { head } from './json.ts';
import { type Paint, printable } from './terminal.ts';

/** How the schedule stands: what `schedule status` shows. */
export interface ScheduleStanding {
  /** What codex-link.yaml asks for, e.g. `every 1h`; null for none. */
  readonly wanted: string | null;
  /** Null when nothing here can run a schedule, or none is wanted and none is there. */
  readonly scheduler: Scheduler | null;
  readonly installed: boolean;
  readonly verdict: Verdict;
  /** What it runs; null when none is wanted. */
  readonly argv: readonly string[] | null;
  /** As the scheduler tells it; null when nothing is installed. */
  readonly runs: Runs | null;
  /** The last run of `drift`, whoever started it, as drift itself remembers it. */
  readonly lastDrift: PastRun | null;
  readonly inSyncSince: string | null;
  readonly findings: readonly Finding[];
}

/** As a document. */
export function scheduleJson({ scheduler, verdict, argv, runs, ...rest }: ScheduleStanding) {
  const { wanted, installed, lastDrift, inSyncSince, findings } = rest;
  return {
    ...head('schedule'),
    wanted,
    scheduler: scheduler?.kind ?? null,
    installed,
    status: verdict.status,
    reason: verdict.reason,
    argv,
    nextRun: iso(runs?.next ?? null),
    lastRun: iso(runs?.last ?? null),
    lastExitCode: runs?.exitCode ?? null,
    lastDrift,
    inSyncSince,
    findings,
  };
}

/** For people. */
export function scheduleText(standing: ScheduleStanding, paint: Paint, now: number): string {
  const { wanted, scheduler, verdict, argv, runs, lastDrift } = standing;
  const fine = verdict.status === 'in-sync' || verdict.status === 'unmanaged';
  const lines: [string, string][] = [
    ['schedule', wanted === null ? 'off' : `${wanted}${scheduler === null ? '' : `, by ${scheduler.name}`}`],
    ['now', fine ? verdict.reason : `${paint('red', verdict.status)}: ${verdict.reason}`],
    ...(argv === null ? [] : [['runs', argv.join(' ')] as [string, string]]),
    ...(runs === null ? [] : [['next run', nextText(runs, now)] as [string, string]]),
    ['last run', lastText(runs, lastDrift)],
  ];
  const body = lines.map(([name, text]) => `  ${paint('dim', name.padEnd(9))} ${printable(text)}\n`).join('');
  const told = standing.findings.length === 0 ? '' : `\n${findingsText(standing.findings, paint)}`;
  return `${body}${told}`;
}

function nextText({ next }: Runs, now: number): string {
  if (next === null) return 'not known';
  const minutes = Math.max(0, Math.round((next - now) / 60_000));
  const hours = Math.round(minutes / 60);
  return `${localTime(next)}, in ${minutes < 120 ? `${minutes} min` : hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`}`;
}

/** The scheduler knows when it started something last, and drift what it found. */
function lastText(runs: Runs | null, drift: PastRun | null): string {
  const code = runs?.exitCode === null || runs === null ? '' : `, exit ${runs.exitCode}`;
  const started = runs?.last ?? null;
  // A run that has been started since and left nothing behind did not get as far as looking.
  const silent = started !== null && (drift === null || started - Date.parse(drift.at) > 15 * 60_000);
  if (silent) return `${localTime(started)}${code}, but drift did not get as far as looking`;
  if (drift === null) return 'never';
  const found = { 'in-sync': 'in sync', drift: 'drift', unknown: 'not everything could be asked', error: 'an error' }[
    drift.outcome
  ];
  return `${localTimeOf(drift.at)}, ${found}${code}`;
}

function iso(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
