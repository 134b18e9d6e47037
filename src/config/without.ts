import type { Path, PathPart, Tree, TreeEntry, TreeMap } from './tree.ts';

type Marks = Map<PathPart, Marks | 'remove'>;

/** The tree without the values at the paths. Items of lists close up, so that paths below them mean the new tree from then on. */
export function without(tree: TreeMap, paths: readonly Path[]): TreeMap {
  const marks: Marks = new Map();
  for (const path of paths) mark(marks, path);
  return prune(tree, marks) as TreeMap;
}

function mark(marks: Marks, path: Path): void {
  const [part, ...rest] = path;
  if (part === undefined) return;
  const below = marks.get(part);
  if (rest.length === 0) marks.set(part, 'remove');
  else if (below !== 'remove') {
    const deeper = below ?? new Map();
    marks.set(part, deeper);
    mark(deeper, rest);
  }
}

function prune(tree: Tree, marks: Marks): Tree {
  if (tree.kind === 'scalar') return tree;
  if (tree.kind === 'list') {
    const items = tree.items.flatMap((item, index) => {
      const below = marks.get(index);
      if (below === 'remove') return [];
      return [below === undefined ? item : prune(item, below)];
    });
    return { ...tree, items };
  }
  const entries = new Map<string, TreeEntry>();
  for (const [name, entry] of tree.entries) {
    const below = marks.get(name);
    if (below === 'remove') continue;
    entries.set(name, below === undefined ? entry : { ...entry, value: prune(entry.value, below) });
  }
  return { ...tree, entries };
}
