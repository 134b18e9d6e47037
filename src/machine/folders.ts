import { dirname } from 'node:path';
import { failedWith, type Machine } from './machine.ts';

/** The folders that have to be made for this one to exist, outermost first; none when it does. */
export async function missingFolders(machine: Pick<Machine, 'stat'>, path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = path; (await machine.stat(at)) === null; at = dirname(at)) missing.unshift(at);
  return missing;
}

/** The names in a folder; none where it is not there, or where listing it fails with one of the `passedOver` codes. */
export async function listed(
  machine: Pick<Machine, 'list'>,
  folder: string,
  passedOver: readonly string[] = ['ENOENT'],
): Promise<readonly string[]> {
  try {
    return await machine.list(folder);
  } catch (error) {
    if (failedWith(error, ...passedOver)) return [];
    throw error;
  }
}

/** Removes the folders, given outermost first, as far as they are empty. */
export async function removeEmptyFolders(machine: Machine, folders: readonly string[]): Promise<void> {
  for (const folder of [...folders].reverse()) {
    if ((await machine.stat(folder))?.kind !== 'folder' || (await machine.list(folder)).length > 0) return;
    await machine.remove(folder);
  }
}
