import { MachineDecorator } from '../machine/decorator.ts';
import { missingFolders, removeEmptyFolders } from '../machine/folders.ts';
import { followLinks } from '../machine/links.ts';
import { type Command, type Exit, type Machine, MachineError, readBytes, type WriteOptions } from '../machine/machine.ts';
import { removeTemporaryIn } from '../machine/temporary.ts';
import type { OnUndo } from '../resources/resource.ts';

interface Step {
  readonly description: string;
  readonly undo: (machine: Machine) => Promise<void>;
}

/** Is told before anything is changed, and has it on the disk before it is. */
export interface Journal {
  beforeChange(): Promise<void>;
  /**
   * @param path absolute, links followed
   * @param after what it is going to be; null: no file
   */
  beforeFile(path: string, bytes: Uint8Array | null, mode: number | null, after: Uint8Array | null): Promise<void>;
  /** @param folders that are going to be made, outermost first */
  beforeFolders(folders: readonly string[]): Promise<void>;
  /** All is well again, or put back. */
  end(): Promise<void>;
}

/**
 * Remembers how to take back every change of a file, and whatever else resources register, so that a failed apply leaves the
 * machine as it found it. Each step is remembered before it is done: a step that fails half-way is taken back too.
 */
export class UndoingMachine extends MachineDecorator {
  readonly #steps: Step[] = [];
  readonly #journal: Journal | null;

  constructor(inner: Machine, journal: Journal | null = null) {
    super(inner);
    this.#journal = journal;
  }

  /** For changes outside of files. */
  readonly onUndo: OnUndo = (description, undo) => {
    this.#steps.push({ description, undo });
  };

  /** True when there is something to take back. */
  get changed(): boolean {
    return this.#steps.length > 0;
  }

  /** Takes everything back, last change first. Goes on after a failure; returns what could not be put back, in words. */
  async takeBack(): Promise<string[]> {
    const failures: string[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step.undo(this.inner);
      } catch (error) {
        failures.push(`${step.description}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return failures;
  }

  override async write(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<void> {
    // A write replaces the file that links lead to, so that one is put back; the link stays.
    const real = await followLinks(this.inner, path);
    if (options?.undo === 'by-caller') await this.#journal?.beforeFile(real, await readBytes(this.inner, real), null, bytes);
    else await this.#rememberFile(real, bytes);
    await this.inner.write(path, bytes, options);
  }

  override async create(path: string, bytes: Uint8Array, mode: number): Promise<boolean> {
    if ((await this.inner.lstat(path)) === null) await this.#rememberFile(path, bytes);
    return this.inner.create(path, bytes, mode);
  }

  override async chmod(path: string, mode: number): Promise<void> {
    await this.#journal?.beforeChange();
    const before = await this.inner.stat(path);
    if (before !== null) this.onUndo(`mode of ${path}`, (machine) => machine.chmod(path, before.mode));
    await this.inner.chmod(path, mode);
  }

  override async remove(path: string): Promise<void> {
    await this.#rememberFile(path, null);
    await this.inner.remove(path);
  }

  override async makeFolder(path: string, mode: number): Promise<void> {
    const missing = await missingFolders(this.inner, path);
    if (missing.length > 0) await this.#journal?.beforeFolders(missing);
    for (const folder of missing) {
      // Codex or the keyring may have put something of their own there since; then it stays.
      this.onUndo(`remove the folder ${folder}`, async (machine) => {
        await removeTemporaryIn(machine, folder);
        await removeEmptyFolders(machine, [folder]);
      });
    }
    await this.inner.makeFolder(path, mode);
  }

  override async run(command: Command): Promise<Exit> {
    if (command.effect === 'write') await this.#journal?.beforeChange();
    return this.inner.run(command);
  }

  async #rememberFile(path: string, after: Uint8Array | null): Promise<void> {
    const before = await readBytes(this.inner, path);
    const mode = (await this.inner.stat(path))?.mode;
    await this.#journal?.beforeFile(path, before, mode ?? null, after);
    this.onUndo(path, async (machine) => {
      const now = await readBytes(machine, path);
      if (same(now, before)) {
        if (mode !== undefined && (await machine.stat(path))?.mode !== mode) await machine.chmod(path, mode);
        return;
      }
      // Only our own bytes are taken back; an edit that somebody made in the meantime is theirs.
      if (!same(now, after)) throw new MachineError('ECHANGED', 'somebody else has changed it since; it was left alone', path);
      if (before === null) await machine.remove(path);
      else await machine.write(path, before, { expect: after, ...(mode === undefined ? {} : { mode }) });
    });
  }
}

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}
