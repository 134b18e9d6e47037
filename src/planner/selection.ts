import { nearest } from '../config/nearest.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { ADDRESSES } from '../resources/addresses.ts';
import type { Kind } from '../resources/resource.ts';
import { type Node, withDependencies, withDependents } from './graph.ts';

/** `--target` and `--exclude`, as typed. */
export interface Selection {
  readonly targets: readonly string[];
  readonly excludes: readonly string[];
  /** The command, where it has only some of the resources and the YAML may manage the others all the same. */
  readonly of?: string;
}

/** Nothing was said, so nothing is left out. */
export const EVERYTHING: Selection = { targets: [], excludes: [] };

export function isEverything({ targets, excludes }: Selection): boolean {
  return targets.length === 0 && excludes.length === 0;
}

/** What a run works on. */
export interface Selected {
  /** Addresses. */
  readonly chosen: ReadonlySet<string>;
  /** Targets that nothing here has. */
  readonly findings: readonly Finding[];
}

/** Whether a finding is about `--target` as it was typed: it is told whatever else is worth telling. */
export function isAboutSelection({ code }: Finding): boolean {
  return code === 'CL0040' || code === 'CL0041';
}

/** Kinds of which there can be several, each with a name behind a slash. */
const NAMED: readonly Kind[] = ['accounts', 'variants', 'gateway-key'];

/**
 * The addresses that a run works on. A target brings what it depends on; an exclusion takes what depends on it along, so that
 * nothing is ever applied on top of something that was left out. What is known but not there is a warning as a target, and nothing as
 * an exclusion: one command line serves machines whose YAML differ. Throws exit 64 for an address of no known kind.
 */
export function selected(nodes: readonly Node[], selection: Selection): Selected {
  const all = nodes.map((node) => node.address);
  const targets = selection.targets.map((address) => ({ address, found: matching(all, address, '--target') }));
  const excludes = selection.excludes.flatMap((address) => matching(all, address, '--exclude'));
  const named = targets.flatMap(({ found }) => found);
  const chosen = targets.length === 0 ? new Set(all) : withDependencies(nodes, named);
  for (const address of withDependents(nodes, excludes)) chosen.delete(address);
  const missing = targets.filter(({ found }) => found.length === 0);
  return { chosen, findings: missing.map(({ address }) => notHere(all, address, selection.of)) };
}

/** An address names one resource, or with its kind alone (`accounts`) all of that kind. */
function matching(all: readonly string[], address: string, flag: string): string[] {
  const found = all.filter((one) => one === address || one.startsWith(`${address}/`));
  if (found.length > 0 || kindOf(address) !== null) return found;
  const near = nearest(address, [...new Set([...all, ...Object.keys(ADDRESSES)])]);
  const hint = near === null ? '' : `, did you mean ${near}?`;
  throw new CodexLinkError(
    finding('CL0002', `${flag} ${address}: there is no such resource${hint}`, { fix: `use one of: ${all.join(', ')}` }),
    64,
  );
}

/** The kind of an address, whether something here has it or not; null for what can never be one. */
function kindOf(address: string): Kind | null {
  const [kind = '', ...name] = address.split('/');
  if (!Object.hasOwn(ADDRESSES, kind)) return null;
  const known = kind as Kind;
  return name.length === 0 || (NAMED.includes(known) && name.join('/') !== '') ? known : null;
}

function notHere(all: readonly string[], address: string, command: string | undefined): Finding {
  const kind = kindOf(address) as Kind;
  if (command !== undefined) return finding('CL0040', `--target ${address}: codex-link ${command} has nothing to do there`);
  const { managedBy } = ADDRESSES[kind];
  if (managedBy === null) return finding('CL0040', `--target ${address}: no new key is on its way`, { fix: 'codex-link rotate' });
  const near = nearest(
    address,
    all.filter((one) => one.startsWith(`${kind}/`)),
  );
  const hint = near === null ? '' : `, did you mean ${near}?`;
  return finding('CL0040', `--target ${address}: codex-link.yaml does not manage it${hint}`, {
    fix: `what manages it in codex-link.yaml is ${managedBy}`,
  });
}
