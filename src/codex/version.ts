import { type Machine, MachineError } from '../machine/machine.ts';
import { packageVersion } from '../machine/package-version.ts';
import { findCodex, runStaged } from './staged.ts';

/** Codex's name at npm. */
const CODEX_PACKAGE = '@openai/codex';

/** The version of `codex` as its package says; only a `codex` that did not come from npm is asked, which takes a tenth of a second. */
export async function installedCodexVersion(machine: Machine): Promise<string | null> {
  const codex = await findCodex(machine);
  return codex === null ? null : ((await packageVersion(machine, codex, CODEX_PACKAGE)) ?? codexVersion(machine));
}

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
