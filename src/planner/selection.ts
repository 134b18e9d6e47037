import { nearest } from '../config/nearest.ts';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { type Node, withDependencies, withDependents } from './graph.ts';

/** `--target` and `--exclude`, as typed. */
export interface Selection {
  readonly targets: readonly string[];
  readonly excludes: readonly string[];
}

/**
 * The addresses that a run works on. A target brings what it depends on; an exclusion takes what depends on it along, so that
 * nothing is ever applied on top of something that was left out. Throws exit 64 for an address that does not exist.
 */
export function selected(nodes: readonly Node[], selection: Selection): Set<string> {
  const all = nodes.map((node) => node.address);
  const targets = selection.targets.flatMap((address) => matching(all, address, '--target'));
  const excludes = selection.excludes.flatMap((address) => matching(all, address, '--exclude'));
  const chosen = targets.length === 0 ? new Set(all) : withDependencies(nodes, targets);
  for (const address of withDependents(nodes, excludes)) chosen.delete(address);
  return chosen;
}

/** An address names one resource, or with its kind alone (`accounts`) all of that kind. */
function matching(all: readonly string[], address: string, flag: string): string[] {
  const found = all.filter((one) => one === address || one.startsWith(`${address}/`));
  if (found.length > 0) return found;
  const near = nearest(address, all);
  const hint = near === null ? '' : `, did you mean ${near}?`;
  throw new CodexLinkError(
    finding('CL0002', `${flag} ${address}: there is no such resource${hint}`, { fix: `use one of: ${all.join(', ')}` }),
    64,
  );
}
