import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { type Findings, mayHoldSecret, pathText } from './findings.ts';
import { secretShape } from './secret-shapes.ts';
import type { Path, Place, Source, Tree, TreeEntry, TreeList, TreeMap, TreeScalar } from './tree.ts';

/** Levels; the shape of codex-link.yaml needs nine. */
const depthLimit = 50;
/** Values that all aliases of a file may stand for. */
const aliasLimit = 10_000;

interface Converted {
  readonly tree: Tree;
  /** Values in it, aliases counted as often as they stand for something. */
  readonly size: number;
}

const hole = (place: Place): Converted => ({ tree: { kind: 'hole', place }, size: 1 });

/** What a key says that stands twice: maps say what both have, and of anything else nobody knows which one is meant. */
function both(first: Tree, second: Tree): Tree {
  if (first.kind !== 'map' || second.kind !== 'map') return { kind: 'hole', place: first.place };
  return { ...first, entries: new Map([...second.entries, ...first.entries]) };
}

/** The content itself is not shown: a file that is no codex-link.yaml may hold nothing but a key. */
const kinds = { scalar: 'a single value', list: 'a list', map: 'a map' } as const;

/** Makes a tree with places of the library's nodes: aliases and merge keys resolved, keys checked, holes for values that are wrong. */
export class Conversion {
  readonly #source: Source;
  readonly #findings: Findings;
  readonly #anchors = new Map<string, Converted | 'unfinished'>();
  /** Where the parser found something wrong with one value, in order. */
  readonly #wrong: number[];
  #aliased = 0;
  /** Too deep or too much: told once, because everything after it would only be a consequence. */
  #isUnusable = false;

  constructor(source: Source, findings: Findings, wrong: readonly number[]) {
    this.#source = source;
    this.#findings = findings;
    this.#wrong = [...wrong];
  }

  root(document: Document): TreeMap | null {
    const contents = document.contents as Node | null;
    const { file, text } = this.#source;
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      const what = /^[ \t]*#/m.test(text) ? 'holds comments only' : 'is empty';
      this.#findings.ofFile(file, 'CL2008', `${file} ${what}`, 'write `version: 1` into it', {
        line: 1,
        column: 1,
      });
      return null;
    }
    const { tree } = this.#convert(contents, [], null);
    if (this.#isUnusable || tree.kind === 'hole') return null;
    if (tree.kind === 'map') return tree;
    const message = `the file holds ${kinds[tree.kind]} where a map of keys is expected`;
    const isGlued = tree.kind === 'scalar' && /^[A-Za-z]+:\S/.test(String(tree.value));
    const fix = isGlued ? 'put a blank after each colon: `version: 1`' : 'start the file with `version: 1`';
    this.#findings.at(tree.place, 'CL2018', message, fix);
    return null;
  }

  /** A hole when the value cannot be used; the findings then say why. `key` is where the key of the value stands. */
  #convert(node: Node | null, path: Path, key: Place | null): Converted {
    if (node === null) return { tree: { kind: 'scalar', value: null, place: key ?? this.#place(null) }, size: 1 };
    const place = this.#place(node);
    const isWrong = this.#takeWrong(isMap(node) || isSeq(node) ? place.offset : place.end);
    if (isAlias(node)) return isWrong ? hole(place) : this.#alias(node.source, place, path);
    if (path.length > depthLimit) {
      this.#isUnusable = true;
      const message = `values are nested more than ${depthLimit} levels deep`;
      this.#findings.at(place, 'CL2017', message, 'check the brackets and the indentation at this place');
      return hole(place);
    }
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.#anchors.set(anchor, 'unfinished');
    const value = this.#value(node, place, path, key);
    const converted = isWrong ? hole(place) : value;
    if (anchor !== undefined) this.#anchors.set(anchor, converted);
    return converted;
  }

  /** Whether something is wrong before the offset, with what was not converted yet; takes note of all that is. */
  #takeWrong(offset: number): boolean {
    const before = this.#wrong.findIndex((one) => one > offset);
    return this.#wrong.splice(0, before === -1 ? this.#wrong.length : before).length > 0;
  }

  #value(node: Node, place: Place, path: Path, key: Place | null): Converted {
    if (isMap(node)) return this.#map(node, place, path);
    if (isSeq(node)) return this.#list(node.items as Node[], place, path);
    const value = isScalar(node) ? node.value : null;
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null;
    if (typeof value === 'string' && !value.isWellFormed()) {
      const message = `${pathText(path)}: an escape stands for half of a character`;
      this.#findings.at(place, 'CL2007', message, 'write the character itself, or both halves, like "\\ud83d\\ude80"');
      return hole(place);
    }
    // An empty value has no text of its own to point at.
    const shownAt = place.offset === place.end && key !== null ? key : place;
    const tree: TreeScalar = { kind: 'scalar', value: isPlain ? value : String(value), place: shownAt };
    return { tree, size: 1 };
  }

  #list(nodes: readonly Node[], place: Place, path: Path): Converted {
    let size = 1;
    const items: Tree[] = [];
    for (const [index, node] of nodes.entries()) {
      const item = this.#convert(node, [...path, index], null);
      items.push(item.tree);
      size += item.size;
    }
    return { tree: { kind: 'list', items, place } satisfies TreeList, size };
  }

  #map(node: YAMLMap, place: Place, path: Path): Converted {
    let size = 1;
    const entries = new Map<string, TreeEntry>();
    const merged: TreeMap[] = [];
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const keyPlace = this.#place(pair.key);
      if (isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN') {
        size += this.#mergeKey(pair.value, keyPlace, path, merged);
        continue;
      }
      const name = this.#key(pair.key, keyPlace, path);
      // Without a key too: there may be anchors in it.
      const value = this.#convert(pair.value, [...path, name ?? '?'], keyPlace);
      if (name === null) continue;
      const first = entries.get(name);
      if (first !== undefined) {
        const fix = 'remove one of the two';
        this.#findings.at(keyPlace, 'CL2011', `${pathText([...path, name])} stands twice in the same map`, fix);
      }
      entries.set(
        name,
        first === undefined ? { key: keyPlace, value: value.tree } : { ...first, value: both(first.value, value.tree) },
      );
      size += value.size;
    }
    // Own keys win over merged ones, and earlier maps over later ones, as YAML 1.1 has it.
    for (const map of merged) for (const [name, entry] of map.entries) if (!entries.has(name)) entries.set(name, entry);
    return { tree: { kind: 'map', entries, place } satisfies TreeMap, size };
  }

  #key(node: Node | null, place: Place, path: Path): string | null {
    if (this.#takeWrong(place.offset)) return null;
    if (isScalar(node) && typeof node.value === 'string') {
      if (node.anchor !== undefined)
        this.#anchors.set(node.anchor, { tree: { kind: 'scalar', value: node.value, place }, size: 1 });
      return node.value;
    }
    const inside = path.length === 0 ? '' : `${pathText(path)}: `;
    const what = isScalar(node) ? String(node.value) : isAlias(node) ? 'an alias' : node === null ? 'nothing' : 'a list or map';
    this.#findings.at(
      place,
      'CL2016',
      `${inside}a key has to be text, and this one is ${what}`,
      'use one of the keys that `codex-link schema` lists',
    );
    return null;
  }

  /** `<<: *base` or `<<: [*a, *b]`: collects the maps; returns how many values they stand for. */
  #mergeKey(node: Node | null, keyPlace: Place, path: Path, merged: TreeMap[]): number {
    const converted = this.#convert(node, [...path, '<<'], keyPlace);
    const maps = converted.tree.kind === 'list' ? converted.tree.items : [converted.tree];
    for (const map of maps) {
      if (map.kind === 'map') merged.push(map);
      else if (map.kind !== 'hole')
        this.#findings.at(
          map.place,
          'CL2022',
          `${pathText([...path, '<<'])} merges ${kinds[map.kind]}, but only maps can be merged`,
          'write `<<: *name` with the anchor of a map',
        );
    }
    return converted.size;
  }

  #alias(name: string, place: Place, path: Path): Converted {
    const target = this.#anchors.get(name);
    if (target === undefined || target === 'unfinished') {
      // A password may well start with a star.
      const shown = mayHoldSecret(path) || secretShape(name) !== null ? '*(sensitive)' : `*${name}`;
      const why = target === undefined ? 'has no anchor before it' : 'stands inside the value that it repeats';
      const fix =
        target === undefined
          ? `put \`&${shown.slice(1)}\` in front of the value to repeat, or quotes around the text`
          : 'write the value out';
      this.#findings.at(place, 'CL2013', `${pathText(path)}: the alias ${shown} ${why}`, fix);
      return hole(place);
    }
    if (this.#isUnusable) return hole(place);
    this.#aliased += target.size;
    if (this.#aliased > aliasLimit) {
      this.#isUnusable = true;
      const message = `the aliases up to here stand for more than ${aliasLimit.toLocaleString('en')} values`;
      this.#findings.at(place, 'CL2014', message, 'write the values out where they are needed');
      return hole(place);
    }
    return { tree: { ...target.tree, place }, size: target.size };
  }

  #place(node: Node | null): Place {
    const [offset, end] = node?.range ?? [0, 0];
    return { source: this.#source, offset, end };
  }
}
