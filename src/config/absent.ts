import type { Tree, TreeEntry, TreeMap } from './tree.ts';

/**
 * The tree without the keys whose value is null. Null says that a key is absent, and takes out what a layer below says; once the layers
 * are merged it has done its work, and nothing after that sees one. A null in a list stays: it is an error, or a part of a value that is
 * not ours.
 */
export function withoutNulls(tree: TreeMap): TreeMap {
  let entries: Map<string, TreeEntry> | null = null;
  for (const [name, entry] of tree.entries) {
    const { value } = entry;
    if (value.kind === 'scalar' && value.value === null) {
      entries ??= new Map(tree.entries);
      entries.delete(name);
      continue;
    }
    const bare = valueWithoutNulls(value);
    if (bare === value) continue;
    entries ??= new Map(tree.entries);
    entries.set(name, { ...entry, value: bare });
  }
  return entries === null ? tree : { ...tree, entries };
}

function valueWithoutNulls(tree: Tree): Tree {
  if (tree.kind === 'map') return withoutNulls(tree);
  if (tree.kind !== 'list') return tree;
  const items = tree.items.map(valueWithoutNulls);
  return items.every((item, index) => item === tree.items[index]) ? tree : { ...tree, items };
}
