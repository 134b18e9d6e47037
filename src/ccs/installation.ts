import type { Machine } from '../machine/machine.ts';
import { packageVersion } from '../machine/package-version.ts';

/** CCS's name at npm. */
export const CCS_PACKAGE = '@kaitranntt/ccs';

/** The version of the CCS that a program belongs to: asking the program would take a second and write files. */
export function ccsVersion(machine: Machine, program: string): Promise<string | null> {
  return packageVersion(machine, program, CCS_PACKAGE);
}
