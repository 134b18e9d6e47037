import type { AppliedResource } from '../applier/apply.ts';
import type { Generation } from '../generations/generation.ts';
import type { Recorder } from '../generations/record.ts';
import type { Machine } from '../machine/machine.ts';
import type { Plan, PlannedResource } from '../planner/plan.ts';
import { type State, writeState } from '../planner/state.ts';
import { changes, type Json } from '../resources/resource.ts';
import type { Convergence } from './converge.ts';

/**
 * Writes down what an apply did: what each resource was told to be, and the generation. Both belong to the apply: when they cannot be
 * written, everything is put back. Returns the number of the generation; null when nothing was changed.
 */
export async function rememberRun(
  machine: Machine,
  resources: readonly AppliedResource[],
  recorder: Recorder,
  { session, remember }: Pick<Convergence, 'session' | 'remember'>,
): Promise<number | null> {
  const { state: before } = session; // read under the lock
  const asked = resources.some((one) => one.planned.resource.kind === 'secret' && one.planned.verdict.status !== 'skipped');
  const { kind: store, stamp } = asked ? await storeOf(machine, session) : { kind: before.store, stamp: before.stamp };
  const done = resources.filter((one) => one.result === 'done');
  // A rotation whose new key is nowhere to be found ended before it began; where keys were not looked for, nothing is known.
  const unfinished = session.rotation?.record ?? (asked ? null : before.rotation);
  const rotation = withdrawn(resources) ? null : unfinished;
  const applied = remember.applied ?? appliedBy(resources, before);
  const lastApply = done.length > 0 ? new Date(machine.now()).toISOString() : before.lastApply;
  const number = await recorder.generation(
    machine,
    done.map((one) => asRecorded(one.planned)),
    applied,
  );
  // Switched off in the YAML, a fallback is forgotten: it must not come back with the key.
  const fallback = session.desired.drift.fallback === 'openai' ? before.fallback : null;
  await writeState(machine, { ...before, fallback, ...remember, store, stamp, applied, rotation, lastApply });
  return number;
}

/** The store of the token, and its mark of the item. */
async function storeOf(
  machine: Machine,
  { token, desired }: Convergence['session'],
): Promise<Pick<State, 'stamp'> & { kind: string }> {
  const store = await token.store(machine);
  return { kind: store.kind, stamp: (await store.stamp?.(machine, desired.secret)) ?? null };
}

/** What the resources that change will have been told to be. */
export function announcedBy(plan: Plan): State['applied'] {
  const changing = plan.resources.filter((one) => changes(one.verdict.status));
  const wanted = changing.map(({ resource, actual }) => [resource.address, resource.wanted(actual)] as const);
  return Object.fromEntries(wanted.filter(([, value]) => value !== null));
}

/** A resource as a generation keeps it. */
export function asRecorded({ resource, verdict }: PlannedResource): Generation['resources'][number] {
  return { address: resource.address, status: verdict.status, reason: verdict.reason };
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
    // What stays because something needs it is still ours.
    const stays = verdict.findings.some(({ code }) => code === 'CL0026') && resource.wanted(actual) !== null;
    if (verdict.status === 'delete' || (verdict.status === 'unmanaged' && !stays)) delete applied[resource.address];
    else if (resource.wanted(actual) !== null) applied[resource.address] = resource.wanted(actual);
  }
  return applied;
}
