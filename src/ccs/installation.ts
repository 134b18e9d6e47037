import { dirname, join } from 'node:path';
import { followLinks } from '../machine/links.ts';
import { type Machine, MachineError, readText } from '../machine/machine.ts';
import { targetOf } from '../machine/start-scripts.ts';

/** CCS's name at npm. */
export const CCS_PACKAGE = '@kaitranntt/ccs';

/** The program stands in `dist` or `dist/bin` of its package. */
const FOLDERS_UP = 3;

/**
 * The version of the CCS that a program belongs to, from the package.json beside it: asking the program would take a second and write
 * files. Null when npm did not put it there, as a link or on Windows as a script, so that there is no package to be found.
 */
export async function ccsVersion(machine: Machine, program: string): Promise<string | null> {
  try {
    const script = /\.(cmd|bat)$/i.test(program) ? targetOf(program, (await readText(machine, program)) ?? '') : null;
    let folder = dirname(script ?? (await followLinks(machine, program)));
    for (let up = 0; up < FOLDERS_UP; up++, folder = dirname(folder)) {
      const version = versionIn(await readText(machine, join(folder, 'package.json')));
      if (version !== null) return version;
    }
    return null;
  } catch (error) {
    if (error instanceof MachineError) return null; // only the version is not known; that the program is there is
    throw error;
  }
}

function versionIn(text: string | null): string | null {
  try {
    const { name, version } = JSON.parse(text ?? '{}') as { name?: unknown; version?: unknown };
    return name === CCS_PACKAGE && typeof version === 'string' && /^\d+\.\d+\.\d+/.test(version) ? version : null;
  } catch {
    return null;
  }
}
