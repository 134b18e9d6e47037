import { MachineError } from './machine.ts';

/** Does something with the file system; what goes wrong comes as a `MachineError` about the path. */
export async function translated<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof MachineError) throw error;
    const { code = 'EUNKNOWN' } = error as NodeJS.ErrnoException;
    throw new MachineError(code, `${path}: ${sentence(code)}`, path, { cause: error });
  }
}

/** An errno name in words. */
function sentence(code: string): string {
  const words: Record<string, string> = {
    ENOENT: 'does not exist',
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EISDIR: 'is a folder',
    ENOTDIR: 'a part of the path is not a folder',
    ENOSPC: 'no space left on the disk',
    EDQUOT: 'the disk quota is used up',
    EROFS: 'the file system is read-only',
    ELOOP: 'is a loop of symbolic links',
    EIO: 'input/output error of the disk',
    ENOTEMPTY: 'the folder is not empty',
    EEXIST: 'exists already',
  };
  return words[code] ?? code;
}
