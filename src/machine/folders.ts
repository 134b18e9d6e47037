import { dirname } from 'node:path';
import type { Machine } from './machine.ts';

/** The folders that have to be made for this one to exist, outermost first; none when it does. */
export async function missingFolders(machine: Pick<Machine, 'stat'>, path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = path; (await machine.stat(at)) === null; at = dirname(at)) missing.unshift(at);
  return missing;
}

/** Removes the folders, given outermost first, as far as they are empty. */
export async function removeEmptyFolders(machine: Machine, folders: readonly string[]): Promise<void> {
  for (const folder of [...folders].reverse()) {
    if ((await machine.stat(folder))?.kind !== 'folder' || (await machine.list(folder)).length > 0) return;
    await machine.remove(folder);
  }
}
