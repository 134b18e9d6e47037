import { about, CodexLinkError, type Finding, finding, StepLeft } from '../diagnostics/diagnostics.ts';
import { leavesUnproven } from '../diagnostics/verification.ts';
import { failedWith, type Machine, MachineError } from '../machine/machine.ts';
import type { Plan, PlannedResource } from '../planner/plan.ts';
import { changes } from '../resources/resource.ts';
import { type Journal, UndoingMachine } from './undo.ts';

/** How it ended for one resource. */
export type Result = 'done' | 'unchanged' | 'failed' | 'rolled-back' | 'skipped' | 'manual' | 'deferred';

export interface AppliedResource {
  readonly planned: PlannedResource;
  readonly result: Result;
  /** Why it failed or was left; null when there is nothing to say. */
  readonly findings: readonly Finding[];
  readonly durationMs: number;
}

export interface ApplyResult {
  readonly resources: readonly AppliedResource[];
  /** `failed` has put everything back, but for what `notPutBack` names. */
  readonly outcome: 'converged' | 'steps-remain' | 'failed' | 'interrupted';
  /** True when the verification ran in this apply, and found the route to work. */
  readonly verified: boolean;
  /** Of the run itself, besides those of its resources. */
  readonly findings: readonly Finding[];
  readonly notPutBack: readonly Finding[];
  readonly durationMs: number;
}

/** Told what happens, as it happens; for progress on a terminal. */
export interface Observer {
  started(address: string): void;
  settled(applied: AppliedResource): void;
}

/** The findings that forbid to start an apply: errors, and resources that could not be read. */
export function obstacles(plan: Plan): Finding[] {
  const unknown = plan.resources.filter((one) => one.verdict.status === 'unknown').flatMap((one) => one.verdict.findings);
  return [...new Set([...plan.findings.filter((one) => one.severity === 'error'), ...unknown])];
}

/**
 * Converges what the plan announced, each resource after those that it depends on and otherwise side by side. When one fails its
 * dependents are skipped, the others finish, and then everything is put back in reverse order.
 * @param remember writes down what was done; it belongs to the apply, so that a failure of it puts everything back too
 * @param journal has each change on the disk before it is made; it stays there when something could not be put back
 */
export async function apply(
  machine: Machine,
  plan: Plan,
  observer: Observer,
  interrupted: AbortSignal,
  remember: (machine: Machine, resources: readonly AppliedResource[]) => Promise<void> = async () => {},
  journal: Journal | null = null,
): Promise<ApplyResult> {
  const began = machine.now();
  const undoing = new UndoingMachine(machine, journal);
  const settled = new Map<string, Promise<AppliedResource>>();
  for (const planned of plan.resources) {
    const dependencies = planned.resource.dependsOn.flatMap((address) => settled.get(address) ?? []);
    settled.set(planned.resource.address, step(planned, dependencies, undoing, observer, interrupted));
  }
  const resources = await Promise.all(settled.values());
  const end = (outcome: ApplyResult['outcome'], rest: Partial<ApplyResult> = {}): ApplyResult => {
    return { resources, outcome, verified: false, findings: [], notPutBack: [], durationMs: machine.now() - began, ...rest };
  };
  const putBack = async (outcome: 'failed' | 'interrupted', findings: readonly Finding[] = []): Promise<ApplyResult> => {
    const notPutBack = (await undoing.takeBack()).map((what) => finding('CL0010', `could not put back ${what}`));
    if (notPutBack.length === 0) await journal?.end().catch(() => {}); // the next run would only look, and find nothing
    const rolledBack = resources.map((one): AppliedResource => (one.result === 'done' ? { ...one, result: 'rolled-back' } : one));
    return end(outcome, { resources: rolledBack, findings, notPutBack });
  };
  const outcome = outcomeOf(resources, interrupted);
  if (outcome === 'failed') return putBack(outcome);
  if (outcome === 'interrupted') return putBack(outcome, [finding('CL0009', 'the run was interrupted')]);
  try {
    await remember(undoing, resources);
  } catch (error) {
    return putBack('failed', failure(error, null));
  }
  await journal?.end().catch(() => {}); // all is done and written down; the next run sees so
  return end(outcome, {
    verified: resources.some(
      ({ planned, result, findings }) =>
        planned.resource.kind === 'verification' && result === 'done' && !findings.some(leavesUnproven),
    ),
  });
}

async function step(
  planned: PlannedResource,
  dependencies: readonly Promise<AppliedResource>[],
  machine: UndoingMachine,
  observer: Observer,
  interrupted: AbortSignal,
): Promise<AppliedResource> {
  const before = await Promise.all(dependencies);
  const began = machine.now();
  const end = (result: Result, findings: readonly Finding[] = []): AppliedResource => {
    const applied = { planned, result, findings, durationMs: machine.now() - began };
    observer.settled(applied);
    return applied;
  };
  const { verdict, resource, actual } = planned;
  if (verdict.status === 'manual' || verdict.status === 'deferred') return end(verdict.status);
  if (verdict.status === 'skipped') return end('skipped');
  if (!changes(verdict.status)) return end('unchanged');
  const stopped = before.filter((one) => one.planned.verdict.status !== 'skipped' && !['done', 'unchanged'].includes(one.result));
  if (stopped.length > 0 || interrupted.aborted) return end('skipped');
  observer.started(resource.address);
  try {
    const worthTelling = await resource.converge(machine, actual, machine.onUndo);
    return end('done', worthTelling ?? []);
  } catch (error) {
    if (error instanceof StepLeft) return end(error.result, about(resource.address, [error.finding]));
    // What it was told by programs that were ended with the run says nothing.
    return end('failed', interrupted.aborted ? [] : failure(error, resource.address));
  }
}

function outcomeOf(resources: readonly AppliedResource[], interrupted: AbortSignal): ApplyResult['outcome'] {
  if (interrupted.aborted) return 'interrupted';
  if (resources.some((one) => one.result === 'failed')) return 'failed';
  return resources.some((one) => one.result === 'manual' || one.result === 'deferred') ? 'steps-remain' : 'converged';
}

function failure(error: unknown, resource: string | null): Finding[] {
  if (error instanceof CodexLinkError) return about(resource, error.findings);
  if (failedWith(error, 'ECHANGED')) return [finding('CL0008', error.message, { resource, file: error.path })];
  if (error instanceof MachineError) return [finding('CL0014', error.message, { resource, file: error.path })];
  // A bug of ours: it must not keep the rest from being put back, and its stack is what a report needs.
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [finding('CL0016', trace, { resource })];
}
