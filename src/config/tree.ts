/**
 * A parsed YAML value that still knows where each part of it stands, in whichever of the layered files that is. Trees are never
 * changed, so that layers and aliases can share their parts.
 */
export type Tree = TreeMap | TreeList | TreeScalar | TreeHole;

export interface TreeMap {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, TreeEntry>;
  readonly place: Place;
}

export interface TreeEntry {
  /** Where the key stands. */
  readonly key: Place;
  readonly value: Tree;
}

export interface TreeList {
  readonly kind: 'list';
  readonly items: readonly Tree[];
  readonly place: Place;
}

export interface TreeScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly place: Place;
  /** References in the text have been replaced: on another machine it says something else. */
  readonly ofThisMachine?: true;
}

/**
 * Stands where a value is wrong, which is told already, or where it cannot be known here. It holds the place open: nothing that
 * depends on the value is checked, and everything else is.
 */
export interface TreeHole {
  readonly kind: 'hole';
  readonly place: Place;
}

/** One of the layered files. */
export interface Source {
  /** Absolute path, or `-` for standard input. */
  readonly file: string;
  /** Folder that relative paths in it start from. */
  readonly folder: string;
  /** Its text without a byte order mark. */
  readonly text: string;
}

/** A stretch of a source, in UTF-16 code units. */
export interface Place {
  readonly source: Source;
  readonly offset: number;
  readonly end: number;
}

export type PathPart = string | number;
export type Path = readonly PathPart[];

/** The plain value, for the validator and for typed access. Maps have no prototype, so that a key `__proto__` is just a key. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'hole') return null;
  if (tree.kind === 'list') return tree.items.map(plain);
  const object = Object.create(null) as Record<string, unknown>;
  for (const [key, entry] of tree.entries) object[key] = plain(entry.value);
  return object;
}

/** The part of the tree at the path, or null. */
export function at(tree: Tree, path: Path): Tree | null {
  let current: Tree | undefined = tree;
  for (const part of path) {
    if (current?.kind === 'map') current = current.entries.get(String(part))?.value;
    else if (current?.kind === 'list') current = current.items[Number(part)];
    else return null;
  }
  return current ?? null;
}

/** The path that a JSON pointer means; the pointer does not tell an index from a key, the tree does. */
export function pathOf(tree: Tree, pointer: string): Path {
  const path: PathPart[] = [];
  let current: Tree | null = tree;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const part: PathPart = current?.kind === 'list' ? Number(name) : name;
    path.push(part);
    current = current === null ? null : at(current, [part]);
  }
  return path;
}

/** Whether a value in the tree is wrong or not known. */
export function hasHole(tree: Tree): boolean {
  if (tree.kind === 'list') return tree.items.some(hasHole);
  if (tree.kind === 'map') for (const { value } of tree.entries.values()) if (hasHole(value)) return true;
  return tree.kind === 'hole';
}

/** Whether the value at the path is wrong or not known, or a part of it is, or something around it. */
export function touchesHole(tree: Tree, path: Path): boolean {
  let current: Tree | null = tree;
  for (const part of path) {
    if (current === null || current.kind === 'hole') break;
    current = at(current, [part]);
  }
  return current !== null && hasHole(current);
}

/** Where the value at the path stands; where it is absent, the closest part around it that is there. */
export function placeAt(tree: Tree, path: Path): Place {
  for (let length = path.length; length > 0; length--) {
    const found = at(tree, path.slice(0, length));
    if (found !== null) return length === path.length ? found.place : keyPlace(tree, path.slice(0, length));
  }
  return tree.place;
}

/** Where the key at the path stands; for an item of a list, where the item starts. */
export function keyPlace(tree: Tree, path: Path): Place {
  const parent = at(tree, path.slice(0, -1));
  const entry = parent?.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.key ?? at(tree, path)?.place ?? tree.place;
}

const lineStarts = new WeakMap<Source, readonly number[]>();

/** 1-based line and column, the column in characters. */
export function position(place: Place): { line: number; column: number } {
  const { source, offset } = place;
  let starts = lineStarts.get(source);
  if (starts === undefined) {
    starts = [0, ...Array.from(source.text.matchAll(/\n/g), (match) => match.index + 1)];
    lineStarts.set(source, starts);
  }
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: [...source.text.slice(starts[low]!, offset)].length + 1 };
}
