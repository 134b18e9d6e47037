import { dirname, resolve } from 'node:path';
import { type Machine, MachineError } from './machine.ts';

/** Longest chain of symbolic links that is followed, as in Linux. */
const MAX_LINKS = 40;

/** Where a chain of links ends, whether something stands there or not. Throws ELOOP. */
export async function followLinks(machine: Pick<Machine, 'lstat' | 'readLink'>, path: string): Promise<string> {
  let at = path;
  for (let count = 0; count < MAX_LINKS; count++) {
    if ((await machine.lstat(at))?.kind !== 'link') return at;
    at = resolve(dirname(at), await machine.readLink(at));
  }
  throw new MachineError('ELOOP', `${path} is a loop of symbolic links`, path);
}
