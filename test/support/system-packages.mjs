// The programs of the system that tests run, with the Debian package of each: system-packages.json. One list for the test command, which
// installs them, and for the tests, which are skipped without them.
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PACKAGES = JSON.parse(readFileSync(new URL('system-packages.json', import.meta.url), 'utf8'));

/** Where a program stands that is taken out of its package: installed, the package would start a server. */
export const UNPACKED = fileURLToPath(new URL('../../.cache/unpacked', import.meta.url));

/** Where PATH does not lead: what only root runs, what only wine starts, and what the test command has unpacked. */
const BESIDES = ['/usr/sbin', '/sbin', '/usr/lib/wine', UNPACKED];

export function findCommand(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return [...folders, ...BESIDES].map((folder) => join(folder, name)).find(isProgram) ?? null;
}

export function missingPackages(wanted = Object.keys(PACKAGES)) {
  const missing = wanted.filter((command) => findCommand(command) === null).map((command) => PACKAGES[command].package);
  return [...new Set(missing)].sort();
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
