import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inOrder, type Node, withDependencies, withDependents } from '../../../src/planner/graph.ts';

/** Graphs without cycles: a node depends on nodes of lower number only. They come in any order, and name a few that are not there. */
const graphs = fc
  .integer({ min: 0, max: 12 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, index) => fc.uniqueArray(fc.integer({ min: -2, max: index - 1 }), { maxLength: 4 })),
    ),
  )
  .chain((dependencies) => {
    const nodes = dependencies.map((list, index): Node => ({ address: `n${index}`, dependsOn: list.map((one) => `n${one}`) }));
    return fc.shuffledSubarray(nodes, { minLength: nodes.length });
  });

describe('the order', () => {
  test('has each once, after all that it depends on', () => {
    fc.assert(
      fc.property(graphs, (nodes) => {
        const ordered = inOrder(nodes);
        expect([...ordered].sort(byAddress)).toEqual([...nodes].sort(byAddress));
        for (const [index, node] of ordered.entries()) {
          for (const dependency of node.dependsOn) {
            const at = ordered.findIndex((one) => one.address === dependency);
            expect(at).toBeLessThan(index); // -1 for one that is not in the list
          }
        }
      }),
    );
  });

  test('is the given one where nothing speaks against it', () => {
    const nodes = ['c', 'a', 'b'].map((address): Node => ({ address, dependsOn: [] }));
    expect(inOrder(nodes)).toEqual(nodes);
    fc.assert(
      fc.property(graphs, (graph) => {
        expect(inOrder(inOrder(graph))).toEqual(inOrder(graph));
      }),
    );
  });

  test.each([
    ['itself', { a: ['a'] }, 'a -> a'],
    ['each other', { a: ['b'], b: ['a'] }, 'a -> b -> a'],
    ['three in a ring', { x: ['a'], a: ['b'], b: ['c'], c: ['a'] }, 'x -> a -> b -> c -> a'],
  ])('does not exist for %s', (_what, graph: Record<string, string[]>, trail) => {
    const nodes = Object.entries(graph).map(([address, dependsOn]): Node => ({ address, dependsOn }));
    expect(() => inOrder(nodes)).toThrow(new Error(`dependency cycle: ${trail}`));
  });

  test('does not exist as soon as one edge closes a ring', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (nodes, pick) => {
        const edges = nodes.flatMap((node) =>
          node.dependsOn.filter((to) => nodes.some((one) => one.address === to)).map((to) => [node, to] as const),
        );
        fc.pre(edges.length > 0);
        const [from, to] = edges[pick % edges.length]!;
        const closed = nodes.map((node) =>
          node.address === to ? { ...node, dependsOn: [...node.dependsOn, from.address] } : node,
        );
        expect(() => inOrder(closed)).toThrow('dependency cycle');
      }),
    );
  });
});

describe('closures', () => {
  test('hold the start, and every neighbour of what they hold', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (nodes, pick) => {
        fc.pre(nodes.length > 0);
        const start = nodes[pick % nodes.length]!.address;
        const down = withDependencies(nodes, [start]);
        const up = withDependents(nodes, [start]);
        expect(down.has(start) && up.has(start)).toBe(true);
        for (const node of nodes) {
          for (const dependency of node.dependsOn) {
            if (down.has(node.address)) expect(down.has(dependency)).toBe(true);
            if (up.has(dependency)) expect(up.has(node.address)).toBe(true);
          }
        }
      }),
    );
  });

  test("are each other's mirror", () => {
    fc.assert(
      fc.property(graphs, (nodes) => {
        for (const a of nodes) {
          for (const b of nodes) {
            expect(withDependencies(nodes, [a.address]).has(b.address)).toBe(withDependents(nodes, [b.address]).has(a.address));
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

test('a closure takes a start that is in no list as it is, and comes to an end in a ring', () => {
  const ring = [
    { address: 'a', dependsOn: ['b'] },
    { address: 'b', dependsOn: ['a', 'gone'] },
  ];
  expect([...withDependencies(ring, ['nobody'])]).toEqual(['nobody']);
  expect([...withDependencies(ring, ['a'])].sort()).toEqual(['a', 'b', 'gone']);
  expect([...withDependents(ring, ['gone'])].sort()).toEqual(['a', 'b', 'gone']);
});

function byAddress(a: Node, b: Node): number {
  return a.address < b.address ? -1 : 1;
}
