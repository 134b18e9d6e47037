import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';
import { TomlRefusal } from './read.ts';

/** `key = value`, as offsets into the text. The key may be dotted. */
export interface Entry {
  readonly home: Section | InlineTable;
  readonly start: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly end: number;
  gone: boolean;
}

/** The lines from a `[header]` to its last key; the first section of a document has no header and holds the root keys. */
export interface Section {
  readonly kind: 'section';
  /** Number of keys in the header, 0 for the root section. */
  readonly depth: number;
  /** Offset of the `[`, or 0. */
  readonly start: number;
  /** Somewhere on the header's last line; the parser has no range for the header alone. */
  readonly headerEnd: number;
  readonly entries: Entry[];
  gone: boolean;
}

/** The inside of `{ ... }`. */
export interface InlineTable {
  readonly kind: 'inline';
  /** Just after the `{`. */
  readonly open: number;
  /** At the `}`. */
  readonly close: number;
  readonly entries: Entry[];
}

/** Everything the text says about one path. */
export interface Node {
  readonly children: Map<string, Node>;
  /** The `key = value` that ends exactly here. */
  entry: Entry | null;
  /** Where a new key of this table can be written; null when only the headers of its children imply the table. */
  home: Section | InlineTable | null;
  /** What such a key needs in front, in the file's own spelling and with the dot, when dotted keys make this table; else empty. */
  prefix: string;
  /** The header of this table, or all headers at and below it when it is an array of tables. */
  readonly sections: Section[];
  arrayOfTables: boolean;
}

/** Where everything stands in a document. */
export interface Layout {
  readonly text: string;
  readonly root: Node;
  /** In the order of the text; the root section is the first. */
  readonly sections: readonly Section[];
}

/**
 * Finds the place of every key of a document, in one pass.
 *
 * @param text without a byte order mark, which toml-eslint-parser does not know.
 * @throws {TomlRefusal} with line and column when this parser refuses the text.
 */
export function readLayout(text: string): Layout {
  const topLevel = parseStrictly(text).body[0];
  const rootSection = newSection(0, 0, 0);
  const root = newNode();
  root.home = rootSection;
  root.sections.push(rootSection);
  const sections = [rootSection];
  for (const item of topLevel.body) {
    if (item.type === 'TOMLKeyValue') placeEntry(text, item, root, rootSection);
    else sections.push(placeTable(text, item, root));
  }
  return { text, root, sections };
}

function parseStrictly(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new TomlRefusal(error.message, { line: error.lineNumber, column: error.column + 1 });
  }
}

function placeTable(text: string, table: AST.TOMLTable, root: Node): Section {
  const section = newSection(table.key.keys.length, table.range[0], table.key.range[1]);
  let node = root;
  for (const key of table.key.keys) {
    node = childOf(node, nameOf(key));
    // What stands below an element of an array of tables belongs to that element: no path of an edit can mean it.
    if (node.arrayOfTables) break;
  }
  if (table.kind === 'array') node.arrayOfTables = true;
  node.sections.push(section);
  if (!node.arrayOfTables) node.home = section;
  const inside = node.arrayOfTables ? newNode() : node;
  for (const item of table.body) placeEntry(text, item, inside, section);
  return section;
}

function placeEntry(text: string, item: AST.TOMLKeyValue, base: Node, home: Section | InlineTable): void {
  const { keys } = item.key;
  const entry: Entry = {
    home,
    start: item.key.range[0],
    keyEnd: item.key.range[1],
    valueStart: item.value.range[0],
    end: item.value.range[1],
    gone: false,
  };
  home.entries.push(entry);
  let node = base;
  keys.forEach((key, index) => {
    node = childOf(node, nameOf(key));
    if (index === keys.length - 1 || node.home !== null) return;
    node.home = home;
    node.prefix = `${text.slice(entry.start, key.range[1])}.`;
  });
  node.entry = entry;
  if (item.value.type !== 'TOMLInlineTable') return;
  const inline: InlineTable = { kind: 'inline', open: item.value.range[0] + 1, close: item.value.range[1] - 1, entries: [] };
  node.home = inline;
  for (const member of item.value.body) placeEntry(text, member, node, inline);
}

function nameOf(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === 'TOMLBare' ? key.name : key.value;
}

function childOf(node: Node, name: string): Node {
  let child = node.children.get(name);
  if (child === undefined) {
    child = newNode();
    node.children.set(name, child);
  }
  return child;
}

function newNode(): Node {
  return { children: new Map(), entry: null, home: null, prefix: '', sections: [], arrayOfTables: false };
}

function newSection(depth: number, start: number, headerEnd: number): Section {
  return { kind: 'section', depth, start, headerEnd, entries: [], gone: false };
}
