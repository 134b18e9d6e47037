import type { Facts, Os } from '../machine/machine.ts';
import type { Findings } from './findings.ts';
import { interpolate, mapValues } from './interpolate.ts';
import { mergeMaps } from './merge.ts';
import type { Tree, TreeMap } from './tree.ts';

/**
 * Replaces references in a whole file. What an override sets where it does not apply is left alone: a variable that only the build
 * machines have need not be set elsewhere.
 */
export function interpolateFile(root: TreeMap, facts: Facts, findings: Findings): TreeMap {
  return mapValues(root, (value, key) => {
    if (key !== 'overrides' || value.kind !== 'list') return interpolate(value, [key], facts, findings, 'here');
    const items = value.items.map((item, index) => {
      if (item.kind !== 'map') return item;
      const path = ['overrides', index];
      const conditions = mapValues(item, (one, name) =>
        name === 'when' ? interpolate(one, [...path, name], facts, findings, 'here') : one,
      );
      const where = applies(conditions, facts) ? 'here' : 'elsewhere';
      return mapValues(conditions, (one, name) =>
        name === 'set' ? interpolate(one, [...path, name], facts, findings, where) : one,
      );
    });
    return items.some((item, index) => item !== value.items[index]) ? { ...value, items } : value;
  });
}

/** The tree with the overrides that apply to this machine merged over it, in order, and without the list of them. */
export function applyOverrides(root: TreeMap, facts: Facts): TreeMap {
  const overrides = root.entries.get('overrides')?.value;
  if (overrides?.kind !== 'list') return root;
  const entries = new Map(root.entries);
  entries.delete('overrides');
  let merged: TreeMap = { ...root, entries };
  for (const item of overrides.items) {
    const set = item.kind === 'map' ? item.entries.get('set')?.value : undefined;
    if (set?.kind === 'map' && applies(item, facts)) merged = mergeMaps(merged, set, []);
  }
  return merged;
}

/** Indexes of the overrides that this machine does not apply: they are for others. */
export function overridesOfOthers(root: TreeMap, facts: Facts): readonly number[] {
  const overrides = root.entries.get('overrides')?.value;
  if (overrides?.kind !== 'list') return [];
  return [...overrides.items.keys()].filter((index) => !applies(overrides.items[index]!, facts));
}

/** Whether all conditions of an override match this machine. One that is no text matches nothing; the check reports it. */
function applies(override: Tree, facts: Facts): boolean {
  const when = override.kind === 'map' ? override.entries.get('when')?.value : undefined;
  if (when?.kind !== 'map') return false;
  let given = 0;
  for (const [name, { value }] of when.entries) {
    if (value.kind === 'scalar' && value.value === null) continue;
    if (value.kind !== 'scalar' || typeof value.value !== 'string') return false;
    if (!conditionHolds(name, value.value, facts)) return false;
    given += 1;
  }
  return given > 0;
}

function conditionHolds(name: string, wanted: string, facts: Facts): boolean {
  if (name === 'os') return osNames[facts.os].includes(wanted);
  if (name === 'user') return matchesGlob(wanted, facts.user);
  if (name !== 'host') return false;
  const host = facts.host.toLowerCase();
  return [host, host.split('.')[0]!].some((one) => matchesGlob(wanted.toLowerCase(), one));
}

/** Names of each system in `when`. */
export const osNames: Record<Os, readonly string[]> = {
  darwin: ['macos', 'darwin'],
  linux: ['linux'],
  win32: ['windows', 'win32'],
};

/** `*` is any text, `?` one character, everything else itself. Goes back to the last star only, so it is never slow. */
export function matchesGlob(glob: string, text: string): boolean {
  let inGlob = 0;
  let inText = 0;
  let star = -1;
  let starText = 0;
  while (inText < text.length) {
    if (glob[inGlob] === '*') {
      star = inGlob++;
      starText = inText;
    } else if (inGlob < glob.length && (glob[inGlob] === '?' || glob[inGlob] === text[inText])) {
      inGlob++;
      inText++;
    } else if (star !== -1) {
      inGlob = star + 1;
      inText = ++starText;
    } else return false;
  }
  while (glob[inGlob] === '*') inGlob++;
  return inGlob === glob.length;
}
