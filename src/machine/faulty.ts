import { ChangeDecorator, type Operation } from './decorator.ts';
import { type Machine, MachineError } from './machine.ts';

/** When the N-th change (1-based) fails: `before` it happened, or `after` it happened but before its caller knows. */
export interface Fault {
  readonly at: number;
  readonly when: 'before' | 'after';
  /** An errno name, or `CRASH` for the end of the process: nothing at all works from then on. */
  readonly code: string;
}

/** Fails once, or dies, at a chosen change: for proving that an interrupted apply loses nothing. */
export class FaultyMachine extends ChangeDecorator {
  readonly #fault: Fault;
  #count = 0;
  #dead = false;

  constructor(inner: Machine, fault: Fault) {
    super(inner);
    this.#fault = fault;
  }

  /** True when the fault has struck. */
  get struck(): boolean {
    return this.#count >= this.#fault.at;
  }

  protected async around<T>(operation: Operation, action: () => Promise<T>): Promise<T> {
    if (this.#dead) throw this.#failure(operation);
    this.#count += 1;
    if (this.#count !== this.#fault.at) return action();
    this.#dead = this.#fault.code === 'CRASH';
    if (this.#fault.when === 'after') await action();
    throw this.#failure(operation);
  }

  #failure(operation: Operation): MachineError {
    return new MachineError(this.#fault.code, `${operation.kind} ${operation.path}: planted ${this.#fault.code}`, operation.path);
  }
}
