/** Which system programs the tests can use here, and which Debian packages would bring the missing ones. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Command -> Debian package. */
const PACKAGES = {
  'secret-tool': 'libsecret-tools',
  'gnome-keyring-daemon': 'gnome-keyring',
  'dbus-daemon': 'dbus',
  'dbus-send': 'dbus',
  gdbus: 'libglib2.0-bin',
  strace: 'strace',
  zsh: 'zsh',
  dash: 'dash',
  xmllint: 'libxml2-utils',
  python3: 'python3',
  shellcheck: 'shellcheck',
  make: 'make',
} as const;

export type SystemCommand = keyof typeof PACKAGES;

/** What a real Secret Service needs. */
export const KEYRING_COMMANDS: readonly SystemCommand[] = ['secret-tool', 'gnome-keyring-daemon', 'dbus-daemon', 'dbus-send'];

/** The absolute path of a command on PATH, or null. */
export function findCommand(name: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here
    }
  }
  return null;
}

/**
 * The Debian packages that are missing for these commands.
 * @param wanted default: all that any test uses
 * @returns sorted, each once; empty when everything is here
 */
export function missingPackages(wanted: readonly SystemCommand[] = Object.keys(PACKAGES) as SystemCommand[]): string[] {
  const missing = wanted.filter((command) => findCommand(command) === null).map((command) => PACKAGES[command]);
  return [...new Set(missing)].sort();
}
