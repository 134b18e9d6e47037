import { type AST, parseTOML } from 'toml-eslint-parser';
import { expect } from 'vitest';
import { type Edit, editToml } from '../../src/toml/edit.ts';
import { isTable, type Parsed, type ParsedTable, parseToml } from '../../src/toml/read.ts';

/**
 * Everything that has to hold for every edit, whatever the spelling chosen. Written apart from the editor: the meaning is applied
 * the slow and plain way, and the lines that may change are found from the paths alone.
 */
export function judge(input: string | null, edits: readonly Edit[], output: string): void {
  const before = input ?? '';
  expect(prune(parseToml(output)), 'meaning').toEqual(prune(wanted(parseToml(before), edits)));
  if (output === before) return;
  expect(output.startsWith('\uFEFF'), 'byte order mark').toBe(before.startsWith('\uFEFF'));
  judgeLineEnds(before, output);
  judgeLines(before, edits, output);
  expect(acceptedBy10(output) || !acceptedBy10(before), 'a TOML 1.0 reader still reads it').toBe(true);
  if (!contradictory(output, edits)) expect(editToml(output, edits), 'a second run changes nothing').toBe(output);
}

/** Edits that undo each other: the first one of a second run meets what the last one of the first run left, and is refused. */
function contradictory(output: string, edits: readonly Edit[]): boolean {
  try {
    wanted(parseToml(output), edits);
    return false;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}

/** What the edits mean, or null when they have to be refused. */
export function wanted(document: ParsedTable, edits: readonly Edit[]): ParsedTable {
  const root = copy(document);
  for (const edit of edits) {
    let table: Parsed | undefined = root;
    for (const key of edit.path.slice(0, -1)) {
      if (!isTable(table)) break;
      if (edit.op === 'set' && !Object.hasOwn(table, key)) define(table, key, {});
      table = Object.hasOwn(table, key) ? table[key] : undefined;
    }
    const last = edit.path.at(-1)!;
    if (edit.op === 'delete') {
      if (isTable(table) && Object.hasOwn(table, last)) delete table[last];
      continue;
    }
    const value = integers(edit.value) as Parsed;
    if (!isTable(table)) throw new RangeError('a parent is no table');
    if (isTable(table[last]) && Object.hasOwn(table, last) && !isTable(value)) throw new RangeError('a table would be lost');
    define(table, last, value);
  }
  return root;
}

/** Dates are shared: structuredClone would make plain ones of them. */
function copy(table: ParsedTable): ParsedTable {
  const result: ParsedTable = {};
  for (const [key, value] of Object.entries(table)) define(result, key, isTable(value) ? copy(value) : value);
  return result;
}

function define(table: ParsedTable, key: string, value: Parsed): void {
  Object.defineProperty(table, key, { value, enumerable: true, configurable: true, writable: true });
}

function integers(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(integers);
  if (typeof value !== 'object' || value === null) return value;
  const table: ParsedTable = {};
  for (const [key, member] of Object.entries(value)) define(table, key, integers(member) as Parsed);
  return table;
}

/** Without empty tables, and as entries, so that no key is special. */
function prune(value: Parsed): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(prune);
  if (!isTable(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [key, prune(member)] as const);
  return new Map(
    members.filter(([, member]) => !(member instanceof Map && member.size === 0)).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function judgeLineEnds(before: string, output: string): void {
  const crlf = (text: string): number => text.split('\r\n').length - 1;
  const all = (text: string): number => text.split('\n').length - 1;
  if (crlf(before) === 0) expect(crlf(output), 'no CRLF where there was none').toBe(0);
  if (all(before) > 0 && crlf(before) === all(before))
    expect(crlf(output), 'only CRLF where there was only CRLF').toBe(all(output));
  const bare = (text: string): string => text.replace('\uFEFF', '');
  if (bare(before) !== '' && bare(output) !== '') expect(output.endsWith('\n'), 'final line end').toBe(before.endsWith('\n'));
}

/** Lines with their line end, which the last one may lack and get. */
function linesOf(text: string): string[] {
  return text.replace('\uFEFF', '').match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function judgeLines(before: string, edits: readonly Edit[], output: string): void {
  const input = linesOf(before);
  const free = linesThatMayChange(before.replace('\uFEFF', ''), edits);
  const result = linesOf(output);
  const final = input.at(-1);
  const same = (a: string, b: string): boolean =>
    a === b || ((a === final || b === result.at(-1)) && a.trimEnd() === b.trimEnd());
  const takesLines = edits.some((edit) => edit.op === 'delete' || (typeof edit.value === 'object' && !Array.isArray(edit.value)));
  let at = 0;
  input.forEach((line, index) => {
    // Blank lines may go together with lines that go.
    if (free.has(index) || (takesLines && line.trim() === '')) return;
    const found = result.findIndex((candidate, position) => position >= at && same(line, candidate));
    expect(found, `line ${index + 1} survives: ${JSON.stringify(line)} in ${JSON.stringify(output)}`).toBeGreaterThanOrEqual(0);
    at = found + 1;
    const next = input[index + 1];
    if (!/^\s*#/.test(line) || next === undefined || free.has(index + 1) || next.trim() === '') return;
    // The same comment may stand in several places: one of them has to be above the line.
    const above = result.some((candidate, position) => same(line, candidate) && same(next, result[position + 1] ?? ''));
    expect(above, `comment ${JSON.stringify(line)} stays above ${JSON.stringify(next)} in ${JSON.stringify(output)}`).toBe(true);
  });
  for (const [start, value, end] of plainReplacements(before.replace('\uFEFF', ''), edits)) {
    if (output.includes(start + value + end)) continue;
    const kept = result.some((line) => line.startsWith(start) && line.replace(/\r?\n$/, '').endsWith(end.replace(/\r$/, '')));
    expect(kept, `${JSON.stringify(start)} ... ${JSON.stringify(end)} keep their place`).toBe(true);
  }
}

interface Place {
  readonly path: readonly string[];
  readonly first: number;
  readonly last: number;
  readonly item: AST.TOMLKeyValue | null;
}

function namesOf(key: AST.TOMLKey): string[] {
  return key.keys.map((part) => (part.type === 'TOMLBare' ? part.name : part.value));
}

/** Keys and tables with their lines, counted from 0. A table spans its header to its last key. */
function placesOf(text: string): Place[] {
  const places: Place[] = [];
  for (const item of parseTOML(text).body[0].body) {
    const path = namesOf(item.key);
    const entries = item.type === 'TOMLTable' ? item.body : [item];
    const last = (entries.at(-1) ?? item).loc.end.line - 1;
    if (item.type === 'TOMLTable') places.push({ path, first: item.loc.start.line - 1, last, item: null });
    for (const entry of entries) {
      const own = item.type === 'TOMLTable' ? [...path, ...namesOf(entry.key)] : namesOf(entry.key);
      places.push({ path: own, first: entry.loc.start.line - 1, last: entry.loc.end.line - 1, item: entry });
    }
  }
  return places;
}

const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((key, index) => path[index] === key);

function linesThatMayChange(text: string, edits: readonly Edit[]): Set<number> {
  const free = new Set<number>();
  const lines = text.split('\n');
  for (const { path, first, last, item } of placesOf(text)) {
    const whole = edits.some(
      (edit) => startsWith(path, edit.path) && (item !== null || edit.op === 'delete' || typeof edit.value === 'object'),
    );
    const inside = item?.value.type === 'TOMLInlineTable' && edits.some((edit) => startsWith(edit.path, path));
    if (!whole && !inside) continue;
    for (let line = first; line <= last; line++) if (whole || !/^\s*#/.test(lines[line]!)) free.add(line);
  }
  return free;
}

/** What stands before and after each one-line value that a plain value replaces. */
function plainReplacements(text: string, edits: readonly Edit[]): [string, string, string][] {
  const found: [string, string, string][] = [];
  for (const { path, item } of placesOf(text)) {
    const touching = edits.filter((edit) => startsWith(path, edit.path));
    const [only] = touching;
    if (item === null || touching.length !== 1 || only?.op !== 'set' || only.path.length !== path.length) continue;
    if (typeof only.value === 'object' && !Array.isArray(only.value)) continue;
    const lineStart = text.lastIndexOf('\n', item.range[0]) + 1;
    const lineEnd = text.indexOf('\n', item.range[1]);
    found.push([
      text.slice(lineStart, item.value.range[0]),
      text.slice(...item.value.range),
      text.slice(item.value.range[1], lineEnd < 0 ? undefined : lineEnd),
    ]);
  }
  return found;
}

function acceptedBy10(text: string): boolean {
  try {
    parseTOML(text.replace('\uFEFF', ''), { tomlVersion: '1.0' });
    return true;
  } catch {
    return false;
  }
}
