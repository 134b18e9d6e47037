import { MachineDecorator } from './decorator.ts';
import type { Facts, Machine } from './machine.ts';

/** Knows which variables hold a secret, so that programs are started without them. */
export class DiscreetMachine extends MachineDecorator {
  readonly #facts: Facts;

  constructor(inner: Machine, secretVariables: readonly string[]) {
    super(inner);
    this.#facts = { ...inner.facts, secretVariables };
  }

  override get facts(): Facts {
    return this.#facts;
  }
}
