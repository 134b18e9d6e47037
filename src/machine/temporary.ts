import { basename, dirname, join } from 'node:path';
import { listed } from './folders.ts';
import type { Machine } from './machine.ts';

/** `.NAME.PID-RANDOM.tmp` */
const TEMPORARY = /^\.(.+)\.([1-9]\d*)-[0-9a-f]{8}\.tmp$/;
/** A folder that cannot be listed may be written all the same. */
const NOT_LISTED = ['ENOENT', 'ENOTDIR', 'EACCES'];

/**
 * Where a file is written before it takes its place: beside it, hidden, and telling which process is at it. The number only keeps two
 * writes of one process apart; it need not be hard to guess, as nothing is written there but to a file that was not there before.
 */
export function temporaryFor(path: string, pid: number): string {
  const number = Math.floor(Math.random() * 2 ** 32); // node:crypto would take longer to load than the write takes
  return join(dirname(path), `.${basename(path)}.${pid}-${number.toString(16).padStart(8, '0')}.tmp`);
}

/**
 * Removes what writes that were cut off have left beside these files: whole or torn, it may hold a secret. What another living process
 * is at stays; so only while this one writes nothing.
 */
export async function removeTemporary(machine: Machine, paths: readonly string[]): Promise<void> {
  const folders = Map.groupBy(paths, (path) => dirname(path));
  for (const [folder, files] of folders) {
    const names = new Set(files.map((path) => basename(path)));
    await removeTemporaryIn(machine, folder, (name) => names.has(name));
  }
}

/** The same for files of one folder by their names; by default all of them. */
export async function removeTemporaryIn(
  machine: Machine,
  folder: string,
  isOurs: (name: string) => boolean = () => true,
): Promise<void> {
  for (const entry of await listed(machine, folder, NOT_LISTED)) {
    const [, name = '', pid = ''] = TEMPORARY.exec(entry) ?? [];
    if (name === '' || !isOurs(name)) continue;
    // Where numbers begin anew, as in a container, an earlier process may well have had ours.
    const isAnothers = Number(pid) !== machine.facts.pid && (await isStillAt(machine, join(folder, entry), Number(pid)));
    if (!isAnothers) await machine.remove(join(folder, entry));
  }
}

async function isStillAt(machine: Machine, path: string, pid: number): Promise<boolean> {
  if ((await machine.processStart(pid)) === null) return false;
  const written = (await machine.lstat(path))?.modified;
  return written === undefined || !(await machine.isYounger(pid, written));
}
