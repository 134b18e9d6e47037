import { type AppliedResource, type ApplyResult, apply, type Observer, obstacles } from '../applier/apply.ts';
import { takeLock } from '../applier/lock.ts';
import type { Journal } from '../applier/undo.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { settleInterrupted } from '../generations/journal.ts';
import { Recorder } from '../generations/record.ts';
import { allowReaders, endReaders } from '../machine/children.ts';
import { missingFolders } from '../machine/folders.ts';
import type { Machine } from '../machine/machine.ts';
import type { Plan } from '../planner/plan.ts';
import { type State, stateFolder } from '../planner/state.ts';
import { outcomeText } from '../report/apply-text.ts';
import { findingsText } from '../report/findings-text.ts';
import { applyJson, planJson } from '../report/json.ts';
import { planText } from '../report/plan-text.ts';
import { changes } from '../resources/resource.ts';
import { detailOf, type Invocation } from './arguments.ts';
import { type Console, printJson } from './console.ts';
import { giveBackOnInterrupt, stopAtOnce, withDeputy } from './interruption.ts';
import { originOf } from './origin.ts';
import { progress } from './progress.ts';
import { announcedBy, asRecorded, rememberRun } from './remember.ts';
import { type Opening, openMachine, openSession, type Session } from './session.ts';

/** What a converging command brings. */
export interface Convergence {
  readonly session: Session;
  readonly plan: Plan;
  /** For JSON. */
  readonly command: string;
  /** Remembered besides what was applied, when all went well. */
  readonly remember: Partial<State>;
  /** Said last, when all went well: with `--quiet` alone. */
  readonly afterwards?: string | null;
  /** Called when all is done and remembered, or put back; gives what else is worth telling. */
  readonly settled?: (result: ApplyResult) => Promise<readonly Finding[]>;
}

/** Runs `action` under the lock of this home folder, after what an interrupted run left behind has been taken stock of. */
export async function locked(
  flags: Invocation['flags'],
  command: string,
  opening: Opening,
  action: (session: Session) => Promise<number>,
): Promise<number> {
  const { machine } = openMachine(flags);
  const newFolders = await missingFolders(machine, stateFolder(machine));
  const release = await takeLock(machine, command);
  const forget = giveBackOnInterrupt(release);
  try {
    const session = { ...(await openSession(flags, opening)), newFolders };
    await settleInterrupted(session.machine, session);
    return await action(session);
  } finally {
    forget();
    await release();
  }
}

/** With `--dry-run`: what a command would do, as `plan` tells it. Takes no lock and changes nothing. */
export async function dryRun(
  command: string,
  flags: Invocation['flags'],
  opening: Opening,
  planned: (session: Session) => Promise<Plan>,
  console: Console,
): Promise<number> {
  const session = await openSession(flags, opening);
  const plan = await planned(session);
  if (console.json)
    printJson(console, { ...(await planJson(plan, session.platform.os, await originOf(session))), command, dryRun: true });
  else console.out(await planText(plan, console.paint, detailOf(flags)));
  return obstacles(plan).length > 0 ? 1 : 0;
}

/** What came of a plan. */
export interface Carried {
  /** What stands in the way of even starting; nothing was changed then, and `result` is null. */
  readonly blocked: readonly Finding[];
  readonly result: ApplyResult | null;
  /** Number of the generation that was made. */
  readonly generation: number | null;
}

/** Carries a plan out and remembers it, and prints nothing but the progress. Nothing is changed while an error stands in the way. */
export async function carryOut({ session, plan, command, remember, settled }: Convergence, console: Console): Promise<Carried> {
  const blocked = obstacles(plan);
  if (blocked.length > 0) return { blocked, result: null, generation: null };
  const { machine, desired, state } = session;
  let generation: number | null = null;
  const announced = plan.resources.filter((one) => changes(one.verdict.status)).map(asRecorded);
  const applied = { ...state.applied, ...announcedBy(plan) };
  const recorder = new Recorder(machine, { command, desired, state, resources: announced, applied, folders: session.newFolders });
  const remembering = async (undoing: Machine, resources: readonly AppliedResource[]) => {
    generation = await rememberRun(undoing, resources, recorder, { session, remember });
  };
  const ended = await run(session, plan, console, remembering, recorder);
  const result = { ...ended, findings: [...ended.findings, ...((await settled?.(ended)) ?? [])] };
  return { blocked, result, generation };
}

/**
 * Applies a plan that was shown and agreed to: prints the progress and the outcome, remembers what was applied, and returns the exit
 * code. Refuses to start, with nothing changed, while an error stands in the way.
 */
export async function converge(convergence: Convergence, console: Console): Promise<number> {
  const { session, plan, command } = convergence;
  const began = session.machine.now();
  const { blocked, result, generation } = await carryOut(convergence, console);
  if (console.json) await printResult(command, session, plan, result, began, console, generation);
  if (result === null) {
    if (!console.json)
      console.err(
        `${findingsText(blocked, console.paintError)}\n${console.paintError('red', 'Not applied')}: nothing was changed.\n`,
      );
    return 1;
  }
  if (!console.json && (result.outcome === 'failed' || result.outcome === 'interrupted'))
    console.err(outcomeText(result, console.paintError));
  else if (!console.json) {
    const last = result.outcome === 'converged' ? (convergence.afterwards ?? '') : '';
    if (plan.outcome !== 'in-sync' && !(console.quiet && last !== '')) console.out(outcomeText(result, console.paint));
    console.out(last);
  }
  return { converged: 0, 'steps-remain': 2, failed: isLockHeld(result) ? 4 : 1, interrupted: 130 }[result.outcome];
}

/** True when a lock of CCS stood in the way: trying again later helps. */
function isLockHeld({ resources }: ApplyResult): boolean {
  return resources.some((one) => one.result === 'failed' && one.findings.some(({ code }) => code === 'CL7002'));
}

type Remember = (machine: Machine, resources: readonly AppliedResource[]) => Promise<void>;

async function run(session: Session, plan: Plan, console: Console, remember: Remember, journal: Journal): Promise<ApplyResult> {
  const stop = new AbortController();
  const steps = new Set<string>();
  const interrupt = () => {
    if (stop.signal.aborted) return stopAtOnce(); // asked twice: the next run finishes the job
    console.err('\nInterrupted: finishing the running step, then putting everything back. Once more to stop at once.\n');
    stop.abort();
    // A question that takes long, like codex doctor, need not be answered any more; but what is being put back may ask, too.
    if (steps.size > 0) void endReaders();
  };
  const watched = (observer: Observer): Observer => ({
    started: (address) => {
      steps.add(address);
      observer.started(address);
    },
    settled: (applied) => {
      steps.delete(applied.planned.resource.address);
      if (steps.size === 0) allowReaders();
      observer.settled(applied);
    },
  });
  return withDeputy(interrupt, () =>
    progress(plan, console, (observer) => apply(session.machine, plan, watched(observer), stop.signal, remember, journal)),
  );
}

async function printResult(
  command: string,
  session: Session,
  plan: Plan,
  result: ApplyResult | null,
  began: number,
  console: Console,
  generation: number | null = null,
): Promise<void> {
  const durationMs = session.machine.now() - began;
  // Nobody waits any more for a codex that does not say its version.
  if (result?.outcome === 'interrupted') await endReaders();
  const origin = await originOf(session);
  printJson(console, await applyJson({ command, plan, result, os: session.platform.os, durationMs, generation, origin }));
}

/** Whether the plan is worth printing before it is applied: quiet, only the outcome is, and what is asked about must be seen. */
export function showsPlan(plan: Plan, console: Console, agreed: boolean): boolean {
  return !console.json && !(console.quiet && agreed && plan.outcome !== 'in-sync');
}

/** The error of a command that would have to ask and has nobody to. */
export function nobodyToAsk(command: string): CodexLinkError {
  return new CodexLinkError(
    finding('CL0004', `${command} has no terminal to ask on`, { fix: `codex-link ${command} --yes` }),
    64,
  );
}
