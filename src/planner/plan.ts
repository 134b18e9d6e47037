import { about, CodexLinkError, Deferred, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import { type Cause, changes, type Json, type Resource, type Verdict, verdict } from '../resources/resource.ts';
import { inOrder } from './graph.ts';
import { type Selection, selected } from './selection.ts';
import type { State } from './state.ts';

/** One resource with what was read and what it came to. */
export interface PlannedResource {
  readonly resource: Resource;
  /** What `read` gave; undefined when it could not be read or was not selected. */
  readonly actual: unknown;
  readonly verdict: Verdict;
  readonly cause: Cause | null;
}

/** True for what `--target` or `--exclude` has left out. */
export function isLeftOut({ verdict: { status } }: PlannedResource): boolean {
  return status === 'skipped';
}

export type Outcome = 'in-sync' | 'changes' | 'unknown';

/** The difference between the desired and the actual state, in the order in which it would be applied. */
export interface Plan {
  readonly resources: readonly PlannedResource[];
  readonly outcome: Outcome;
  /** Findings of the resources and of the run itself. */
  readonly findings: readonly Finding[];
}

/**
 * Reads all resources side by side and compares. The machine should be a read-only one; nothing here needs more.
 * @param general findings that belong to no resource, like a held route; they may still be on their way
 */
export async function makePlan(
  machine: Machine,
  resources: readonly Resource[],
  state: State,
  selection: Selection,
  general: readonly Finding[] | Promise<readonly Finding[]> = [],
): Promise<Plan> {
  const ordered = inOrder(resources);
  const { chosen, findings: ofSelection } = selected(ordered, selection);
  const reads = ordered.map((one) => (chosen.has(one.address) ? reading(machine, one) : null));
  const [readings, ofTheRun] = await Promise.all([Promise.all(reads), general]);
  const changing = new Set<string>();
  const planned = ordered.map((resource, index): PlannedResource => {
    const read = readings[index] ?? null;
    if (read === null) return { resource, actual: undefined, verdict: verdict('skipped', 'not selected'), cause: null };
    if ('unreadable' in read) return { resource, actual: undefined, verdict: read.unreadable, cause: null };
    const found = resource.diff(read.actual, changing);
    if (changes(found.status)) changing.add(resource.address);
    return { resource, actual: read.actual, verdict: found, cause: causeOf(resource, read.actual, found, state) };
  });
  return {
    resources: planned,
    outcome: outcome(planned),
    findings: distinct([...ofTheRun, ...ofSelection, ...planned.flatMap((one) => one.verdict.findings)]),
  };
}

/** The same trouble, met by several resources, is told once. */
function distinct(findings: readonly Finding[]): Finding[] {
  const told = new Set<string>();
  return findings.filter((one) => {
    const what = `${one.code} ${one.message} ${one.file}`;
    return !told.has(what) && told.add(what);
  });
}

/** Differences first: what is known to differ is worth more than what is not known. */
function outcome(planned: readonly PlannedResource[]): Outcome {
  const statuses = planned.map((one) => one.verdict.status);
  if (statuses.some((status) => changes(status) || status === 'manual' || status === 'deferred')) return 'changes';
  return statuses.includes('unknown') ? 'unknown' : 'in-sync';
}

async function reading(machine: Machine, resource: Resource): Promise<{ actual: unknown } | { unreadable: Verdict }> {
  try {
    return { actual: await resource.read(machine) };
  } catch (error) {
    if (error instanceof Deferred) return { unreadable: deferred(resource, error.finding) };
    if (error instanceof CodexLinkError) return { unreadable: unreadable(resource, error.findings) };
    if (error instanceof MachineError && error.code !== 'EREADONLY') {
      return { unreadable: unreadable(resource, [finding('CL0005', error.message, { file: error.path })]) };
    }
    throw error;
  }
}

/** Out of reach from here, which is neither absent nor unreadable. */
function deferred(resource: Resource, cause: Finding): Verdict {
  return verdict('deferred', cause.message, { command: cause.fix, findings: about(resource.address, [cause]) });
}

function unreadable(resource: Resource, findings: readonly Finding[]): Verdict {
  return verdict('unknown', findings[0]?.message ?? 'it cannot be read', { findings: about(resource.address, findings) });
}

function causeOf(resource: Resource, actual: unknown, found: Verdict, state: State): Cause | null {
  if (!changes(found.status) || found.status === 'run') return null;
  // One of several of a kind goes because the YAML has moved on to another.
  const last = state.applied[resource.address] ?? (found.status === 'delete' ? state.applied[resource.kind] : undefined);
  if (last === undefined) return 'initial';
  return sameJson(last, resource.wanted(actual)) ? 'drift' : 'config';
}

/** Equal whatever the order of keys. */
export function sameJson(a: Json, b: Json): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** JSON that is the same whatever the order of keys. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
