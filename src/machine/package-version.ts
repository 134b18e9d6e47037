import { dirname, join } from 'node:path';
import { followLinks } from './links.ts';
import { type Machine, MachineError, readText } from './machine.ts';
import { isStartScript, targetOf } from './start-scripts.ts';

/** A program stands in its package's folder, or up to two folders below. */
const FOLDERS_UP = 3;

/**
 * The version of the npm package that a program belongs to, from the package.json above it: asking a program takes time, and some write
 * files even then. Null when npm did not put it there, as a link or on Windows as a script, so that there is no package to be found.
 * @param name of the package, so that another one around it is not mistaken for it
 */
export async function packageVersion(machine: Machine, program: string, name: string): Promise<string | null> {
  try {
    const script = isStartScript(program) ? targetOf(program, (await readText(machine, program)) ?? '') : null;
    let folder = dirname(script ?? (await followLinks(machine, program)));
    for (let up = 0; up < FOLDERS_UP; up++, folder = dirname(folder)) {
      const version = versionIn(await readText(machine, join(folder, 'package.json')), name);
      if (version !== null) return version;
    }
    return null;
  } catch (error) {
    if (error instanceof MachineError) return null; // only the version is not known; that the program is there is
    throw error;
  }
}

function versionIn(text: string | null, wanted: string): string | null {
  try {
    const { name, version } = JSON.parse(text ?? '{}') as { name?: unknown; version?: unknown };
    return name === wanted && typeof version === 'string' && /^\d+\.\d+\.\d+/.test(version) ? version : null;
  } catch {
    return null;
  }
}
