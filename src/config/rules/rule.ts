import type { Code } from '../../diagnostics/diagnostics.ts';
import type { Facts } from '../../machine/machine.ts';
import type { Desired } from '../desired.ts';
import type { Paths } from '../paths.ts';
import type { Path } from '../tree.ts';

/** A rule about what the keys mean together. It sees the whole desired state, defaults included. */
export interface Rule {
  /** Keys that it looks at, e.g. `provider.auth`. When one of them is wrong by itself already, the rule is not asked. */
  readonly reads: readonly string[];
  check(desired: Desired, world: RuleWorld): void;
}

export interface RuleWorld {
  readonly facts: Facts;
  readonly paths: Paths;
  /** The text of the value as it stands in the file, references replaced; null when it is not given or no text. */
  textAt(path: Path): string | null;
  /** Adds a finding at the value of the first path that is given, or near it when none is. */
  report(paths: Path | readonly [Path, ...Path[]], code: Code, message: string, fix: string): void;
  /** The same, at the key. */
  reportKey(path: Path, code: Code, message: string, fix: string): void;
}
