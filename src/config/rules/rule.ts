import type { Code } from '../../diagnostics/diagnostics.ts';
import type { Facts } from '../../machine/machine.ts';
import type { Desired } from '../desired.ts';
import type { Paths } from '../paths.ts';
import type { Path } from '../tree.ts';

/** A rule about what the keys mean together. It sees the whole desired state, defaults included. */
export interface Rule {
  /**
   * Keys without whose values it can say nothing, e.g. `provider.auth`. When one of them is wrong by itself already, the rule is not
   * asked. A rule about the items of a list names none: it looks at each item by itself, whatever is wrong with the others.
   */
  readonly reads: readonly string[];
  check(desired: Desired, world: RuleWorld): void;
}

/** An item of a list, as far as it is legal: what is wrong in it counts as not given. */
export interface Item {
  readonly path: Path;
  text(key: string): string | null;
  isTrue(key: string): boolean;
}

export interface RuleWorld {
  readonly facts: Facts;
  readonly paths: Paths;
  /** False for an override of other machines: their home folder and their variables are not known. */
  readonly isHere: boolean;
  /** The text of the value as it stands in the file, references replaced; null when it is not given or no text. */
  textAt(path: Path): string | null;
  items(path: Path): readonly Item[];
  /** The path of a value in the file that it stands in: `accounts[0].email`, `overrides[1].set.provider.auth`. */
  nameOf(path: Path): string;
  /**
   * Adds a finding at the value that is wrong. Its message is what follows the path of the value. `others` are the values that it is wrong
   * beside: an override that says one of them is the place to correct.
   */
  report(path: Path, others: readonly Path[], code: Code, message: string, fix: string): void;
  /** The same, at the key. */
  reportKey(path: Path, code: Code, message: string, fix: string): void;
}
