import { editInlineTable, type Member } from './inline-table.ts';
import type { Entry, InlineTable, Layout, Node, Section } from './layout.ts';
import { isTable, type Parsed, type ParsedTable } from './read.ts';
import type { Block, Splices } from './splice.ts';
import { newTable, writeKey, writeValue } from './write-value.ts';

/** New keys of one table that stays, or that the text so far only implies. */
export interface Addition {
  /** From the root to the table itself. */
  readonly trail: readonly Node[];
  readonly path: readonly string[];
  /** The whole table as it will be, and the names of its new keys. */
  readonly table: ParsedTable;
  readonly keys: readonly string[];
}

/** Finds a place for everything new: what is gone already is marked in the layout. */
export class Insertion {
  readonly #layout: Layout;
  readonly #splices: Splices;
  readonly #given: ReadonlySet<ParsedTable>;
  readonly #lastSections = new Map<Node, Section | null>();
  readonly #inline = new Map<InlineTable, Member[]>();

  constructor(layout: Layout, splices: Splices, given: ReadonlySet<ParsedTable>) {
    this.#layout = layout;
    this.#splices = splices;
    this.#given = given;
  }

  add(addition: Addition): void {
    const node = addition.trail.at(-1)!;
    const { home } = node;
    if (home === null) this.#addSections(addition, addition.keys, true);
    else if (home.kind === 'inline') this.#addToInline(home, node, addition);
    else if (node.prefix !== '') this.#addDotted(home, node, addition);
    else this.#addToSection(home, addition);
  }

  /** Inline tables that gain or lose keys. Each is edited once, because its commas depend on both. */
  finish(thinned: ReadonlySet<InlineTable>): void {
    for (const table of new Set([...thinned, ...this.#inline.keys()])) {
      editInlineTable(this.#splices, table, this.#inline.get(table) ?? []);
    }
  }

  #addToInline(home: InlineTable, node: Node, { table, keys }: Addition): void {
    const members = this.#inline.get(home) ?? [];
    this.#inline.set(home, members);
    for (const key of keys) members.push({ key: node.prefix + writeKey(key), value: writeValue(table[key]!) });
  }

  /** A header may not reopen a table that dotted keys made: more dotted keys, after their siblings. */
  #addDotted(home: Section, node: Node, { table, keys }: Addition): void {
    const lines: string[] = [];
    const flatten = (prefix: string, from: ParsedTable, names: readonly string[]): void => {
      for (const key of names) {
        const value = from[key]!;
        const inner = isTable(value) && !this.#given.has(value) ? Object.keys(value) : [];
        if (inner.length > 0) flatten(`${prefix}${writeKey(key)}.`, value as ParsedTable, inner);
        else lines.push(assign(prefix, key, value));
      }
    };
    flatten(node.prefix, table, keys);
    const sibling = lastEntryBelow(node, home);
    if (sibling === null) this.#insertKeys(home, lines);
    else this.#insertAfter(sibling, lines);
  }

  #addToSection(home: Section, addition: Addition): void {
    const { table } = addition;
    const { plain, tables } = this.#sort(table, addition.keys, home.depth);
    if (plain.length > 0) {
      this.#insertKeys(
        home,
        plain.map((key) => assign('', key, table[key]!)),
      );
    }
    if (tables.length > 0) this.#addSections(addition, tables, false);
  }

  #sort(table: ParsedTable, keys: readonly string[], depth: number): { readonly plain: string[]; readonly tables: string[] } {
    const plain: string[] = [];
    const tables: string[] = [];
    const hasOwnKeys = Object.values(table).some((value) => !isTable(value));
    for (const key of keys) (this.#fitsOnALine(table[key]!, hasOwnKeys && depth > 0) ? plain : tables).push(key);
    return { plain, tables };
  }

  /**
   * A table gets a header of its own, unless it was given as one flat value to a table that has keys of its own, as `http_headers`
   * is to a provider: there one line says it.
   */
  #fitsOnALine(value: Parsed, amongKeys: boolean): boolean {
    if (!isTable(value)) return true;
    return amongKeys && this.#given.has(value) && !Object.values(value).some(isTable);
  }

  /** Right after the last key of the section; the root section may have none, and then has no place yet. */
  #insertKeys(home: Section, lines: readonly string[]): void {
    const last = home.entries.findLast((entry) => !entry.gone);
    if (last !== undefined) this.#insertAfter(last, lines);
    else if (home.depth === 0) this.#insertFirstRootKeys(lines);
    else {
      const indent = this.#splices.indentAt(home.start);
      const at = this.#splices.nextLineAt(home.headerEnd);
      this.#splices.insertBlock({ at, lines: lines.map((line) => indent + line), rank: 'key' });
    }
  }

  /** Above the first header and the comment that touches it, for below they would be keys of that table. */
  #insertFirstRootKeys(lines: readonly string[]): void {
    const first = this.#layout.sections[1];
    const at = first === undefined ? this.#splices.text.length : this.#aboveComments(first);
    this.#splices.insertBlock({ at, lines, rank: 'key', blankBefore: true, blankAfter: true });
  }

  #insertAfter(entry: Entry, lines: readonly string[]): void {
    const indent = this.#splices.indentAt(entry.start);
    this.#splices.insertBlock({
      at: this.#splices.nextLineAt(entry.end),
      lines: lines.map((line) => indent + line),
      rank: 'key',
    });
  }

  /** @param whole when the table itself has no header yet and its own new keys need one. */
  #addSections({ trail, path, table, keys }: Addition, names: readonly string[], whole: boolean): void {
    const anchor = this.#anchorOf(trail);
    const blocks: Omit<Block, 'at' | 'rank'>[] = [];
    const write = (header: readonly string[], content: ParsedTable): void => {
      const { plain, tables } = this.#sort(content, Object.keys(content), header.length);
      if (plain.length > 0 || tables.length === 0) blocks.push(this.#section(header, content, plain, anchor));
      for (const key of tables) write([...header, key], content[key] as ParsedTable);
    };
    if (whole) {
      const added = newTable();
      for (const key of keys) added[key] = table[key]!;
      write(path, added);
    } else {
      for (const key of names) write([...path, key], table[key] as ParsedTable);
    }
    const at = anchor === null ? this.#splices.text.length : this.#endOf(anchor);
    for (const block of blocks) this.#splices.insertBlock({ ...block, at, rank: 'header' });
  }

  #section(
    header: readonly string[],
    content: ParsedTable,
    keys: readonly string[],
    anchor: Section | null,
  ): Omit<Block, 'at' | 'rank'> {
    // A sibling's indentation is the file's style; a parent's is not.
    const sibling = anchor !== null && anchor.depth === header.length ? anchor : null;
    const indent = sibling === null ? '' : this.#splices.indentAt(sibling.start);
    const first = sibling?.entries[0];
    const inner = first === undefined ? indent : this.#splices.indentAt(first.start);
    return {
      lines: [`${indent}[${header.map(writeKey).join('.')}]`, ...keys.map((key) => inner + assign('', key, content[key]!))],
      blankBefore: true,
    };
  }

  /** The last section that shares the longest path with the new one, or null when none shares a key. */
  #anchorOf(trail: readonly Node[]): Section | null {
    for (let depth = trail.length - 1; depth > 0; depth--) {
      const section = this.#lastSection(trail[depth]!);
      if (section !== null) return section;
    }
    return null;
  }

  #lastSection(node: Node): Section | null {
    const known = this.#lastSections.get(node);
    if (known !== undefined) return known;
    let last = node.sections.findLast((section) => !section.gone) ?? null;
    for (const child of node.children.values()) {
      const section = this.#lastSection(child);
      if (section !== null && (last === null || section.start > last.start)) last = section;
    }
    this.#lastSections.set(node, last);
    return last;
  }

  #endOf(section: Section): number {
    return this.#afterOwnComments(this.#splices.nextLineAt(section.entries.at(-1)?.end ?? section.headerEnd));
  }

  /** Comment lines right below a section are its own when a blank line, or nothing, follows; else they belong to the next header. */
  #afterOwnComments(start: number): number {
    let at = start;
    while (this.#splices.isCommentLine(at)) at = this.#splices.nextLineAt(at);
    return at === this.#splices.text.length || this.#splices.isBlankLine(at) ? at : start;
  }

  #aboveComments(section: Section): number {
    let at = this.#splices.lineStartAt(section.start);
    while (at > 0) {
      const above = this.#splices.lineStartAt(at - 1);
      if (!this.#splices.isCommentLine(above)) break;
      at = above;
    }
    return at;
  }
}

function assign(prefix: string, key: string, value: Parsed): string {
  return `${prefix}${writeKey(key)} = ${writeValue(value)}`;
}

function lastEntryBelow(node: Node, home: Section): Entry | null {
  let last = node.entry !== null && node.entry.home === home && !node.entry.gone ? node.entry : null;
  for (const child of node.children.values()) {
    const entry = lastEntryBelow(child, home);
    if (entry !== null && (last === null || entry.start > last.start)) last = entry;
  }
  return last;
}
