import { isTable, type Parsed, type ParsedTable, sameMeaning, TomlRefusal } from './read.ts';
import type { TomlValue } from './value.ts';
import { meaningOf, newTable, wellFormed, writeKey } from './write-value.ts';

/**
 * One wish about a document. `set` makes the value at the path equal in meaning to `value`, creating the tables on the way; an object
 * stands for the whole table. `delete` takes the path away, whatever it is; deleting what is absent is no change.
 */
export type Edit =
  | { readonly op: 'set'; readonly path: readonly string[]; readonly value: TomlValue }
  | { readonly op: 'delete'; readonly path: readonly string[] };

/** What a document is to mean once the edits are done. */
export interface Intent {
  readonly after: ParsedTable;
  /** False when the document means this already: then no byte needs to change and no layout needs to be read. */
  readonly changed: boolean;
  /** Tables that a `set` gave as a value. They read best on one line; tables on the way to a path get a header. */
  readonly given: ReadonlySet<ParsedTable>;
  /** Tables that lost a key, or their parents did, deepest first. Empty ones may stay or go: that depends on how they were spelled. */
  readonly thinned: readonly (readonly string[])[];
}

/**
 * Applies the edits, in order, to what the document means. `before` stays as it is; untouched tables are shared with it.
 *
 * @throws {TomlRefusal} when an edit would go through, or over, something a human put there: a parent that is no table, a table that
 *   a plain value would replace; or when a value cannot be written.
 */
export function intend(before: ParsedTable, edits: readonly Edit[]): Intent {
  const own = new Set<ParsedTable>();
  const given = new Set<ParsedTable>();
  const deleted: (readonly string[])[] = [];
  const after = newTable(before);
  for (const edit of edits) {
    if (edit.path.length === 0) throw new TomlRefusal('an edit needs a path of at least one key');
    edit.path.forEach(wellFormed);
    if (edit.op === 'set') set(after, edit, own, given);
    else if (remove(after, edit.path, own)) deleted.push(edit.path);
  }
  const thinned = parentsOf(deleted);
  // A parent that only came into being on the way to something deleted again leaves no trace.
  dropEmpty(
    after,
    thinned.filter((path) => valueAt(before, path) === undefined),
  );
  return { after, changed: !sameMeaning(before, after), given, thinned };
}

/** True when `result` is what was intended, apart from tables that a delete emptied. May drop such tables from both. */
export function fulfils(result: ParsedTable, intent: Intent): boolean {
  dropEmpty(result, intent.thinned);
  dropEmpty(intent.after, intent.thinned);
  return sameMeaning(result, intent.after);
}

function set(root: ParsedTable, edit: Edit & { op: 'set' }, own: Set<ParsedTable>, given: Set<ParsedTable>): void {
  const value = meaningOf(edit.value);
  let table = root;
  edit.path.slice(0, -1).forEach((key, index) => {
    const next = member(table, key);
    if (next !== undefined && !isTable(next)) {
      throw new TomlRefusal(
        `cannot set ${show(edit.path)}: ${show(edit.path.slice(0, index + 1))} is ${kind(next)}, not a table`,
      );
    }
    table = ownTable(table, key, next, own);
  });
  const key = edit.path.at(-1)!;
  const old = member(table, key);
  if (isTable(old) && !isTable(value)) {
    throw new TomlRefusal(
      `cannot set ${show(edit.path)}: it is a table, which ${kind(value)} would replace; delete the table first`,
    );
  }
  if (old !== undefined && sameMeaning(old, value)) return;
  table[key] = value;
  if (isTable(value)) given.add(value);
}

function remove(root: ParsedTable, path: readonly string[], own: Set<ParsedTable>): boolean {
  if (valueAt(root, path) === undefined) return false;
  let table = root;
  for (const key of path.slice(0, -1)) table = ownTable(table, key, member(table, key) as ParsedTable, own);
  delete table[path.at(-1)!];
  return true;
}

/** The table at the key, as a copy that may be changed; made when absent. */
function ownTable(parent: ParsedTable, key: string, table: ParsedTable | undefined, own: Set<ParsedTable>): ParsedTable {
  if (table !== undefined && own.has(table)) return table;
  const copy = newTable(table);
  own.add(copy);
  parent[key] = copy;
  return copy;
}

/** Every path above the given ones, once each and deepest first. */
function parentsOf(paths: readonly (readonly string[])[]): (readonly string[])[] {
  const parents = new Map<string, readonly string[]>();
  for (const path of paths) {
    for (let depth = path.length - 1; depth > 0; depth--) {
      const parent = path.slice(0, depth);
      const name = JSON.stringify(parent);
      if (parents.has(name)) break;
      parents.set(name, parent);
    }
  }
  return [...parents.values()].sort((a, b) => b.length - a.length);
}

/** @param paths deepest first, so that a table which only holds empty ones goes too. */
function dropEmpty(root: ParsedTable, paths: readonly (readonly string[])[]): void {
  for (const path of paths) {
    const table = valueAt(root, path);
    if (isTable(table) && Object.keys(table).length === 0) delete (valueAt(root, path.slice(0, -1)) as ParsedTable)[path.at(-1)!];
  }
}

function valueAt(root: ParsedTable, path: readonly string[]): Parsed | undefined {
  let value: Parsed | undefined = root;
  for (const key of path) {
    if (!isTable(value)) return undefined;
    value = member(value, key);
  }
  return value;
}

function member(table: ParsedTable, key: string): Parsed | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function show(path: readonly string[]): string {
  return path.map(writeKey).join('.');
}

function kind(value: Parsed): string {
  if (Array.isArray(value)) return value.length > 0 && value.every(isTable) ? 'an array of tables' : 'an array';
  if (value instanceof Date) return 'a date';
  switch (typeof value) {
    case 'string':
      return 'a string';
    case 'boolean':
      return 'a boolean';
    case 'object':
      return 'a table';
    default:
      return 'a number';
  }
}
