import type { Machine } from '../../../src/machine/machine.ts';
import type { Plan } from '../../../src/planner/plan.ts';
import type { State } from '../../../src/planner/state.ts';
import { type OnUndo, type Resource, type Status, verdict } from '../../../src/resources/resource.ts';

type Converge = (machine: Machine, onUndo: OnUndo) => Promise<void>;

/** A resource of no particular kind. */
export function resource(address: string, dependsOn: readonly string[] = [], own: Partial<Resource> = {}): Resource {
  return {
    kind: 'helper',
    address,
    dependsOn,
    read: async () => null,
    diff: () => verdict('in-sync', 'as it should be'),
    converge: async () => {},
    wanted: () => null,
    ...own,
  };
}

/** A resource that has a status, and does something when converged. */
export function step(
  address: string,
  dependsOn: readonly string[],
  status: Status,
  converge: Converge = async () => {},
): Resource {
  return resource(address, dependsOn, {
    diff: () => verdict(status, `it is ${status}`, status === 'manual' ? { command: 'type this' } : {}),
    converge: (machine, _actual, onUndo) => converge(machine, onUndo),
  });
}

/** A plan of such resources, in the order given. */
export function planOf(...resources: readonly Resource[]): Plan {
  const planned = resources.map((one) => ({
    resource: one,
    actual: null,
    verdict: one.diff(null, new Set()),
    cause: null,
  }));
  return { resources: planned, outcome: 'changes', findings: [] };
}

/** What is remembered on a machine where codex-link has never been. */
export const FRESH: State = {
  version: 1,
  fingerprintKey: '0123456789abcdef0123456789abcdef',
  applied: {},
  store: null,
  hold: null,
  fallback: null,
  rotation: null,
  stamp: null,
  lastApply: null,
};

export const EVERYTHING = { targets: [], excludes: [] };
