import type { Command, Connection, Endpoint, Exit, Facts, FileInfo, Machine, WriteOptions } from './machine.ts';

/** Passes everything on; the machines around another machine override what they care about. */
export class MachineDecorator implements Machine {
  protected readonly inner: Machine;

  constructor(inner: Machine) {
    this.inner = inner;
  }

  get facts(): Facts {
    return this.inner.facts;
  }
  now(): number {
    return this.inner.now();
  }
  sleep(milliseconds: number): Promise<void> {
    return this.inner.sleep(milliseconds);
  }
  read(path: string, limit?: number, from?: number): Promise<Uint8Array> {
    return this.inner.read(path, limit, from);
  }
  stat(path: string): Promise<FileInfo | null> {
    return this.inner.stat(path);
  }
  lstat(path: string): Promise<FileInfo | null> {
    return this.inner.lstat(path);
  }
  list(path: string): Promise<readonly string[]> {
    return this.inner.list(path);
  }
  readLink(path: string): Promise<string> {
    return this.inner.readLink(path);
  }
  write(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.inner.write(path, bytes, options);
  }
  append(path: string, bytes: Uint8Array): Promise<number> {
    return this.inner.append(path, bytes);
  }
  create(path: string, bytes: Uint8Array, mode: number): Promise<boolean> {
    return this.inner.create(path, bytes, mode);
  }
  makeFolder(path: string, mode: number): Promise<void> {
    return this.inner.makeFolder(path, mode);
  }
  chmod(path: string, mode: number): Promise<void> {
    return this.inner.chmod(path, mode);
  }
  remove(path: string): Promise<void> {
    return this.inner.remove(path);
  }
  claim(path: string, content: Uint8Array | null): Promise<boolean> {
    return this.inner.claim(path, content);
  }
  release(path: string): Promise<void> {
    return this.inner.release(path);
  }
  scratch<T>(files: Readonly<Record<string, Uint8Array>>, use: (folder: string) => Promise<T>): Promise<T> {
    return this.inner.scratch(files, use);
  }
  run(command: Command): Promise<Exit> {
    return this.inner.run(command);
  }
  processStart(pid: number): Promise<string | null> {
    return this.inner.processStart(pid);
  }
  isYounger(pid: number, than: number): Promise<boolean> {
    return this.inner.isYounger(pid, than);
  }
  dial(endpoint: Endpoint, timeoutMs: number): Promise<Connection> {
    return this.inner.dial(endpoint, timeoutMs);
  }
}

/** An operation that changes the world, as the recording and the faulty machine see it. */
export interface Operation {
  readonly kind: 'write' | 'append' | 'create' | 'makeFolder' | 'chmod' | 'remove' | 'claim' | 'release' | 'run';
  /** The file or folder, or the program. */
  readonly path: string;
}

/** A decorator with one place that every change passes through. */
export abstract class ChangeDecorator extends MachineDecorator {
  /** @param bytes of a file that is written */
  protected abstract around<T>(operation: Operation, action: () => Promise<T>, bytes?: Uint8Array): Promise<T>;

  override write(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.around({ kind: 'write', path }, () => this.inner.write(path, bytes, options), bytes);
  }
  override append(path: string, bytes: Uint8Array): Promise<number> {
    return this.around({ kind: 'append', path }, () => this.inner.append(path, bytes));
  }
  override create(path: string, bytes: Uint8Array, mode: number): Promise<boolean> {
    return this.around({ kind: 'create', path }, () => this.inner.create(path, bytes, mode), bytes);
  }
  override makeFolder(path: string, mode: number): Promise<void> {
    return this.around({ kind: 'makeFolder', path }, () => this.inner.makeFolder(path, mode));
  }
  override chmod(path: string, mode: number): Promise<void> {
    return this.around({ kind: 'chmod', path }, () => this.inner.chmod(path, mode));
  }
  override remove(path: string): Promise<void> {
    return this.around({ kind: 'remove', path }, () => this.inner.remove(path));
  }
  override claim(path: string, content: Uint8Array | null): Promise<boolean> {
    return this.around({ kind: 'claim', path }, () => this.inner.claim(path, content));
  }
  override release(path: string): Promise<void> {
    return this.around({ kind: 'release', path }, () => this.inner.release(path));
  }
  override run(command: Command): Promise<Exit> {
    if (command.effect === 'read') return this.inner.run(command);
    return this.around({ kind: 'run', path: command.file }, () => this.inner.run(command));
  }
}
