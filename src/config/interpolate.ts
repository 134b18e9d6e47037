import type { Facts } from '../machine/machine.ts';
import { type Findings, pathText, showText } from './findings.ts';
import { nearest } from './nearest.ts';
import { secretShape } from './secret-shapes.ts';
import type { Path, Tree, TreeEntry, TreeMap, TreeScalar } from './tree.ts';

/** Where the text counts: on this machine, or on another one only, whose variables nobody knows here. */
export type Where = 'here' | 'elsewhere';

/**
 * Replaces `${env:NAME}`, `${user}`, `${home}` and `${host}` in all text values below the tree. `$${` stands for a literal `${`.
 * Parts without references are shared with the old tree. What cannot be replaced becomes a hole.
 */
export function interpolate(tree: Tree, path: Path, facts: Facts, findings: Findings, where: Where): Tree {
  if (tree.kind === 'scalar') return interpolateScalar(tree, path, facts, findings, where);
  if (tree.kind === 'hole') return tree;
  if (tree.kind === 'list') {
    const items = tree.items.map((item, index) => interpolate(item, [...path, index], facts, findings, where));
    return items.some((item, index) => item !== tree.items[index]) ? { ...tree, items } : tree;
  }
  return mapValues(tree, (value, key) => interpolate(value, [...path, key], facts, findings, where));
}

/** The map with each value replaced; the same map when nothing changed. */
export function mapValues(map: TreeMap, replace: (value: Tree, key: string) => Tree): TreeMap {
  let changed = false;
  const entries = new Map<string, TreeEntry>();
  for (const [key, entry] of map.entries) {
    const value = replace(entry.value, key);
    entries.set(key, value === entry.value ? entry : { ...entry, value });
    changed ||= value !== entry.value;
  }
  return changed ? { ...map, entries } : map;
}

function interpolateScalar(scalar: TreeScalar, path: Path, facts: Facts, findings: Findings, where: Where): Tree {
  if (typeof scalar.value !== 'string' || !scalar.value.includes('${')) return scalar;
  const told = new Set<string>();
  const problem: Problem = (code, message, fix) => {
    if (code === 'CL2033' && where === 'elsewhere') return null;
    // Each of several references is worth telling, although all are in one place.
    if (told.size === 0) findings.at(scalar.place, code, `${pathText(path)}: ${message}`, fix);
    else if (!told.has(message)) findings.missing(scalar.place, code, `${pathText(path)}: ${message}`, fix);
    told.add(message);
    return null;
  };
  const { text, references } = replaceReferences(scalar.value, facts, problem);
  if (text === null || (references > 0 && where === 'elsewhere')) return { kind: 'hole', place: scalar.place };
  return references > 0 ? { ...scalar, value: text, ofThisMachine: true } : { ...scalar, value: text };
}

type Problem = (code: 'CL2033' | 'CL2034', message: string, fix: string) => null;

/** The text with its references replaced, and how many those were; null when one could not be, which `problem` has been told. */
export function replaceReferences(text: string, facts: Facts, problem: Problem): { text: string | null; references: number } {
  let result: string | null = '';
  let references = 0;
  let position = 0;
  const add = (more: string | null) => {
    result = result === null || more === null ? null : result + more;
  };
  for (;;) {
    const start = text.indexOf('${', position);
    if (start === -1) {
      add(text.slice(position));
      return { text: result, references };
    }
    if (start > position && text[start - 1] === '$') {
      add(`${text.slice(position, start - 1)}\${`);
      position = start + 2;
      continue;
    }
    const end = text.indexOf('}', start);
    if (end === -1) {
      problem('CL2034', 'a reference is not closed', 'add the closing }, or write $${ for a literal ${');
      return { text: null, references };
    }
    references += 1;
    add(text.slice(position, start));
    add(lookUp(text.slice(start + 2, end), facts, problem));
    position = end + 1;
  }
}

function lookUp(name: string, facts: Facts, problem: Problem): string | null {
  if (name === 'user') return facts.user;
  if (name === 'home') return facts.home;
  if (name === 'host') return facts.host;
  if (!name.startsWith('env:')) return unknownReference(name, problem);
  const variable = name.slice('env:'.length);
  const value = variableValue(variable, facts);
  if (value !== undefined) return value;
  if (variable === '') return problem('CL2034', '${env:} names no variable', 'write ${env:NAME}');
  const shown = showText(variable).replace(/^"(.*)"$/, '$1');
  const similar = nearest(variable, Object.keys(facts.env));
  const hint = similar === null ? '' : `; did you mean ${similar}?`;
  const fix = `set ${shown} before running codex-link, or write the value out`;
  return problem(
    'CL2033',
    `the environment variable ${shown} is not set${hint}`,
    similar === null ? fix : `write \${env:${similar}}, or ${fix}`,
  );
}

function variableValue(name: string, { env, os }: Facts): string | undefined {
  if (Object.hasOwn(env, name)) return env[name];
  if (os !== 'win32') return undefined;
  // Windows does not care about the case of a variable's name.
  const key = Object.keys(env).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : env[key];
}

function unknownReference(name: string, problem: Problem): null {
  const variable = /^(?:env[.:=-]?)?([A-Z_][A-Z0-9_]*)(?::?[-=?].*)?$/i.exec(name)?.[1];
  const known = nearest(name, ['user', 'home', 'host']);
  const isVariable =
    variable !== undefined && secretShape(variable) === null && (variable === variable.toUpperCase() || /^env./i.test(name));
  const suggestion = isVariable ? `\${env:${variable}}` : known === null ? null : `\${${known}}`;
  const hint = suggestion === null ? '' : `; did you mean ${suggestion}?`;
  const fix = suggestion === null ? 'use one of ${env:NAME}, ${user}, ${home} and ${host}' : `write ${suggestion}`;
  return problem(
    'CL2034',
    `the reference \${${showText(name).slice(1, -1)}} is unknown${hint}`,
    `${fix}, or $\${ for a literal \${`,
  );
}
