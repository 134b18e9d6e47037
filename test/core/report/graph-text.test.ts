import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Node, withDependencies } from '../../../src/planner/graph.ts';
import { graphText } from '../../../src/report/graph-text.ts';
import { findCommand } from '../../support/system.ts';

const nodes = (graph: Record<string, readonly string[]>): Node[] =>
  Object.entries(graph).map(([address, dependsOn]) => ({ address, dependsOn }));

/** The arrows of a text, by the names that its nodes have. */
function arrows(text: string): string[] {
  if (!text.startsWith('flowchart'))
    return [...text.matchAll(/^ {2}("(?:[^"\\]|\\.)*") -> ("(?:[^"\\]|\\.)*");$/gm)].map(([, from = '', to = '']) =>
      [from, to].map((one) => JSON.parse(one) as string).join(' > '),
    );
  const labels = new Map([...text.matchAll(/^ {2}(r\d+)\["(.*)"\]$/gm)].map(([, id = '', label = '']) => [id, label]));
  return [...text.matchAll(/^ {2}(r\d+) --> (r\d+)$/gm)].map(
    ([, from = '', to = '']) => `${labels.get(from)} > ${labels.get(to)}`,
  );
}

test.each<[string, Record<string, readonly string[]>, readonly string[]]>([
  ['nothing', {}, []],
  ['one resource', { app: [] }, []],
  ['a chain', { helper: ['secret'], secret: [] }, ['helper > secret']],
  [
    'what is implied is left out',
    { app: ['provider', 'secret'], provider: ['secret'], secret: [] },
    ['app > provider', 'provider > secret'],
  ],
  ['a diamond stays', { d: ['b', 'c'], b: ['a'], c: ['a'], a: [] }, ['d > b', 'd > c', 'b > a', 'c > a']],
  ['what is not there is no arrow', { provider: ['gateway', 'secret'], secret: [] }, ['provider > secret']],
  ['named twice is one arrow', { b: ['a', 'a'], a: [] }, ['b > a']],
  ['an account', { 'accounts/me@example.com#team': ['ccs'], ccs: [] }, ['accounts/me@example.com#team > ccs']],
])('%s', (_what, graph, expected) => {
  expect(arrows(graphText(nodes(graph), 'dot'))).toEqual(expected);
  expect(arrows(graphText(nodes(graph), 'mermaid')).map((one) => one.replaceAll('#35;', '#'))).toEqual(expected);
});

test('as Graphviz and Mermaid have it', () => {
  const graph = nodes({ provider: ['secret'], secret: [] });
  expect(graphText(graph, 'dot')).toBe(
    'digraph "codex-link" {\n  rankdir = "RL";\n  node [shape = "box"];\n  "provider";\n  "secret";\n  "provider" -> "secret";\n}\n',
  );
  expect(graphText(graph, 'mermaid')).toBe('flowchart RL\n  r0["provider"]\n  r1["secret"]\n  r0 --> r1\n');
});

/** Each depends on some before it. */
const graphs = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 12 })
  .map((lists) =>
    lists.map(
      (list, index): Node => ({ address: `n${index}`, dependsOn: index === 0 ? [] : list.map((one) => `n${one % index}`) }),
    ),
  );

test('leaving arrows out changes nothing of what waits for what, and no more can be left out', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const pairs = arrows(graphText(graph, 'dot')).map((one) => one.split(' > '));
      const without = (skipped: number) =>
        graph.map(({ address }) => ({
          address,
          dependsOn: pairs.flatMap(([from, to = ''], index) => (from === address && index !== skipped ? [to] : [])),
        }));
      for (const { address } of graph)
        expect(withDependencies(without(-1), [address])).toEqual(withDependencies(graph, [address]));
      for (const [index, [from = '', to = '']] of pairs.entries())
        expect(withDependencies(without(index), [from]).has(to)).toBe(false);
    }),
  );
});

describe.skipIf(findCommand('dot') === null)('Graphviz', () => {
  test.each([
    'provider',
    'variants/codex-fast',
    'accounts/me@example.com#team',
    'accounts/"quoted"\\n@example.com',
    'accounts/<b>&amp;@example.com',
    'graph',
  ])('takes %j as it is', (address) => {
    const text = graphText(
      [
        { address, dependsOn: ['ccs'] },
        { address: 'ccs', dependsOn: [] },
      ],
      'dot',
    );
    const drawn = JSON.parse(execFileSync('dot', ['-Tjson0'], { input: text, encoding: 'utf8' })) as {
      objects: { name: string }[];
      edges: object[];
    };
    // Graphviz keeps a doubled backslash in a name, and shows one.
    expect(drawn.objects.map((one) => one.name.replaceAll('\\\\', '\\'))).toEqual([address, 'ccs']);
    expect(drawn.edges.length).toBe(1);
  });
});
