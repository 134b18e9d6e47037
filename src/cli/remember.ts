import type { AppliedResource } from '../applier/apply.ts';
import type { UndoingMachine } from '../applier/undo.ts';
import { recordGeneration } from '../generations/record.ts';
import { type State, writeState } from '../planner/state.ts';
import type { Json } from '../resources/resource.ts';
import type { Convergence } from './converge.ts';

/**
 * Writes down what an apply did: what each resource was told to be, and the generation. Both belong to the apply: when they cannot be
 * written, everything is put back. Returns the number of the generation; null when nothing was changed.
 */
export async function rememberRun(
  machine: UndoingMachine,
  resources: readonly AppliedResource[],
  { session, command, remember }: Omit<Convergence, 'plan'>,
): Promise<number | null> {
  const { state: before, desired } = session; // read under the lock
  const asked = resources.some((one) => one.planned.resource.kind === 'secret' && one.planned.verdict.status !== 'skipped');
  const store = asked ? (await session.token.store(machine)).kind : before.store;
  const done = resources.filter((one) => one.result === 'done');
  // A rotation whose new key is nowhere to be found ended before it began; where keys were not looked for, nothing is known.
  const unfinished = session.rotation?.record ?? (asked ? null : before.rotation);
  const rotation = withdrawn(resources) ? null : unfinished;
  const applied = remember.applied ?? appliedBy(resources, before);
  const lastApply = done.length > 0 ? new Date(machine.now()).toISOString() : before.lastApply;
  const number = await recordGeneration(machine, {
    command,
    desired,
    state: before,
    applied,
    resources: done.map(({ planned: { resource, verdict } }) => ({
      address: resource.address,
      status: verdict.status,
      reason: verdict.reason,
    })),
  });
  await writeState(machine, { ...before, ...remember, store, applied, rotation, lastApply });
  return number;
}

/** True when the old keys of a rotation are known to be worth nothing. */
function withdrawn(resources: readonly AppliedResource[]): boolean {
  const old = resources.find((one) => one.planned.resource.address === 'gateway-key/old');
  return old?.result === 'done' || old?.planned.verdict.status === 'in-sync';
}

/** What is remembered of each resource: what it is now known to be; nothing for what is no longer managed. */
function appliedBy(resources: readonly AppliedResource[], before: State): State['applied'] {
  const applied: Record<string, Json> = { ...before.applied };
  for (const { planned, result: ended } of resources) {
    const { resource, verdict, actual } = planned;
    if (ended !== 'done' && ended !== 'unchanged') continue;
    if (verdict.status === 'delete' || verdict.status === 'unmanaged') delete applied[resource.address];
    else if (resource.wanted(actual) !== null) applied[resource.address] = resource.wanted(actual);
  }
  return applied;
}
