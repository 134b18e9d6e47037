import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isAlive } from './alive.ts';
import { fs, syncFs } from './builtins.ts';
import { factsOf } from './facts.ts';
import { missingFolders } from './folders.ts';
import { followLinks } from './links.ts';
import {
  type Command,
  type Connection,
  cacheFolder,
  type Endpoint,
  type Exit,
  type Facts,
  type FileInfo,
  type Machine,
  MachineError,
  type Os,
  type WriteOptions,
} from './machine.ts';
import { dial } from './network.ts';
import { isYounger, startByPs } from './process-start.ts';
import { run } from './processes.ts';
import { inScratch } from './scratch.ts';
import { temporaryFor } from './temporary.ts';
import { translated } from './translated.ts';

/**
 * The machine that this process runs on. What it reads is small and local, and a thread pool for it would take longer than the
 * reading, so reads are synchronous; they are promises only because other machines may need the time.
 */
export class RealMachine implements Machine {
  readonly facts: Facts;

  /** `planned` is the OS to plan for, which is another one than the running one only with `--os`. */
  constructor(planned: Os = process.platform as Os) {
    this.facts = factsOf(planned);
  }

  now(): number {
    return Date.now();
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((done) => setTimeout(done, milliseconds));
  }

  async read(path: string, limit?: number, from = 0): Promise<Uint8Array> {
    return translated(path, async () => (limit === undefined ? syncFs().readFileSync(path) : part(path, limit, from)));
  }

  async stat(path: string): Promise<FileInfo | null> {
    return orNull(path, async () => info(syncFs().statSync(path)));
  }

  async lstat(path: string): Promise<FileInfo | null> {
    return orNull(path, async () => info(syncFs().lstatSync(path)));
  }

  async list(path: string): Promise<readonly string[]> {
    return translated(path, async () => syncFs().readdirSync(path).sort());
  }

  async readLink(path: string): Promise<string> {
    return translated(path, async () => syncFs().readlinkSync(path));
  }

  async write(path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> {
    const target = await followLinks(this, path); // dotfiles repos link config.toml
    const existing = await this.stat(target);
    if (existing !== null && existing.kind !== 'file') throw new MachineError('EISDIR', `${path} is not a regular file`, path);
    const temporary = temporaryFor(target, process.pid);
    // What goes wrong goes wrong where the links lead.
    await translated(target, async () => {
      try {
        const owner = existing && (await fs().stat(target));
        await this.#writeSynced(temporary, bytes, options.mode ?? existing?.mode ?? 0o600, owner);
        // As late as possible: whoever wrote since the plan was made must not lose their change.
        if (options.expect !== undefined) await expectBytes(target, options.expect);
        await replace(temporary, target);
      } catch (error) {
        await fs().rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(dirname(target));
    });
  }

  async append(path: string, bytes: Uint8Array): Promise<number> {
    // The promises of Node's file system take longer to load than this takes.
    const { closeSync, fchmodSync, fstatSync, openSync, writeSync } = syncFs();
    return translated(path, async () => {
      const file = openSync(path, 'a', 0o600);
      try {
        if (writeSync(file, bytes) < bytes.length) throw new MachineError('ENOSPC', `${path}: no space left on the disk`, path);
        const { size } = fstatSync(file);
        if (size === bytes.length) fchmodSync(file, 0o600); // it was just made, with a mode that was cut by the umask
        return size;
      } finally {
        closeSync(file);
      }
    });
  }

  async create(path: string, bytes: Uint8Array, mode: number): Promise<boolean> {
    // A hard link appears with its whole content or not at all, unlike a file that is opened first and filled afterwards.
    const temporary = temporaryFor(path, process.pid);
    return translated(path, async () => {
      try {
        await this.#writeSynced(temporary, bytes, mode, null);
        await fs().link(temporary, path);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      } finally {
        await fs().rm(temporary, { force: true });
      }
    });
  }

  async makeFolder(path: string, mode: number): Promise<void> {
    await translated(path, async () => {
      for (const folder of await missingFolders(this, resolve(path))) {
        await fs().mkdir(folder, { mode });
        await fs().chmod(folder, mode); // mkdir's mode is cut by the umask
      }
    });
  }

  async chmod(path: string, mode: number): Promise<void> {
    await translated(path, () => fs().chmod(path, mode));
  }

  async remove(path: string): Promise<void> {
    await translated(path, async () => {
      const there = await this.lstat(path);
      if (there === null) return;
      await (there.kind === 'folder' ? fs().rmdir(path) : fs().unlink(path));
      await syncFolder(dirname(path));
    });
  }

  async claim(path: string, content: Uint8Array | null): Promise<boolean> {
    if (content !== null) return this.create(path, content, 0o600);
    return translated(path, async () => {
      try {
        await fs().mkdir(path);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      }
    });
  }

  release(path: string): Promise<void> {
    return this.remove(path);
  }

  scratch<T>(files: Readonly<Record<string, Uint8Array>>, use: (folder: string) => Promise<T>): Promise<T> {
    return inScratch(this, cacheFolder(this.facts), files, use);
  }

  async processStart(pid: number): Promise<string | null> {
    if (process.platform === 'win32') return isAlive(pid) ? 'alive' : null;
    if (process.platform !== 'linux') return startByPs(pid);
    const stat = await fs()
      .readFile(`/proc/${pid}/stat`, 'utf8')
      .catch(() => null);
    if (stat === null) return null;
    // The program's name, in parentheses, may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  }

  isYounger(pid: number, than: number): Promise<boolean> {
    return isYounger(pid, than);
  }

  run(command: Command): Promise<Exit> {
    return run(command);
  }

  dial(endpoint: Endpoint, timeoutMs: number): Promise<Connection> {
    return dial(endpoint, timeoutMs);
  }

  async #writeSynced(path: string, bytes: Uint8Array, mode: number, existing: Stats | null): Promise<void> {
    const file = await fs().open(path, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      if (existing !== null && this.facts.uid === 0) await file.chown(existing.uid, existing.gid);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

function part(path: string, limit: number, from: number): Uint8Array {
  const file = syncFs().openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(limit);
    return bytes.subarray(0, syncFs().readSync(file, bytes, 0, limit, from));
  } finally {
    syncFs().closeSync(file);
  }
}

function info(stats: Stats): FileInfo {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other';
  const rest = { kind, size: stats.size, modified: stats.mtimeMs } as const;
  if (process.platform !== 'win32') return { ...rest, mode: stats.mode & 0o7777, uid: stats.uid };
  // Node makes bits up there that say everybody may read. Only one of them is true: whether the file is read-only.
  return { ...rest, mode: (kind === 'folder' ? 0o500 : 0o400) | (stats.mode & 0o200), uid: -1 };
}

async function expectBytes(path: string, expected: Uint8Array | null): Promise<void> {
  const there = await fs()
    .readFile(path)
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
  const same = there === null || expected === null ? there === expected : there.equals(expected);
  if (!same) throw new MachineError('ECHANGED', `${path} was changed by somebody else in the meantime`, path);
}

/** Waits between tries while another program, like a virus scanner, has a file open: Windows then renames and removes nothing. */
const BUSY_WAITS_MS = [10, 20, 50, 100, 200, 400];

/** Renames over what stands there. On Windows a file that is read-only cannot be replaced: its replacement is read-only again. */
async function replace(temporary: string, target: string): Promise<void> {
  if (process.platform !== 'win32') return fs().rename(temporary, target);
  const readOnly = await fs()
    .stat(target)
    .then(
      ({ mode }) => (mode & 0o200) === 0,
      () => false,
    );
  if (readOnly) await fs().chmod(target, 0o666);
  try {
    for (const wait of [...BUSY_WAITS_MS, null]) {
      try {
        return await fs().rename(temporary, target);
      } catch (error) {
        const busy = ['EPERM', 'EACCES', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '');
        if (!busy || wait === null) throw error;
        await new Promise((done) => setTimeout(done, wait));
      }
    }
  } catch (error) {
    if (readOnly) await fs().chmod(target, 0o444);
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // a folder cannot be opened there; NTFS journals the rename itself
  let folder: FileHandle | undefined;
  try {
    folder = await fs().open(path, 'r');
    await folder.sync();
  } catch (error) {
    // A folder that may be written but not listed, and network file systems that cannot sync one; the rename has happened all the same.
    if (!['EACCES', 'EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await folder?.close();
  }
}

async function orNull<T>(path: string, action: () => Promise<T>): Promise<T | null> {
  try {
    return await translated(path, action);
  } catch (error) {
    if (error instanceof MachineError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}
