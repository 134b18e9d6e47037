import { ChangeDecorator, type Operation } from './decorator.ts';
import { followLinks } from './links.ts';
import { type Machine, MachineError } from './machine.ts';
import { temporaryFor } from './temporary.ts';

/** What goes wrong at the N-th change (1-based). */
export interface Fault {
  readonly at: number;
  /**
   * `before` it happened, `after` it happened but before its caller knows, or `torn`: a file is replaced by a rename, so a write that is
   * cut off leaves half a temporary file beside it and the file itself untouched. Other changes than writes cannot tear.
   */
  readonly when: 'before' | 'after' | 'torn';
  /** An errno name, or `CRASH` for the end of the process: nothing at all works from then on. */
  readonly code: string;
  /** True: the disk stays full, or read-only, for every later change that needs it. */
  readonly lasting?: boolean;
}

/** Programs have troubles of their own, and on a full disk there is still room for taking away. */
const NEEDS_ROOM: readonly Operation['kind'][] = ['write', 'append', 'create', 'makeFolder', 'claim'];

/** Fails once, or from then on, or dies, at a chosen change: for proving that an interrupted apply loses nothing. */
export class FaultyMachine extends ChangeDecorator {
  readonly #fault: Fault;
  #count = 0;

  constructor(inner: Machine, fault: Fault) {
    super(inner);
    this.#fault = fault;
  }

  /** True when the fault has struck. */
  get struck(): boolean {
    return this.#count >= this.#fault.at;
  }

  protected async around<T>(operation: Operation, action: () => Promise<T>, bytes?: Uint8Array): Promise<T> {
    if (this.struck) {
      if (this.#stillFails(operation)) throw this.#failure(operation);
      return action();
    }
    this.#count += 1;
    if (!this.struck) return action();
    if (this.#fault.when === 'after') await action();
    if (this.#fault.when === 'torn' && bytes !== undefined) await this.#tear(operation.path, bytes);
    throw this.#failure(operation);
  }

  #stillFails({ kind }: Operation): boolean {
    const { code, lasting } = this.#fault;
    if (code === 'CRASH') return true;
    if (lasting !== true) return false;
    return code === 'ENOSPC' ? NEEDS_ROOM.includes(kind) : kind !== 'run';
  }

  async #tear(path: string, bytes: Uint8Array): Promise<void> {
    const temporary = temporaryFor(await followLinks(this.inner, path), this.facts.pid);
    await this.inner.write(temporary, bytes.subarray(0, bytes.length >> 1), { mode: 0o600 });
  }

  #failure(operation: Operation): MachineError {
    return new MachineError(this.#fault.code, `${operation.kind} ${operation.path}: planted ${this.#fault.code}`, operation.path);
  }
}
