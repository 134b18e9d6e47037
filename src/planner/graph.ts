import type { Resource } from '../resources/resource.ts';

/** What the graph needs to know of a resource. */
export type Node = Pick<Resource, 'address' | 'dependsOn'>;

/**
 * The resources in an order in which each comes after what it depends on; otherwise in the order given. Dependencies that are not in
 * the list are ignored. Throws on a cycle, which is a bug.
 */
export function inOrder<T extends Node>(nodes: readonly T[]): T[] {
  const byAddress = new Map(nodes.map((node) => [node.address, node]));
  const ordered: T[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (node: T, trail: readonly string[]) => {
    if (state.get(node.address) === 'done') return;
    if (state.get(node.address) === 'open') throw new Error(`dependency cycle: ${[...trail, node.address].join(' -> ')}`);
    state.set(node.address, 'open');
    for (const address of node.dependsOn) {
      const dependency = byAddress.get(address);
      if (dependency !== undefined) visit(dependency, [...trail, node.address]);
    }
    state.set(node.address, 'done');
    ordered.push(node);
  };
  for (const node of nodes) visit(node, []);
  return ordered;
}

/** The addresses and all that they depend on, directly or not. */
export function withDependencies(nodes: readonly Node[], addresses: Iterable<string>): Set<string> {
  const byAddress = new Map(nodes.map((node) => [node.address, node]));
  return closure(addresses, (address) => byAddress.get(address)?.dependsOn ?? []);
}

/** The addresses and all that depends on them, directly or not. */
export function withDependents(nodes: readonly Node[], addresses: Iterable<string>): Set<string> {
  return closure(addresses, (address) => nodes.filter((node) => node.dependsOn.includes(address)).map((node) => node.address));
}

function closure(start: Iterable<string>, next: (address: string) => readonly string[]): Set<string> {
  const seen = new Set<string>();
  const open = [...start];
  for (let address = open.pop(); address !== undefined; address = open.pop()) {
    if (seen.has(address)) continue;
    seen.add(address);
    open.push(...next(address));
  }
  return seen;
}
