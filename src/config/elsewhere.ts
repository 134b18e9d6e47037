import type { Facts, Os } from '../machine/machine.ts';
import { withoutNulls } from './absent.ts';
import { typedPart } from './check.ts';
import type { Objection } from './findings.ts';
import type { Layers } from './layers.ts';
import { mergeMaps } from './merge.ts';
import { osNames, overridesOfOthers } from './overrides.ts';
import type { Paths } from './paths.ts';
import { resolve } from './resolve.ts';
import { objections } from './rules/ask.ts';
import { at, type Place, type Tree, type TreeEntry, type TreeMap } from './tree.ts';

/** What overrides of other machines are checked with. */
interface Elsewhere extends Layers {
  readonly facts: Facts;
  readonly paths: Paths;
  readonly file: string;
}

/**
 * What is wrong with the overrides that do not apply to this machine, as far as that can be known here. Each is asked about on a machine
 * of the system that it names. One that names none may be for any, so it is wrong only when it is wrong on all of them.
 */
export function checkElsewhere(elsewhere: Elsewhere): readonly Objection[] {
  const root = withoutThisMachine(elsewhere.tree);
  const overrides = at(root, ['overrides']);
  const items = overrides?.kind === 'list' ? overrides.items : [];
  return overridesOfOthers(elsewhere.tree, elsewhere.facts).flatMap((index) => {
    const [first, ...more] = systemsOf(items[index]!).map((os) => askedOn(os, index, { ...elsewhere, tree: root }, items));
    const isIn = (list: readonly Objection[], one: Objection) =>
      list.some(({ place, code }) => place === one.place && code === one.code);
    return (first ?? []).filter((one) => more.every((list) => isIn(list, one)));
  });
}

/** The systems that the override may be for; none when the name is wrong, which is told already. */
function systemsOf(override: Tree): readonly Os[] {
  const os = at(override, ['when', 'os']);
  const all = Object.keys(osNames) as Os[];
  if (os === null || (os.kind === 'scalar' && os.value === null)) return all;
  return os.kind === 'scalar' ? all.filter((one) => osNames[one].includes(String(os.value))) : [];
}

function askedOn(os: Os, index: number, elsewhere: Elsewhere, items: readonly Tree[]): readonly Objection[] {
  const set = at(items[index]!, ['set']);
  if (set?.kind !== 'map') return [];
  const entries = new Map(elsewhere.tree.entries);
  entries.delete('overrides');
  let merged: TreeMap = { ...elsewhere.tree, entries };
  for (const item of items) {
    const sets = at(item, ['set']);
    if (sets?.kind !== 'map' || !systemsOf(item).includes(os)) continue;
    if (item === items[index] || isImplied(item, items[index]!)) merged = mergeMaps(merged, sets, []);
    // It may hold there or not, so what it sets is not known.
    else merged = mergeMaps(merged, unknown(sets), []);
  }
  const tree = withoutNulls(merged);
  const facts = { ...elsewhere.facts, os };
  const { paths, file, sources, isPart, written } = elsewhere;
  const desired = resolve({ yaml: typedPart(tree), tree, facts, paths, file, sources });
  return objections({ desired, tree, isPart, written, facts, paths, override: placesIn(set) });
}

/** Whether an override holds wherever another one of the same system holds: it asks for nothing more. */
function isImplied(override: Tree, by: Tree): boolean {
  return ['host', 'user'].every((name) => {
    const wanted = at(override, ['when', name]);
    if (wanted === null || (wanted.kind === 'scalar' && wanted.value === null)) return true;
    const given = at(by, ['when', name]);
    return wanted.kind === 'scalar' && given?.kind === 'scalar' && wanted.value === given.value;
  });
}

/** The same keys, with a hole for every value. */
function unknown(map: TreeMap): TreeMap {
  return withValues(map, (value) => (value.kind === 'map' ? unknown(value) : { kind: 'hole', place: value.place }));
}

/** With a hole for every value that references have made: they mean something else on another machine. */
function withoutThisMachine(map: TreeMap): TreeMap {
  const known = (value: Tree): Tree => {
    if (value.kind === 'map') return withoutThisMachine(value);
    if (value.kind === 'list') return { ...value, items: value.items.map(known) };
    return value.kind === 'scalar' && value.ofThisMachine ? { kind: 'hole', place: value.place } : value;
  };
  return withValues(map, known);
}

function withValues(map: TreeMap, change: (value: Tree) => Tree): TreeMap {
  const entries = new Map<string, TreeEntry>();
  for (const [name, entry] of map.entries) entries.set(name, { ...entry, value: change(entry.value) });
  return { ...map, entries };
}

/** Places of all keys and values below the tree. */
function placesIn(tree: Tree, places = new Set<Place>()): Set<Place> {
  places.add(tree.place);
  if (tree.kind === 'list') for (const item of tree.items) placesIn(item, places);
  if (tree.kind === 'map') {
    for (const { key, value } of tree.entries.values()) {
      places.add(key);
      placesIn(value, places);
    }
  }
  return places;
}
