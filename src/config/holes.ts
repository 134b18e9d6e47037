import type { Path, PathPart, Tree, TreeEntry, TreeMap } from './tree.ts';

/**
 * What becomes of a value: it goes with its key or its place in a list, a hole stays where it was, or its key was misspelt, so that the hole
 * belongs to the key that was meant.
 */
export type Fate = 'remove' | 'hole' | { readonly holeAt: string };

type Marks = Map<PathPart, Marks | Fate>;

/** The tree with each fate carried out. Where items of lists are removed the lists close up; holes keep every other path as it was. */
export function withFates(tree: TreeMap, fates: readonly (readonly [Path, Fate])[]): TreeMap {
  const marks: Marks = new Map();
  for (const [path, fate] of fates) mark(marks, path, fate);
  return prune(tree, marks) as TreeMap;
}

/** The tree without its holes; lists close up. */
export function withoutHoles(tree: TreeMap): TreeMap {
  const entries = new Map<string, TreeEntry>();
  for (const [name, entry] of tree.entries) {
    if (entry.value.kind !== 'hole') entries.set(name, { ...entry, value: closed(entry.value) });
  }
  return { ...tree, entries };
}

function closed(tree: Tree): Tree {
  if (tree.kind === 'map') return withoutHoles(tree);
  if (tree.kind !== 'list') return tree;
  return { ...tree, items: tree.items.filter((item) => item.kind !== 'hole').map(closed) };
}

function mark(marks: Marks, path: Path, fate: Fate): void {
  const [part, ...rest] = path;
  if (part === undefined) return;
  const below = marks.get(part);
  if (rest.length === 0) marks.set(part, fate);
  else if (below === undefined || below instanceof Map) {
    const deeper: Marks = below ?? new Map();
    marks.set(part, deeper);
    mark(deeper, rest, fate);
  }
}

function prune(tree: Tree, marks: Marks): Tree {
  if (tree.kind === 'list') {
    const items = tree.items.flatMap((item, index) => {
      const fate = marks.get(index);
      return fate === 'remove' ? [] : [kept(item, fate)];
    });
    return { ...tree, items };
  }
  if (tree.kind !== 'map') return tree;
  const entries = new Map<string, TreeEntry>();
  for (const [name, entry] of tree.entries) {
    const fate = marks.get(name);
    if (typeof fate === 'object' && !(fate instanceof Map)) {
      if (!tree.entries.has(fate.holeAt)) entries.set(fate.holeAt, { ...entry, value: kept(entry.value, 'hole') });
    } else if (fate !== 'remove') entries.set(name, { ...entry, value: kept(entry.value, fate) });
  }
  return { ...tree, entries };
}

const kept = (value: Tree, fate: Marks | Fate | undefined): Tree => {
  if (fate === undefined) return value;
  return fate instanceof Map ? prune(value, fate) : { kind: 'hole', place: value.place };
};
