import type { Machine } from '../machine/machine.ts';
import { typed } from './check.ts';
import type { Desired } from './desired.ts';
import { Findings } from './findings.ts';
import { loadLayers } from './layers.ts';
import { locate } from './locate.ts';
import { applyOverrides } from './overrides.ts';
import { type Paths, pathsOf } from './paths.ts';
import type { ReadStdin } from './read.ts';
import { resolve } from './resolve.ts';
import type { RuleWorld } from './rules/rule.ts';
import { rules } from './rules/rules.ts';
import { at, keyPlace, type Path, placeAt, type TreeMap } from './tree.ts';

export interface LoadOptions {
  /** As given with `--file`; `-` reads standard input. Without it, codex-link.yaml is looked up. */
  readonly file?: string | undefined;
  readonly stdin?: ReadStdin | undefined;
}

/**
 * The desired state of this machine: codex-link.yaml found, read, layered, checked and completed. Reads files, and nothing else.
 *
 * Throws a `CodexLinkError` with everything that is wrong, each finding with its place.
 */
export async function loadDesired(machine: Machine, options: LoadOptions = {}): Promise<Desired> {
  const file = await locate(machine, options.file);
  const findings = new Findings();
  const { merged, sources, broken } = await loadLayers(machine, file, options.stdin, findings);
  if (merged === null) {
    findings.throwIfAny();
    throw new Error(`${file} could not be loaded, and no finding says why`);
  }
  const { facts } = machine;
  const tree = applyOverrides(merged, facts);
  const paths = pathsOf(facts);
  const desired = resolve({ yaml: typed(tree), tree, facts, paths, file, sources });
  const isBroken = brokenKeys(broken);
  const world = ruleWorld(machine, paths, tree, findings);
  for (const rule of rules) if (!rule.reads.some(isBroken)) rule.check(desired, world);
  findings.throwIfAny();
  return desired;
}

function ruleWorld({ facts }: Machine, paths: Paths, tree: TreeMap, findings: Findings): RuleWorld {
  const isGiven = (path: Path) => at(tree, path) !== null;
  return {
    facts,
    paths,
    textAt: (path) => {
      const found = at(tree, path);
      return found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : null;
    },
    report: (where, code, message, fix) => {
      const candidates: readonly Path[] = Array.isArray(where[0]) ? (where as readonly Path[]) : [where as Path];
      findings.at(placeAt(tree, candidates.find(isGiven) ?? candidates[0]!), code, message, fix);
    },
    reportKey: (path, code, message, fix) => findings.at(keyPlace(tree, path), code, message, fix),
  };
}

/** Whether a key, or a part or a parent of it, was left out because it is wrong. What an override sets counts as the key itself. */
function brokenKeys(broken: readonly Path[]): (key: string) => boolean {
  const keys = broken.map((path) => {
    const own = path[0] === 'overrides' && path[2] === 'set' ? path.slice(3) : path;
    const list = own.findIndex((part) => typeof part === 'number');
    return (list === -1 ? own : own.slice(0, list)).join('.');
  });
  return (key) => keys.some((one) => one === key || one.startsWith(`${key}.`) || key.startsWith(`${one}.`));
}
