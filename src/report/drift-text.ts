import { isAboutDrift } from '../diagnostics/drift.ts';
import type { DriftResource, DriftRun } from '../drift/run.ts';
import { localTimeOf } from '../local-time.ts';
import type { Json } from '../resources/resource.ts';
import { findingsText } from './findings-text.ts';
import { type Paint, printable } from './terminal.ts';

/** More of the values of one resource are counted, not shown: the report is for a mail or a log. */
const SHOWN_CHANGES = 4;

/**
 * What a scheduler's mail or log holds of a run: each resource that differs, since when, who probably wrote it, and what puts it right.
 * Empty when there is nothing to tell: in sync, nothing put back, no entry that has just expired.
 */
export function driftText(run: DriftRun, paint: Paint): string {
  const drifted = run.resources.filter((one) => one.drifted);
  const unknown = run.resources.filter((one) => one.status === 'unknown' && !one.drifted);
  const tells = run.findings.filter((one) => isTold(run, one));
  const parts = [
    ...drifted.map((one) => block(one, '~', paint)),
    ...(run.outcome === 'in-sync' ? [] : unknown.map((one) => block(one, '?', paint))),
    ...run.healed.map(({ address, reason, writer, generation }) => {
      const number = generation === null ? '' : `, generation ${generation}`;
      const who = by(writer) === '' ? '' : ` (written${by(writer)})`;
      return `  ${paint('green', '+')} ${paint('bold', address)} was put back${who}${number}: ${printable(reason)}\n`;
    }),
    ...(tells.length === 0 ? [] : [findingsText(tells, paint)]),
  ];
  if (parts.length === 0 && run.outcome === 'in-sync') return '';
  return `${headline(run, drifted.length, unknown.length, paint)}\n\n${parts.join('\n')}`;
}

/** What is said of a machine in sync to somebody who asks. */
export function inSyncLine(run: DriftRun): string {
  const since = run.inSyncSince === null ? '' : ` since ${when(run.inSyncSince)}`;
  const ignored = run.ignored.length === 0 ? '' : `; accepted: ${[...new Set(run.ignored.map((one) => one.address))].join(', ')}`;
  const forgets = run.findings.filter((one) => one.code === 'CL8002').map((one) => `; ${one.message}`);
  return `${printable(`In sync${since}${ignored}${forgets.join('')}`)}\n`;
}

/** One line, for a notification or a chat. */
export function driftLine(run: DriftRun): string {
  const names = run.resources.filter((one) => one.drifted).map((one) => one.address);
  const healed = run.healed.map((one) => one.address);
  const putBack = healed.length === 0 ? '' : `; put back: ${healed.join(', ')}`;
  const where = `codex-link on ${run.host}`;
  if (run.outcome === 'in-sync') return `${where}: in sync${putBack}`;
  const errors = run.findings.filter((one) => one.severity === 'error').map((one) => one.message);
  const away = run.fallback?.route === 'openai' ? [`the route is on openai, because ${run.fallback.why}`] : [];
  const what =
    names.length > 0
      ? [`${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} drifted`]
      : run.outcome === 'drift' && away.length === 0
        ? errors.slice(0, 1)
        : [];
  const unknown = run.resources.filter((one) => one.status === 'unknown' && !one.drifted).map((one) => one.address);
  const silent = run.outcome === 'unknown' ? [`${unknown.join(', ')} cannot be looked at`] : [];
  return printable(`${where}: ${[...away, ...what, ...silent].join('; ') || run.outcome}${putBack}`);
}

const when = (iso: string) => localTimeOf(iso);

function headline(run: DriftRun, drifted: number, unknown: number, paint: Paint): string {
  const last = run.lastInSync === null ? '' : `; last in sync ${when(run.lastInSync)}`;
  const many = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;
  switch (run.outcome) {
    case 'in-sync':
      return `${paint('green', 'In sync')} on ${printable(run.host)}`;
    case 'unknown':
      return `${paint('bold', 'Not known')} on ${printable(run.host)}: ${many(unknown, 'resource', 'resources')} cannot be looked at${last}`;
    default:
      return `${paint('bold', 'Drift')} on ${printable(run.host)}: ${drifted === 0 ? 'the machine is not as stated' : many(drifted, 'resource differs', 'resources differ')}${last}`;
  }
}

function block(one: DriftResource, symbol: string, paint: Paint): string {
  const cause = { drift: 'drift', config: 'the YAML has changed and was not applied', initial: 'never applied' } as const;
  const why = [...(one.cause === null ? [] : [cause[one.cause]]), ...(by(one.writer) === '' ? [] : [`written${by(one.writer)}`])];
  const since = one.since === null ? '' : `, since ${when(one.since)}`;
  const shown = one.changes.slice(0, SHOWN_CHANGES).map(({ path, before, after }) => `${path}: ${said(before)} → ${said(after)}`);
  const more = one.changes.length - shown.length;
  const lines = [
    `  ${paint(symbol === '?' ? 'red' : 'yellow', symbol)} ${paint('bold', printable(one.address))}${why.length === 0 ? '' : ` (${why.join(', ')})`}${since}`,
    `      ${printable(one.reason)}`,
    ...shown.map((line) => `      ${printable(line)}`),
    ...(more > 0 ? [`      and ${more} more`] : []),
    ...(one.command === null ? [] : [`      ${paint('dim', 'next:')} ${printable(one.command)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Findings of the run itself, and errors that no difference above has told already. Warnings about a machine that is in sync are for
 * plan: they are there at every run.
 */
function isTold(run: DriftRun, one: DriftRun['findings'][number]): boolean {
  if (run.resources.some((resource) => (resource.drifted || resource.status === 'unknown') && resource.reason === one.message))
    return false;
  if (one.code === 'CL8005' || one.code === 'CL8014') return false;
  // What cannot be remembered matters when there is something to remember: else a full disk would be told every hour.
  if (one.code === 'CL8002') return run.outcome !== 'in-sync' || run.healed.length > 0;
  return one.severity === 'error' ? run.outcome !== 'in-sync' : isAboutDrift(one.code);
}

function by(writer: DriftResource['writer']): string {
  return writer === null || writer === 'unknown' ? '' : ` by ${writer}`;
}

function said(value: Json): string {
  if (value === null) return '(none)';
  const text = typeof value === 'string' && !value.includes('\n') ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
