import type { Machine } from '../machine/machine.ts';
import { withoutNulls } from './absent.ts';
import { typed, typedPart } from './check.ts';
import type { Desired } from './desired.ts';
import { Findings } from './findings.ts';
import { loadLayers } from './layers.ts';
import { locate } from './locate.ts';
import { applyOverrides, overridesOfOthers } from './overrides.ts';
import { pathsOf } from './paths.ts';
import type { ReadStdin } from './read.ts';
import { resolve } from './resolve.ts';
import { objections } from './rules/ask.ts';

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
  const { facts } = machine;
  const file = await locate(machine, options.file);
  const findings = new Findings();
  const layers = await loadLayers(machine, file, options.stdin, findings);
  if (layers === null) {
    findings.throwIfAny([file]);
    throw new Error(`${file} could not be loaded, and no finding says why`);
  }
  const { sources } = layers;
  const tree = withoutNulls(applyOverrides(layers.tree, facts));
  const paths = pathsOf(facts);
  const yaml = findings.any ? typedPart(tree) : typed(tree);
  const desired = resolve({ yaml, tree, facts, paths, file, sources });
  findings.object(objections({ ...layers, desired, tree, facts, paths, override: null }));
  if (overridesOfOthers(layers.tree, facts).length > 0) {
    const { checkElsewhere } = await import('./elsewhere.ts');
    findings.object(checkElsewhere({ ...layers, facts, paths, file }));
  }
  findings.throwIfAny(sources);
  return desired;
}
