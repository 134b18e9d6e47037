/** What is asked of a machine after something went wrong on it. */
import { basename } from 'node:path';
import { refusals } from '../../src/codex/rules.ts';
import { ChangeDecorator, type Operation } from '../../src/machine/decorator.ts';
import type { MemoryMachine } from '../../src/machine/memory.ts';
import { parseToml } from '../../src/toml/read.ts';
import { CONFIG } from '../core/support/world.ts';

/** In CCS's own form, so that CCS sees as well as codex-link that its process is gone. */
const CCS_LOCK = '/home/me/.ccs/config.yaml.lock';

/** Everything on a disk but what codex-link remembers, which is no part of the promise. */
export type Disk = Readonly<Record<string, string>>;

/** A run that was killed before its journal was on the disk: nobody knows any more who made these two, and they are empty. */
export const EMPTY = ['/home/me/.local', '/home/me/.local/state'];

/** As `rotate` makes keys: each run another one. */
const MADE_KEY = /(?<![\w-])[\w-]{43}(?![\w-])/g;
const TEMPORARY = /^\..+\.\d+-[0-9a-f]{8}\.tmp$/;

export function disk(machine: MemoryMachine): Disk {
  const all = Object.entries(machine.snapshot()).filter(([path]) => !path.startsWith('/home/me/.local') && path !== CCS_LOCK);
  return Object.fromEntries(all.map(([path, content]) => [path, content.replace(MADE_KEY, 'MADE-KEY')]));
}

/** Lets the processes of this machine end; the next one has another number. */
export function ended(machine: MemoryMachine): void {
  const facts = machine.facts as { pid: number };
  machine.processes.delete(facts.pid);
  facts.pid += 1;
  machine.processes.set(facts.pid, 'start');
}

/** Without these files, and what is in these folders. */
export function without(all: Disk, paths: readonly string[] = []): Disk {
  const isOut = (path: string) => paths.some((one) => path === one || path.startsWith(`${one}/`));
  return Object.fromEntries(Object.entries(all).filter(([path]) => !isOut(path)));
}

export function same(a: Disk, b: Disk): boolean {
  return differing(a, b).length === 0;
}

/** The paths at which two disks differ. */
export function differing(a: Disk, b: Disk): string[] {
  return Object.keys({ ...a, ...b }).filter((path) => a[path] !== b[path]);
}

export function isTemporary(path: string): boolean {
  return TEMPORARY.test(basename(path));
}

/** Those that are there, codex-link's own state included. */
export function temporaries(machine: MemoryMachine): string[] {
  return Object.keys(machine.snapshot()).filter(isTemporary);
}

/** Why Codex would not start on the file; null: it would. */
export function refusalOf(machine: MemoryMachine): string | null {
  try {
    return refusals(parseToml(machine.text(CONFIG) ?? ''))[0]?.message ?? null;
  } catch (error) {
    return String(error);
  }
}

/** Remembers every change, and what each path holds at any moment of a run. */
export class Watching extends ChangeDecorator {
  readonly operations: Operation[] = [];
  readonly #memory: MemoryMachine;
  readonly #stages = new Map<string, Set<string | undefined>>();

  constructor(memory: MemoryMachine) {
    super(memory);
    this.#memory = memory;
    this.#look();
  }

  /** What may stand at a path; undefined: nothing. */
  stagesOf(path: string): ReadonlySet<string | undefined> {
    return this.#stages.get(path) ?? new Set([undefined]);
  }

  protected async around<T>(operation: Operation, action: () => Promise<T>): Promise<T> {
    this.operations.push(operation);
    const result = await action();
    this.#look();
    return result;
  }

  #look(): void {
    const now = disk(this.#memory);
    for (const path of new Set([...Object.keys(now), ...this.#stages.keys()])) {
      const isNew = !this.#stages.has(path);
      const stages = this.#stages.get(path) ?? new Set();
      if (isNew && this.operations.length > 0) stages.add(undefined);
      this.#stages.set(path, stages.add(now[path]));
    }
  }
}
