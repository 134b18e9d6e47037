import { join } from 'node:path';

/**
 * The only door to the world. Everything that reads or changes something outside the process goes through a `Machine`, so that the
 * same code can run read-only, be recorded, be made to fail, or run on a machine that exists in memory only.
 */
export interface Machine {
  readonly facts: Facts;

  /** Milliseconds since the epoch. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;

  /**
   * The bytes of a file, or at most `limit` of them, beginning `from` bytes into it (default 0). Throws a `MachineError`; code ENOENT
   * when it does not exist.
   */
  read(path: string, limit?: number, from?: number): Promise<Uint8Array>;
  /** What stands at the path, links followed; null when there is nothing (a dangling link included). */
  stat(path: string): Promise<FileInfo | null>;
  /** What stands at the path itself, links not followed; null when there is nothing. */
  lstat(path: string): Promise<FileInfo | null>;
  /** Names in a folder, sorted; throws ENOENT or ENOTDIR. */
  list(path: string): Promise<readonly string[]>;
  /** Target of a symbolic link, as written in it. */
  readLink(path: string): Promise<string>;

  /**
   * Replaces a file whole or not at all: temporary file in the same folder, fsync, rename, fsync of the folder. A symbolic link is
   * followed and stays a link. Mode and owner of an existing file are kept unless `mode` is given. The folder must exist.
   */
  write(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void>;
  /**
   * Adds bytes to the end of a file, in one go and without waiting for the disk; makes it (0600) when nothing stands there. For logs: no
   * undo knows of it. The folder must exist.
   * @returns the size of the file afterwards, in bytes
   */
  append(path: string, bytes: Uint8Array): Promise<number>;
  /** Makes a file with its whole content if nothing stands there; false, and nothing done, when something does. */
  create(path: string, bytes: Uint8Array, mode: number): Promise<boolean>;
  /** Makes a folder and its missing parents, each with `mode`; nothing happens when it exists. */
  makeFolder(path: string, mode: number): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Removes a file or an empty folder; nothing happens when it does not exist. */
  remove(path: string): Promise<void>;

  /**
   * Takes a lock in the form that another program understands: a file with this content, or (null) a folder. False, and nothing
   * done, when something stands there. The parent must exist. Whoever takes it releases it, so no undo knows of it.
   */
  claim(path: string, content: Uint8Array | null): Promise<boolean>;
  /** Gives such a lock back; nothing happens when it is gone. */
  release(path: string): Promise<void>;

  /**
   * Makes a private folder with these files (by name) among codex-link's own caches, and removes it with all that is in it
   * afterwards. It is no change of the machine: even reading commands may use it.
   */
  scratch<T>(files: Readonly<Record<string, Uint8Array>>, use: (folder: string) => Promise<T>): Promise<T>;

  /** Runs a program and waits for its end. Throws only when it cannot be started (ENOENT, EACCES). */
  run(command: Command): Promise<Exit>;

  /** A mark of when the process started, good for telling it from a later one with the same number; null when there is none. */
  processStart(pid: number): Promise<string | null>;

  /**
   * Whether the process with this number began after a moment (ms since the epoch): then what is from before is another's. Only Windows
   * has to be asked, where `processStart` tells no more than that there is one, and PowerShell takes up to a second; false elsewhere, and
   * where it is not told.
   */
  isYounger(pid: number, than: number): Promise<boolean>;

  /** Opens a stream connection. Throws a `MachineError` (ECONNREFUSED, ETIMEDOUT, ENOENT, …). */
  dial(endpoint: Endpoint, timeoutMs: number): Promise<Connection>;
}

/** What does not change while codex-link runs. */
export interface Facts {
  /** The OS that is planned for. */
  readonly os: Os;
  /** True when that is not the OS that the process runs on (`--os`): its programs are then looked up on PATH, so that stand-ins can serve. */
  readonly simulated: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Variables that hold a secret: no program that is started gets them. */
  readonly secretVariables?: readonly string[];
  /** Home folder, from HOME (USERPROFILE on Windows) before the system's user database. */
  readonly home: string;
  readonly user: string;
  /** -1 on Windows. */
  readonly uid: number;
  readonly host: string;
  readonly pid: number;
  /** Working folder that relative paths of the command line start from. */
  readonly cwd: string;
}

export type Os = 'linux' | 'darwin' | 'win32';

export interface FileInfo {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits, e.g. 0o600. */
  readonly mode: number;
  readonly uid: number;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

export interface WriteOptions {
  /** Permission bits for the result; default: those of the file that is replaced, else 0o600. */
  readonly mode?: number;
  /** Compare and swap: the bytes that must still be there (null: nothing there), else `MachineError` with code ECHANGED. */
  readonly expect?: Uint8Array | null;
  /** The caller registers himself how to take it back: for a file that another program keeps rewriting, so that bytes say nothing. */
  readonly undo?: 'by-caller';
}

export interface Command {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args?: readonly string[];
  /** The whole environment of the child; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed; without it the child gets an empty standard input. */
  readonly input?: string;
  /**
   * Keeps standard input open after `input`, for a program that would end before it has answered. Asked with all of standard output
   * whenever there is more of it; true closes the input. A program that never satisfies it runs into its time limit. Only for what reads.
   */
  readonly until?: (stdout: string) => boolean;
  /** The child and its group are ended after this time; `timedOut` tells. */
  readonly timeoutMs: number;
  /** The child talks with the person on our terminal: it has our standard streams, and nothing of them is collected. */
  readonly attached?: true;
  /** `read` is a promise that the program changes nothing outside caches; a read-only machine runs only those. */
  readonly effect: 'read' | 'write';
}

export interface Exit {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export type Endpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'tls'; readonly host: string; readonly port: number }
  /** A leading NUL names an abstract socket. */
  | { readonly kind: 'unix'; readonly path: string };

export interface Connection {
  send(bytes: Uint8Array): Promise<void>;
  /** The next bytes, or null at the end of the stream. Throws ETIMEDOUT when nothing comes in time. */
  receive(): Promise<Uint8Array | null>;
  close(): void;
}

/** A failure of the outside world, with the errno name that the system gave. */
export class MachineError extends Error {
  readonly code: string;
  readonly path: string | null;

  constructor(code: string, message: string, path: string | null = null, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MachineError';
    this.code = code;
    this.path = path;
  }
}

/** True for a `MachineError` with one of the codes. */
export function failedWith(error: unknown, ...codes: string[]): error is MachineError {
  return error instanceof MachineError && codes.includes(error.code);
}

/**
 * Whether permission bits say who may read a file. On Windows access lists do; what Node calls a mode there only says whether the
 * file is read-only, and everything else looks open to everybody.
 */
export function hasModes({ os }: Facts): boolean {
  return os !== 'win32';
}

/** Where codex-link keeps what it can make anew. */
export function cacheFolder(facts: Facts): string {
  return join(facts.env.XDG_CACHE_HOME || join(facts.home, '.cache'), 'codex-link');
}

/** The file's text, or null when it does not exist. Throws EILSEQ when it is not UTF-8. */
export async function readText(machine: Machine, path: string): Promise<string | null> {
  const bytes = await readBytes(machine, path);
  return bytes === null ? null : decodeUtf8(bytes, path);
}

/** The file's bytes, or null when it does not exist. */
export async function readBytes(machine: Machine, path: string): Promise<Uint8Array | null> {
  try {
    return await machine.read(path);
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Strict UTF-8; a byte order mark is kept, because writing it back is part of the promise to change nothing else. */
export function decodeUtf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MachineError('EILSEQ', `${path} is not valid UTF-8`, path);
  }
}
