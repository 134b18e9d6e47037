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
  wine: 'wine',
  'x86_64-w64-mingw32-gcc': 'gcc-mingw-w64-x86-64-win32',
  crontab: 'cron',
  systemctl: 'systemd',
  'systemd-analyze': 'systemd',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  pass: 'pass',
  gpg: 'gnupg',
  git: 'git',
  zsh: 'zsh',
  fish: 'fish',
  dot: 'graphviz',
  dash: 'dash',
  xmllint: 'libxml2-utils',
  python3: 'python3',
  shellcheck: 'shellcheck',
  make: 'make',
} as const;

export type SystemCommand = keyof typeof PACKAGES;

/** What a real Secret Service needs. */
export const KEYRING_COMMANDS: readonly SystemCommand[] = ['secret-tool', 'gnome-keyring-daemon', 'dbus-daemon', 'dbus-send'];

/** What a Windows under Wine needs. */
export const WINE_COMMANDS: readonly SystemCommand[] = ['wine', 'x86_64-w64-mingw32-gcc'];

/** What a real cron daemon of a test's own needs, besides being root. */
export const CRON_COMMANDS: readonly SystemCommand[] = ['crontab', 'unshare', 'nsenter'];

/** What a real user manager of systemd of a test's own needs, besides being root. */
export const SYSTEMD_COMMANDS: readonly SystemCommand[] = ['systemctl', 'systemd-analyze', 'unshare'];
/** What a real password store needs. */
export const PASS_COMMANDS: readonly SystemCommand[] = ['pass', 'gpg', 'git'];

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
