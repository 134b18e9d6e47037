import { delimiter, isAbsolute, join, posix, win32 } from 'node:path';
import type { Facts, Machine } from './machine.ts';

/** Whether the programs and paths of this run are those of Windows: `--os win32` elsewhere has the ones that are there. */
export function onWindows({ os, simulated }: Facts): boolean {
  return os === 'win32' && !simulated;
}

/** Where programs of the OS stand, for those that are never looked up on PATH. */
function systemFolders({ os, env }: Facts): readonly string[] {
  if (os === 'darwin') return ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  if (os === 'linux') return ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin'];
  const root = env.SystemRoot ?? 'C:\\Windows';
  return [`${root}\\System32`, `${root}\\System32\\WindowsPowerShell\\v1.0`, root];
}

/**
 * A program that the user installed: on PATH, else where npm, pnpm and the like put theirs, because cron and desktop launches have
 * next to no PATH. Null when there is none.
 */
export function onPath(machine: Machine, name: string): Promise<string | null> {
  const { facts } = machine;
  if (onWindows(facts)) return onWindowsPath(machine, name);
  const usual = ['.npm-global/bin', '.local/bin', '.local/share/pnpm', '.volta/bin', '.bun/bin', 'bin'].map((one) =>
    posix.join(facts.home, one),
  );
  const folders = [
    ...(facts.env.PATH ?? '').split(':').filter((one) => posix.isAbsolute(one)),
    ...usual,
    // Where npm -g of this very Node puts programs: nvm, fnm and the like have a folder that cron does not know.
    posix.dirname(process.execPath),
    '/usr/local/bin',
    '/usr/bin',
    '/opt/homebrew/bin',
  ];
  return firstExecutable(machine, folders, [name]);
}

/**
 * Folder by folder, and in each in the order that Windows itself has (PATHEXT). npm makes three files for a program; the one without
 * an ending is for the shells of Unix.
 */
function onWindowsPath(machine: Machine, name: string): Promise<string | null> {
  const { env, home } = machine.facts;
  const below = (root: string | undefined, folder: string) => (root ? [win32.join(root, folder)] : []);
  const folders = [
    ...(env.PATH ?? '').split(';').map((one) => one.replaceAll('"', '')),
    ...below(env.APPDATA, 'npm'),
    ...below(env.LOCALAPPDATA, 'pnpm'),
    ...below(env.LOCALAPPDATA, 'Volta\\bin'),
    ...['.bun\\bin', '.local\\bin', 'scoop\\shims'].map((one) => win32.join(home, one)),
    win32.dirname(process.execPath),
  ].filter((one) => win32.isAbsolute(one));
  const names = /\.(com|exe|bat|cmd)$/i.test(name) ? [name] : ['.com', '.exe', '.bat', '.cmd'].map((ending) => name + ending);
  return firstExecutable(machine, folders, names);
}

/**
 * A program that a package manager installed: where they put theirs, else where `onPath` finds it. The usual places come first, so that
 * cron and a shell find the same one.
 */
export async function installedProgram(machine: Machine, name: string): Promise<string | null> {
  const { facts } = machine;
  if (facts.simulated) return systemProgram(machine, name);
  const managers = facts.os === 'darwin' ? ['/opt/homebrew/bin', '/usr/local/bin', '/opt/local/bin'] : [];
  return (await firstExecutable(machine, [...systemFolders(facts), ...managers], [name])) ?? onPath(machine, name);
}

/**
 * A program of the OS, by its absolute path; PATH has no say, so that nobody can slip another one in. Only where another OS is
 * simulated it has: what stands in for that OS's programs is there.
 */
export async function systemProgram(machine: Machine, name: string): Promise<string | null> {
  const { facts } = machine;
  const folders = facts.simulated ? (facts.env.PATH ?? '').split(delimiter).filter(isAbsolute) : systemFolders(facts);
  const names = facts.os === 'win32' ? [`${name}.exe`, ...(facts.simulated ? [name] : [])] : [name];
  for (const one of names) {
    const found = await firstExecutable(machine, folders, [one]);
    if (found !== null) return found;
  }
  return null;
}

async function firstExecutable(machine: Machine, folders: readonly string[], names: readonly string[]): Promise<string | null> {
  const windows = onWindows(machine.facts);
  for (const folder of new Set(folders)) {
    for (const name of names) {
      const path = windows ? win32.join(folder, name) : join(folder, name);
      const there = await machine.stat(path).catch(() => null); // a folder of PATH that may not be entered
      // Windows knows a program by its ending.
      if (there?.kind === 'file' && (windows || (there.mode & 0o111) !== 0)) return path;
    }
  }
  return null;
}

/**
 * The environment for a program that the user installed. Node scripts need their `node`, so the folder of the program and of the
 * running Node are on PATH even from cron. Variables that hold the token are left out.
 */
export function userEnvironment(machine: Machine, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { facts } = machine;
  const windows = onWindows(facts);
  // There `Path` and `PATH` are the same variable, and a copy of the environment no longer knows it.
  const same = (name: string) => (windows ? name.toUpperCase() : name);
  const hidden = new Set((facts.secretVariables ?? []).map(same));
  const inherited = Object.entries(facts.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !hidden.has(same(entry[0])) && same(entry[0]) !== 'PATH',
  );
  const usual = windows ? systemFolders(facts) : ['/usr/local/bin', '/usr/bin', '/bin'];
  const own = windows ? win32.dirname(process.execPath) : posix.dirname(process.execPath);
  const path = [facts.env.PATH, own, ...usual].filter(Boolean).join(windows ? ';' : ':');
  return { ...Object.fromEntries(inherited), PATH: path, ...extra };
}
