import { posix } from 'node:path';
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
  type WriteOptions,
} from './machine.ts';

/** A program of a memory machine. */
export type Program = (command: Command, machine: MemoryMachine) => Exit | Promise<Exit>;
/** A server of a memory machine: all that a client sent so far, in; the answer, or null to wait for more, out. */
export type Server = (received: Uint8Array) => Uint8Array | null;

type Entry =
  | { kind: 'file'; mode: number; uid: number; modified: number; bytes: Uint8Array }
  | { kind: 'folder'; mode: number; uid: number; modified: number }
  | { kind: 'link'; mode: number; uid: number; modified: number; target: string };

/** A whole machine in memory, with POSIX paths: files, programs, servers and a clock that moves only when told to or slept on. */
export class MemoryMachine implements Machine {
  readonly facts: Facts;
  readonly programs = new Map<string, Program>();
  /** By `host:port`, or the path of a Unix socket. */
  readonly servers = new Map<string, Server>();
  /** Running processes: number and start mark. */
  readonly processes = new Map<number, string>([[4711, 'start']]);
  /** When processes began, in ms since the epoch, where only that tells who they are. */
  readonly births = new Map<number, number>();
  clock = Date.parse('2026-11-21T12:00:00Z');
  readonly #entries = new Map<string, Entry>();

  constructor(facts: Partial<Facts> = {}) {
    const home = facts.home ?? '/home/me';
    this.facts = {
      os: 'linux',
      simulated: false,
      env: { HOME: home },
      home,
      user: 'me',
      uid: 1000,
      host: 'testhost',
      pid: 4711,
      cwd: home,
      ...facts,
    };
    this.#entries.set('/', this.#folder(0o755));
    this.#makeParents(posix.join(home, 'x'), 0o755);
  }

  now(): number {
    return this.clock;
  }
  async sleep(milliseconds: number): Promise<void> {
    this.clock += milliseconds;
  }

  /** Puts a file there, parents included. */
  place(path: string, content: string | Uint8Array, mode = 0o644): void {
    this.#makeParents(path, 0o755);
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    this.#entries.set(path, { kind: 'file', mode, uid: this.facts.uid, modified: this.clock, bytes });
  }
  placeLink(path: string, target: string): void {
    this.#makeParents(path, 0o755);
    this.#entries.set(path, { kind: 'link', mode: 0o777, uid: this.facts.uid, modified: this.clock, target });
  }
  placeFolder(path: string, mode = 0o755, uid = this.facts.uid): void {
    this.#makeParents(path, 0o755);
    this.#entries.set(path, { kind: 'folder', mode, uid, modified: this.clock });
  }
  /** The text of a file, or null. */
  text(path: string): string | null {
    const entry = this.#resolve(path);
    return entry?.kind === 'file' ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(entry.bytes) : null;
  }
  /** Everything on the disk, for comparing before and after. */
  snapshot(): Record<string, string> {
    const lines = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(lines.map(([path, entry]) => [path, describe(entry)]));
  }

  async read(path: string, limit?: number, from = 0): Promise<Uint8Array> {
    const entry = this.#resolve(path);
    if (entry === null) throw this.#error('ENOENT', path);
    if (entry.kind !== 'file') throw this.#error('EISDIR', path);
    if (this.facts.uid !== 0 && (entry.mode & 0o400) === 0) throw this.#error('EACCES', path);
    return limit === undefined ? entry.bytes : entry.bytes.subarray(from, from + limit);
  }
  async stat(path: string): Promise<FileInfo | null> {
    return fileInfo(this.#resolve(path));
  }
  async lstat(path: string): Promise<FileInfo | null> {
    return fileInfo(this.#entries.get(this.#realParent(path)) ?? null);
  }
  async list(path: string): Promise<readonly string[]> {
    const real = this.#realPath(path);
    const entry = this.#entries.get(real);
    if (entry === undefined) throw this.#error('ENOENT', path);
    if (entry.kind !== 'folder') throw this.#error('ENOTDIR', path);
    return [...this.#entries.keys()]
      .filter((one) => one !== '/' && posix.dirname(one) === real)
      .map((one) => posix.basename(one))
      .sort();
  }
  async readLink(path: string): Promise<string> {
    const entry = this.#entries.get(this.#realParent(path));
    if (entry?.kind !== 'link') throw this.#error(entry === undefined ? 'ENOENT' : 'EINVAL', path);
    return entry.target;
  }

  async write(path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> {
    const real = this.#realPath(path);
    const parent = this.#entries.get(posix.dirname(real));
    if (parent?.kind !== 'folder') throw this.#error(parent === undefined ? 'ENOENT' : 'ENOTDIR', path);
    if (this.facts.uid !== 0 && (parent.mode & 0o200) === 0) throw this.#error('EACCES', path);
    const old = this.#entries.get(real);
    if (old !== undefined && old.kind !== 'file') throw this.#error('EISDIR', path);
    if (options.expect !== undefined && !sameBytes(old?.bytes ?? null, options.expect)) throw this.#error('ECHANGED', path);
    const mode = options.mode ?? old?.mode ?? 0o600;
    this.#entries.set(real, { kind: 'file', mode, uid: old?.uid ?? this.facts.uid, modified: this.clock, bytes });
  }
  async append(path: string, bytes: Uint8Array): Promise<number> {
    const entry = this.#entries.get(this.#realPath(path));
    if (entry === undefined) await this.write(path, bytes, { mode: 0o600 });
    else if (entry.kind !== 'file') throw this.#error('EISDIR', path);
    else if (this.facts.uid !== 0 && (entry.mode & 0o200) === 0) throw this.#error('EACCES', path);
    else Object.assign(entry, { bytes: Buffer.concat([entry.bytes, bytes]), modified: this.clock });
    return (entry?.bytes ?? bytes).length;
  }
  async create(path: string, bytes: Uint8Array, mode: number): Promise<boolean> {
    if (this.#entries.has(this.#realParent(path))) return false;
    await this.write(path, bytes, { mode });
    return true;
  }
  async makeFolder(path: string, mode: number): Promise<void> {
    const entry = this.#resolve(path);
    if (entry !== null && entry.kind !== 'folder') throw this.#error('EEXIST', path);
    this.#makeParents(posix.join(path, 'x'), mode);
  }
  async chmod(path: string, mode: number): Promise<void> {
    const entry = this.#resolve(path);
    if (entry === null) throw this.#error('ENOENT', path);
    entry.mode = mode;
  }
  async remove(path: string): Promise<void> {
    const real = this.#realParent(path);
    if (this.#entries.get(real)?.kind === 'folder' && (await this.list(real)).length > 0) throw this.#error('ENOTEMPTY', path);
    this.#entries.delete(real);
  }

  async claim(path: string, content: Uint8Array | null): Promise<boolean> {
    if (content !== null) return this.create(path, content, 0o600);
    const real = this.#realParent(path);
    if (this.#entries.get(posix.dirname(real))?.kind !== 'folder') throw this.#error('ENOENT', path);
    if (this.#entries.has(real)) return false;
    this.#entries.set(real, this.#folder(0o755));
    return true;
  }
  release(path: string): Promise<void> {
    return this.remove(path);
  }

  async scratch<T>(files: Readonly<Record<string, Uint8Array>>, use: (folder: string) => Promise<T>): Promise<T> {
    const folder = posix.join(cacheFolder(this.facts), 'scratch');
    const before = new Map(this.#entries);
    for (const [name, bytes] of Object.entries(files)) this.place(posix.join(folder, name), bytes, 0o600);
    try {
      return await use(folder);
    } finally {
      for (const path of this.#entries.keys()) {
        if (!before.has(path) && (path === folder || path.startsWith(`${folder}/`) || folder.startsWith(`${path}/`)))
          this.#entries.delete(path);
      }
    }
  }
  async run(command: Command): Promise<Exit> {
    const program = this.programs.get(command.file);
    if (program === undefined) throw this.#error('ENOENT', command.file);
    return program(command, this);
  }
  async processStart(pid: number): Promise<string | null> {
    return this.processes.get(pid) ?? null;
  }
  async isYounger(pid: number, than: number): Promise<boolean> {
    return (this.births.get(pid) ?? 0) > than;
  }
  async dial(endpoint: Endpoint): Promise<Connection> {
    const name = endpoint.kind === 'unix' ? endpoint.path : `${endpoint.host}:${endpoint.port}`;
    const server = this.servers.get(name);
    if (server === undefined)
      throw new MachineError(endpoint.kind === 'unix' ? 'ENOENT' : 'ECONNREFUSED', `no connection to ${name}`);
    return new ScriptedConnection(server);
  }

  #error(code: string, path: string): MachineError {
    return new MachineError(code, `${path}: ${code}`, path);
  }
  #folder(mode: number): Entry {
    return { kind: 'folder', mode, uid: this.facts.uid, modified: this.clock };
  }
  #makeParents(path: string, mode: number): void {
    const parent = posix.dirname(path);
    if (this.#resolve(parent) !== null) return;
    this.#makeParents(parent, mode);
    this.#entries.set(this.#realPath(parent), this.#folder(mode));
  }
  #resolve(path: string): Entry | null {
    return this.#entries.get(this.#realPath(path)) ?? null;
  }
  #realParent(path: string): string {
    return path === '/' ? '/' : posix.join(this.#realPath(posix.dirname(path)), posix.basename(path));
  }
  #realPath(path: string, depth = 0): string {
    if (depth > 40) throw this.#error('ELOOP', path);
    if (path === '/') return path;
    const at = posix.join(this.#realPath(posix.dirname(path), depth + 1), posix.basename(path));
    const entry = this.#entries.get(at);
    return entry?.kind === 'link' ? this.#realPath(posix.resolve(posix.dirname(at), entry.target), depth + 1) : at;
  }
}

class ScriptedConnection implements Connection {
  readonly #server: Server;
  #received = new Uint8Array();
  #answered = false;

  constructor(server: Server) {
    this.#server = server;
  }
  async send(bytes: Uint8Array): Promise<void> {
    this.#received = new Uint8Array([...this.#received, ...bytes]);
    this.#answered = false;
  }
  async receive(): Promise<Uint8Array | null> {
    if (this.#answered) return null;
    this.#answered = true;
    return this.#server(this.#received);
  }
  close(): void {}
}

function fileInfo(entry: Entry | null): FileInfo | null {
  if (entry === null) return null;
  return {
    kind: entry.kind,
    mode: entry.mode,
    uid: entry.uid,
    size: entry.kind === 'file' ? entry.bytes.length : 0,
    modified: entry.modified,
  };
}

function describe(entry: Entry): string {
  const content = entry.kind === 'file' ? Buffer.from(entry.bytes).toString('utf8') : entry.kind === 'link' ? entry.target : '';
  return `${entry.kind} ${entry.mode.toString(8)} ${entry.uid}\n${content}`;
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}
