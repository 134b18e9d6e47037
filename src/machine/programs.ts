import { delimiter, isAbsolute, join, posix } from 'node:path';
import type { Facts, Machine } from './machine.ts';

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
  const { env, home } = machine.facts;
  const usual = ['.npm-global/bin', '.local/bin', '.local/share/pnpm', '.volta/bin', '.bun/bin', 'bin'].map((one) =>
    posix.join(home, one),
  );
  const folders = [
    ...(env.PATH ?? '').split(':').filter((one) => posix.isAbsolute(one)),
    ...usual,
    // Where npm -g of this very Node puts programs: nvm, fnm and the like have a folder that cron does not know.
    posix.dirname(process.execPath),
    '/usr/local/bin',
    '/usr/bin',
    '/opt/homebrew/bin',
  ];
  return firstExecutable(machine, folders, name);
}

/**
 * A program that a package manager installed: where they put theirs, else where `onPath` finds it. The usual places come first, so that
 * cron and a shell find the same one.
 */
export async function installedProgram(machine: Machine, name: string): Promise<string | null> {
  const { facts } = machine;
  if (facts.simulated) return systemProgram(machine, name);
  const managers = facts.os === 'darwin' ? ['/opt/homebrew/bin', '/usr/local/bin', '/opt/local/bin'] : [];
  return (await firstExecutable(machine, [...systemFolders(facts), ...managers], name)) ?? onPath(machine, name);
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
    const found = await firstExecutable(machine, folders, one);
    if (found !== null) return found;
  }
  return null;
}

async function firstExecutable(machine: Machine, folders: readonly string[], name: string): Promise<string | null> {
  for (const folder of new Set(folders)) {
    const path = join(folder, name);
    const there = await machine.stat(path).catch(() => null); // a folder of PATH that may not be entered
    if (there?.kind === 'file' && (there.mode & 0o111) !== 0) return path;
  }
  return null;
}

/**
 * The environment for a program that the user installed. Node scripts need their `node`, so the folder of the program and of the
 * running Node are on PATH even from cron. Variables that hold the token are left out.
 */
export function userEnvironment(machine: Machine, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { env, secretVariables = [] } = machine.facts;
  const inherited = Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !secretVariables.includes(entry[0]),
    ),
  );
  const path = [inherited.PATH, posix.dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].filter(Boolean).join(':');
  return { ...inherited, PATH: path, ...extra };
}
