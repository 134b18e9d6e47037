import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isAlive } from './alive.ts';
import { fs } from './builtins.ts';
import { missingFolders } from './folders.ts';
import type { Machine } from './machine.ts';
import { isYounger } from './process-start.ts';
import { translated } from './translated.ts';

/** No use of a scratch folder lasts longer. */
const ABANDONED_MS = 3_600_000;

/** Hardly a use lasts so long: only then it is worth asking whose number it is by now. */
const SOME_TIME_MS = 60_000;

/** The folders that this process uses, by name. */
const OURS = new Map<string, string>();

/** Makes a private folder with these files below `parent`, and removes it afterwards with all that is in it; see `Machine.scratch`. */
export async function inScratch<T>(
  machine: Pick<Machine, 'stat' | 'now'>,
  parent: string,
  files: Readonly<Record<string, Uint8Array>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  // Node would tell, too, but on Windows in another form (`\\?\C:\…`).
  const [madeParent] = await missingFolders(machine, parent);
  await translated(parent, () => fs().mkdir(parent, { recursive: true, mode: 0o700 }));
  await removeAbandoned(parent, machine.now());
  // Known as ours before it is there: another use of this process may just be looking for what is abandoned.
  const name = `${scratchPrefix(process.pid)}${process.hrtime.bigint().toString(36)}`;
  const folder = join(parent, name);
  OURS.set(name, folder);
  try {
    await translated(parent, () => fs().mkdir(folder, { mode: 0o700 }));
    for (const [file, bytes] of Object.entries(files)) {
      await translated(file, () => fs().writeFile(join(folder, file), bytes, { mode: 0o600, flag: 'wx' }));
    }
    return await use(folder);
  } finally {
    await removeTree(folder);
    OURS.delete(name);
    if (madeParent !== undefined) await removeEmpty(parent, madeParent);
  }
}

/** Removes the scratch folders of this process: it is about to end, whoever still uses them. */
export async function removeScratch(): Promise<void> {
  await Promise.all([...OURS.values()].map(removeTree));
}

/** Removes what a run that was killed has left behind: a copy of somebody's configuration should not lie around. */
async function removeAbandoned(parent: string, now: number): Promise<void> {
  const names = await fs()
    .readdir(parent)
    .catch(() => []);
  for (const name of names.filter((one) => one.startsWith('scratch-'))) {
    const path = join(parent, name);
    const info = await fs()
      .stat(path)
      .catch(() => null);
    const age = now - (info?.mtimeMs ?? now);
    if (age > ABANDONED_MS || (await isOfDeadProcess(name, age > SOME_TIME_MS ? now - age : null))) await removeTree(path);
  }
}

/** A program that outlives who asked it may still write there. Then the next use tries again: it is no reason to fail this one. */
async function removeTree(path: string): Promise<void> {
  await fs()
    .rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 })
    .catch(() => {});
}

/** The process behind a scratch folder stands in its name, with its host: homes are shared over networks. */
function scratchPrefix(pid: number | string): string {
  return `scratch-${hostname()}-${pid}-`;
}

/**
 * Numbers are given out again, on Windows at once: a folder with ours that this process has not made is of a dead one, too.
 * @param written when the folder was last written to, in ms since the epoch; null when that is not long ago
 */
async function isOfDeadProcess(name: string, written: number | null): Promise<boolean> {
  const pid = /-(\d+)-[^-]+$/.exec(name)?.[1];
  if (pid === undefined || !name.startsWith(scratchPrefix(pid))) return false;
  if (Number(pid) === process.pid) return !OURS.has(name);
  return !isAlive(Number(pid)) || (written !== null && (await isYounger(Number(pid), written)));
}

/** Removes the folders from `from` up to `last`, as long as they are empty. */
async function removeEmpty(from: string, last: string): Promise<void> {
  for (let at = from; at.startsWith(last); at = dirname(at)) {
    const gone = await fs()
      .rmdir(at)
      .then(
        () => true,
        () => false,
      );
    if (!gone) return;
  }
}
