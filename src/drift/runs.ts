import { join } from 'node:path';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import { stateFolder } from '../planner/state.ts';
import type { DriftOutcome } from './run.ts';

/** Runs that a trim leaves: two days of an hourly schedule. */
const KEPT = 48;
/** A log larger than this is trimmed. In bytes. */
const LARGE = 16 * 1024;
/** One run: `2026-11-21T16:16:02.120Z in-sync, 0 wrong, 52 ms`. Looked for anywhere, so that a line that was cut off hides only itself. */
const RUN = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (in-sync|drift|unknown|error)( in part)?, (\d{1,6}) wrong, (\d{1,9}) ms\n/g;

/** One run, as it is remembered. */
export interface PastRun {
  /** ISO time. */
  readonly at: string;
  readonly durationMs: number;
  readonly outcome: DriftOutcome;
  /** It has looked at a part of the machine, and the outcome is what was known of the rest. */
  readonly inPart: boolean;
  /** How many things were wrong. */
  readonly wrong: number;
}

/** The runs before. */
export interface PastRuns {
  readonly last: PastRun | null;
  /** ISO times of the last run that found all in sync, and of the last that could say how the machine stands; null for none known. */
  readonly lastInSync: string | null;
  readonly lastSuccess: string | null;
}

/** A line a run, in `drift.log` of the state folder: in sync it is all that a run writes. */
export function runsPath(machine: Machine): string {
  return join(stateFolder(machine), 'drift.log');
}

/** Never throws: a log that cannot be read tells of no runs. */
export async function readRuns(machine: Machine): Promise<PastRuns> {
  return pastRuns(await logged(machine));
}

/** Never throws; a finding says why the run could not be written down. The state folder must exist. */
export async function noteRun(machine: Machine, run: PastRun): Promise<Finding | null> {
  const file = runsPath(machine);
  try {
    if ((await machine.append(file, new TextEncoder().encode(lineOf(run)))) > LARGE) await trim(machine);
    return null;
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    return finding('CL8002', `the run cannot be written down: ${error.message}`, { file });
  }
}

/** Leaves the newest, and what tells since when. Whoever writes at the same moment does it next time. */
async function trim(machine: Machine): Promise<void> {
  const file = runsPath(machine);
  const bytes = await machine.read(file);
  const runs = runsIn(new TextDecoder().decode(bytes));
  const older = runs.slice(0, -KEPT);
  const told = [older.findLast(isSuccess), older.findLast(isInSync)].filter((one) => one !== undefined);
  const text = [...older.filter((one) => told.includes(one)), ...runs.slice(-KEPT)].map(lineOf).join('');
  await machine.write(file, new TextEncoder().encode(text), { expect: bytes }).catch((error: unknown) => {
    if (!(error instanceof MachineError) || error.code !== 'ECHANGED') throw error;
  });
}

async function logged(machine: Machine): Promise<readonly PastRun[]> {
  try {
    return runsIn(new TextDecoder().decode(await machine.read(runsPath(machine))));
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    return [];
  }
}

function pastRuns(runs: readonly PastRun[]): PastRuns {
  return {
    last: runs.at(-1) ?? null,
    lastInSync: runs.findLast(isInSync)?.at ?? null,
    lastSuccess: runs.findLast(isSuccess)?.at ?? null,
  };
}

/** Oldest first. */
export function runsIn(text: string): readonly PastRun[] {
  return [...text.matchAll(RUN)].map(([, at = '', outcome, part, wrong, ms]) => ({
    at,
    outcome: outcome as DriftOutcome,
    inPart: part !== undefined,
    wrong: Number(wrong),
    durationMs: Number(ms),
  }));
}

function lineOf({ at, outcome, inPart, wrong, durationMs }: PastRun): string {
  return `${at} ${outcome}${inPart ? ' in part' : ''}, ${wrong} wrong, ${Math.round(durationMs)} ms\n`;
}

function isInSync({ outcome }: PastRun): boolean {
  return outcome === 'in-sync';
}

function isSuccess({ outcome, inPart }: PastRun): boolean {
  return !inPart && (outcome === 'in-sync' || outcome === 'drift');
}
