import { type Machine, MachineError } from '../machine/machine.ts';
import { findCodex, runStaged } from './staged.ts';

/** The version of `codex`, e.g. `0.169.0`; null when it is not installed or does not say. */
export async function codexVersion(machine: Machine): Promise<string | null> {
  const codex = await findCodex(machine);
  if (codex === null) return null;
  try {
    // Staged: even for this codex 0.169.0 makes folders and links in its home.
    const { exit } = await runStaged(machine, codex, '', ['--version']);
    return /\b(\d+\.\d+\.\d+\S*)/.exec(exit.stdout)?.[1] ?? null;
  } catch (error) {
    if (error instanceof MachineError) return null;
    throw error;
  }
}
