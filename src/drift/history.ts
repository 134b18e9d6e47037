import { join } from 'node:path';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { failedWith, type Machine, MachineError, readBytes } from '../machine/machine.ts';
import { stateFolder } from '../planner/state.ts';
import type { Heals } from './back-off.ts';
import type { RouteHistory } from './fallback.ts';
import type { DriftOutcome } from './run.ts';
import type { PastRun } from './runs.ts';

/** Differences that are kept; a machine has not so many resources. */
const KEPT_OPEN = 500;
/** A history larger than this is none of ours. In bytes. */
const MOST = 256 * 1024;

/**
 * What drift runs remember of each other, in `drift.json` of the state folder, so that they can say since when, and say it once. Bounded in
 * count and size; replaced whole or not at all, and only when something in it changes: that there was a run stands in the log (runs.ts).
 */
export interface History {
  readonly version: 1;
  /** ISO time of the first of the runs in a row that found all in sync; null while it is not. */
  readonly inSyncSince: string | null;
  /** What is wrong, by what it is about, and since when. */
  readonly open: Readonly<Record<string, { readonly since: string; readonly what: string }>>;
  /** What was wrong when it was last printed with `--changed-only`, and last sent to a webhook or shown; null: never. */
  readonly printed: string | null;
  readonly sent: string | null;
  /** Ends of ignore entries that were told. */
  readonly expired: readonly string[];
  readonly heals: Heals;
  readonly route: RouteHistory;
}

export const NO_HISTORY: History = {
  version: 1,
  inSyncSince: null,
  open: {},
  printed: null,
  sent: null,
  expired: [],
  heals: {},
  route: { failures: 0, successes: 0, since: null, moves: [] },
};

/** What one run has seen. */
export interface Observation {
  readonly at: string;
  readonly durationMs: number;
  readonly outcome: DriftOutcome;
  readonly wrong: Readonly<Record<string, string>>;
  /** Addresses that it did not look at: what is known of them stays. */
  readonly skipped: readonly string[];
}

export function historyPath(machine: Machine): string {
  return join(stateFolder(machine), 'drift.json');
}

/** What is remembered, with the bytes that it was read from, and what is wrong with them. */
export interface Remembered {
  readonly history: History;
  readonly bytes: Uint8Array | null;
  readonly finding: Finding | null;
}

/** Never throws: a run must not fail for its memory. */
export async function readHistory(machine: Machine): Promise<Remembered> {
  const file = historyPath(machine);
  let bytes: Uint8Array | null = null;
  try {
    bytes = await readBytes(machine, file);
    if (bytes === null) return { history: NO_HISTORY, bytes, finding: null };
    if (bytes.length > MOST) throw new Error(`it has ${bytes.length} bytes`);
    const read = JSON.parse(new TextDecoder().decode(bytes)) as History | null;
    const history = { ...NO_HISTORY, ...read };
    if (read?.version !== 1 || !isHistory(history)) throw new Error('a part of it is missing or no history');
    return { history, bytes, finding: null };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      history: NO_HISTORY,
      bytes,
      finding: finding('CL8002', `the history of drift cannot be understood: ${why}`, { file }),
    };
  }
}

/** Whatever somebody else has left there must not end a run: each part is what its type says, or it is no history. */
function isHistory({ inSyncSince, open, printed, sent, expired, heals, route }: History): boolean {
  return (
    (inSyncSince === null || isMoment(inSyncSince)) &&
    isObject(open) &&
    Object.values(open).every((one) => isObject(one) && isMoment(one.since) && typeof one.what === 'string') &&
    [printed, sent].every((one) => one === null || typeof one === 'string') &&
    Array.isArray(expired) &&
    isObject(heals) &&
    Object.values(heals).every((one) => isObject(one) && isMoment(one.last) && typeof one.times === 'number') &&
    isObject(route) &&
    [route.failures, route.successes].every((one) => typeof one === 'number') &&
    Array.isArray(route.moves) &&
    route.moves.every((one) => isObject(one) && isMoment(one.at))
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMoment(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

/** Pure: the history with one more run, and the run as it is written down. */
export function noted(history: History, seen: Observation): { readonly history: History; readonly run: PastRun } {
  const open: Record<string, History['open'][string]> = {};
  for (const address of seen.skipped) if (history.open[address] !== undefined) open[address] = history.open[address];
  // A run that failed has seen nothing, so all that was open stays open.
  const wrong = seen.outcome === 'error' ? {} : seen.wrong;
  if (seen.outcome === 'error') Object.assign(open, history.open);
  for (const [about, what] of Object.entries(wrong).slice(0, KEPT_OPEN))
    open[about] = { since: history.open[about]?.since ?? seen.at, what };
  // A look at a part of the machine that finds nothing there says nothing of what it left out.
  const inPart = seen.outcome === 'in-sync' && Object.keys(open).length > 0;
  const outcome = !inPart ? seen.outcome : Object.values(open).every(({ what }) => isUnknown(what)) ? 'unknown' : 'drift';
  const { at, durationMs } = seen;
  return {
    history: { ...history, inSyncSince: outcome === 'in-sync' ? (history.inSyncSince ?? at) : null, open },
    run: { at, durationMs, outcome, inPart, wrong: Object.keys(inPart ? open : wrong).length },
  };
}

/** What is open begins with the status. */
function isUnknown(what: string): boolean {
  return what === 'unknown' || what.startsWith('unknown ');
}

/** All that is wrong, in one line that is the same as long as it is the same; empty for nothing. */
export function digestOf(open: History['open']): string {
  return Object.entries(open)
    .map(([about, { what }]) => `${about} ${what}`)
    .sort()
    .join('; ')
    .slice(0, 4000);
}

/**
 * Writes the history that `next` makes of the one on the disk, if it is another. When another run has written in between, `next` is asked again with what
 * that one left. Never throws; a finding says why it could not be written.
 */
export async function updateHistory(
  machine: Machine,
  remembered: Remembered,
  next: (history: History) => History,
): Promise<Finding | null> {
  const file = historyPath(machine);
  let now = remembered;
  try {
    // Where nothing was ever remembered there may be no folder; otherwise there is no need to ask.
    if (remembered.bytes === null) await machine.makeFolder(stateFolder(machine), 0o700);
    for (let tries = 0; tries < 5; tries++) {
      const bytes = Buffer.from(`${JSON.stringify(next(now.history))}\n`);
      if (now.bytes !== null && bytes.equals(now.bytes)) return null;
      try {
        await machine.write(file, bytes, { mode: 0o600, expect: now.bytes });
        return null;
      } catch (error) {
        if (!failedWith(error, 'ECHANGED')) throw error;
        now = await readHistory(machine);
      }
    }
    return finding('CL8002', 'the history of drift is being written by other runs all the time', { file });
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    return finding('CL8002', `the history of drift cannot be written: ${error.message}`, { file });
  }
}
