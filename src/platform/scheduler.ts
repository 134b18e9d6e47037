import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import { systemProgram } from '../machine/programs.ts';
import type { OnUndo } from '../resources/resource.ts';
import { nextRuns, type Times } from '../schedule/times.ts';

export type SchedulerKind = 'systemd' | 'crontab' | 'launchd' | 'task-scheduler';

/** What is to be run, and when. */
export interface Job {
  /** Absolute path of the program, and its arguments. No secret is in it. */
  readonly argv: readonly string[];
  /** Variables that say where things are, where that is not the usual place. */
  readonly environment: Readonly<Record<string, string>>;
  readonly times: Times;
}

/** A part of an OS that runs programs at certain times, for a user, without asking. It has at most one job of ours. */
export interface Scheduler {
  readonly kind: SchedulerKind;
  /** For people, e.g. "the crontab". */
  readonly name: string;
  /** Null when it can be used here, else why not. */
  unavailable(machine: Machine): Promise<Finding | null>;
  /**
   * What is there, and what would be there with the job; null: without one. Throws `CodexLinkError` when it cannot be asked, or when it
   * cannot say exactly these times or this command.
   */
  read(machine: Machine, job: Job | null): Promise<Installed>;
  /** Makes it as `found.parts` say, and reads it back. */
  install(machine: Machine, found: Installed, onUndo: OnUndo): Promise<void>;
  remove(machine: Machine, found: Installed, onUndo: OnUndo): Promise<void>;
  /** What it knows itself about the runs of the job that is there. */
  runs(machine: Machine, times: Times | null): Promise<Runs>;
}

export interface Installed {
  /** Whether anything of ours is there. */
  readonly present: boolean;
  readonly parts: readonly Part[];
  /** What is wrong besides the texts of the parts, e.g. that it is not started; null when nothing. */
  readonly flaw: string | null;
  /** Why nothing can be changed from here, and what will do it; null when it can. */
  readonly outOfReach: Finding | null;
  /** What is worth knowing besides. */
  readonly findings: readonly Finding[];
}

/** A text that makes up the definition. */
export interface Part {
  /** A path, or for what is no file of its own, how people call it. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Times in milliseconds since the epoch; null where they are not known. */
export interface Runs {
  readonly next: number | null;
  readonly last: number | null;
  /** Exit code of the last run. */
  readonly exitCode: number | null;
}

/** Why a scheduler cannot be used that is all in one program of the OS; null when that is there. */
export async function without(machine: Machine, program: string): Promise<Finding | null> {
  return (await systemProgram(machine, program)) === null ? finding('CL8042', `there is no program ${program}`) : null;
}

/** The runs of which only the next is known, from its times; for one that remembers nothing, or does not tell. */
export function nextOnly(machine: Machine, times: Times | null): Runs {
  const entries = times?.kind === 'calendar' ? times.entries : [];
  return { next: nextRuns(entries, machine.now(), 1)[0] ?? null, last: null, exitCode: null };
}

/** The parts that are not as they are wanted. */
export function differing({ parts }: Installed): readonly Part[] {
  return parts.filter(({ before, after }) => before !== after);
}
