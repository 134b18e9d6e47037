import type { Path, Place, Tree, TreeMap } from './tree.ts';

/**
 * Path of the value at a place, in the file that it stands in; null when no file has it. Layers change paths: an account of the file above
 * may be another one in the merged list, and what an override sets counts as the key itself.
 */
export function writtenPath(files: readonly TreeMap[], place: Place): Path | null {
  const file = files.find((one) => one.place.source === place.source);
  return file === undefined ? null : find(file, place, []);
}

function find(tree: Tree, place: Place, path: Path): Path | null {
  if (tree.place === place) return path;
  const parts: readonly (readonly [string | number, Tree])[] =
    tree.kind === 'map'
      ? [...tree.entries].map(([name, { value }]) => [name, value] as const)
      : tree.kind === 'list'
        ? [...tree.items.entries()]
        : [];
  for (const [part, value] of parts) {
    const found = find(value, place, [...path, part]);
    if (found !== null) return found;
  }
  return null;
}
