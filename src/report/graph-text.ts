import type { Node } from '../planner/graph.ts';
import { printable } from './terminal.ts';

/** How a graph can be written. */
export type GraphFormat = 'dot' | 'mermaid';

/**
 * The graph of resources as a text for Graphviz or Mermaid. An arrow goes from a resource to what it depends on, as in Terraform's
 * graph; one that other arrows imply is left out.
 */
export function graphText(nodes: readonly Node[], format: GraphFormat): string {
  const edges = withoutImplied(nodes);
  return format === 'dot' ? dot(nodes, edges) : mermaid(nodes, edges);
}

type Edge = readonly [from: string, to: string];

/** Every direct dependency that no longer way round leads to as well. The graph has no cycles. */
function withoutImplied(nodes: readonly Node[]): Edge[] {
  const known = new Map(nodes.map((node) => [node.address, node]));
  const next = (address: string) => [...new Set(known.get(address)?.dependsOn ?? [])].filter((one) => known.has(one));
  const reached = new Map<string, ReadonlySet<string>>();
  const reach = (address: string): ReadonlySet<string> => {
    const found = reached.get(address) ?? new Set(next(address).flatMap((one) => [one, ...reach(one)]));
    reached.set(address, found);
    return found;
  };
  return nodes.flatMap(({ address }) => {
    const direct = next(address);
    return direct.filter((to) => !direct.some((other) => reach(other).has(to))).map((to): Edge => [address, to]);
  });
}

function dot(nodes: readonly Node[], edges: readonly Edge[]): string {
  const quoted = (text: string) => `"${printable(text).replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`;
  const lines = [
    ...nodes.map(({ address }) => `${quoted(address)};`),
    ...edges.map(([from, to]) => `${quoted(from)} -> ${quoted(to)};`),
  ];
  return `digraph "codex-link" {\n  rankdir = "RL";\n  node [shape = "box"];\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

/** Names of nodes are numbers there, because an address may be a word of Mermaid's own. */
function mermaid(nodes: readonly Node[], edges: readonly Edge[]): string {
  const ids = new Map(nodes.map(({ address }, index) => [address, `r${index}`]));
  const label = (text: string) => `["${printable(text).replaceAll(/[#"&<>]/g, (sign) => `#${sign.charCodeAt(0)};`)}"]`;
  const lines = [
    ...nodes.map(({ address }) => `${ids.get(address)}${label(address)}`),
    ...edges.map(([from, to]) => `${ids.get(from)} --> ${ids.get(to)}`),
  ];
  return `flowchart RL\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
