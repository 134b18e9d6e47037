import { takeLock } from '../../../src/applier/lock.ts';
import { type Drifted, driftRun } from '../../../src/cli/drift-run.ts';
import { isFallenBack, type Opening, type Session } from '../../../src/cli/session.ts';
import type { Doors } from '../../../src/cli/unattended.ts';
import type { Desired } from '../../../src/config/desired.ts';
import type { History } from '../../../src/drift/history.ts';
import type { DriftResource } from '../../../src/drift/run.ts';
import { type PastRun, runsIn } from '../../../src/drift/runs.ts';
import { settleInterrupted } from '../../../src/generations/journal.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { readState } from '../../../src/planner/state.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { makeWorld } from '../../../src/resources/all.ts';
import { STATE } from './world.ts';

export const HISTORY = `${STATE}/drift.json`;
export const RUNS = `${STATE}/drift.log`;

/** What `codex-link drift` does between the command line and the reports, with no process and no YAML file around it. */
export function driftOf(machine: Machine, wanted: Desired, platform: Platform = linux): Promise<Drifted> {
  return driftRun(doorsTo(machine, wanted, platform));
}

/** The ways of a run to a machine in memory. */
export function doorsTo(machine: Machine, wanted: Desired, platform: Platform = linux): Doors {
  const open = async ({ route, ...world }: Opening): Promise<Session> => {
    const readOnly = new ReadOnlyMachine(machine);
    const state = await readState(readOnly);
    const fallen = isFallenBack(wanted, state) ? 'openai' : null;
    const active = route === 'auto' ? null : (route ?? state.hold?.route ?? fallen);
    const desired = active === null ? wanted : { ...wanted, provider: { ...wanted.provider, active } };
    const made = await makeWorld(readOnly, { desired, platform, state, ...world });
    return { machine, readOnly, reads: new Set<string>(), newFolders: [], ...made };
  };
  return {
    selection: { targets: [], excludes: [] },
    open,
    async locked(opening, action) {
      const release = await takeLock(machine, 'drift');
      try {
        const session = await open(opening);
        await settleInterrupted(machine, session);
        return await action(session);
      } finally {
        await release();
      }
    },
  };
}

/** The addresses that have drifted. */
export function drifted({ run }: Drifted): string[] {
  return run.resources.filter((one) => one.drifted).map((one) => one.address);
}

export function resourceOf({ run }: Drifted, address: string): DriftResource {
  const found = run.resources.find((one) => one.address === address);
  if (found === undefined) throw new Error(`the run has no ${address}`);
  return found;
}

export function historyOn(machine: MemoryMachine): History {
  return JSON.parse(machine.text(HISTORY) ?? 'null') as History;
}

/** The runs that are written down, oldest first. */
export function runsOn(machine: MemoryMachine): readonly PastRun[] {
  return runsIn(machine.text(RUNS) ?? '');
}

export const HOUR = 3_600_000;
