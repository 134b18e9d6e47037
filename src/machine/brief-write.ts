import { syncFs } from './builtins.ts';
import { MachineError } from './machine.ts';

/**
 * Replaces a small file whole or not at all, without waiting for the disk: after a power cut the old content may be back. All in one go,
 * because the promises of Node's file system take longer to load than this takes.
 * @param expect the bytes that must still be there (null: nothing there), else `MachineError` with code ECHANGED
 */
export function writeBriefly(
  target: string,
  temporary: string,
  bytes: Uint8Array,
  mode: number,
  expect: Uint8Array | null | undefined,
): void {
  const { closeSync, fchmodSync, fchownSync, openSync, renameSync, rmSync, statSync, writeSync } = syncFs();
  const owner = process.getuid?.() === 0 ? statSync(target, { throwIfNoEntry: false }) : undefined;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      if (owner !== undefined) fchownSync(file, owner.uid, owner.gid);
      fchmodSync(file, mode);
    } finally {
      closeSync(file);
    }
    if (expect !== undefined && !isStill(target, expect))
      throw new MachineError('ECHANGED', `${target} was changed by somebody else in the meantime`, target);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function isStill(path: string, expected: Uint8Array | null): boolean {
  try {
    const there = syncFs().readFileSync(path);
    return expected !== null && there.equals(expected);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return expected === null;
  }
}
