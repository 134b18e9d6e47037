import type { Entry, InlineTable } from './layout.ts';
import type { Splices } from './splice.ts';

/** A key, written with its dotted prefix, and its value, ready to be joined. */
export interface Member {
  readonly key: string;
  readonly value: string;
}

/**
 * Takes the entries marked as gone out of an inline table and puts new ones in, with the commas that both need. An
 * inline table over several lines is TOML 1.1 and keeps its lines and comments; on one line nothing is written that 1.0 refuses.
 */
export function editInlineTable(splices: Splices, table: InlineTable, added: readonly Member[]): void {
  new InlineEdit(splices, table).run(added);
}

class InlineEdit {
  readonly #splices: Splices;
  readonly #table: InlineTable;

  constructor(splices: Splices, table: InlineTable) {
    this.#splices = splices;
    this.#table = table;
  }

  run(added: readonly Member[]): void {
    const { entries, open, close } = this.#table;
    const last = entries.findLastIndex((entry) => !entry.gone);
    if (entries.length > 0 && last < 0 && this.#allPlain(0, entries.length)) {
      this.#splices.replace(open, close, added.length === 0 ? '' : ` ${join(added, ', ', ' = ')} `);
      return;
    }
    const ownLines = last >= 0 && added.length > 0 && this.#hasOwnLines(last);
    this.#takeOut(last, ownLines);
    if (added.length === 0) return;
    if (last < 0) this.#splices.insert(open, ` ${join(added, ', ', ' = ')}${open === close ? ' ' : ''}`);
    else if (ownLines) this.#addLines(last, added);
    else this.#addOnLine(entries[last]!, added);
  }

  /** @param keepComma when new entries on lines of their own follow the last one that stays. */
  #takeOut(last: number, keepComma: boolean): void {
    const { entries } = this.#table;
    const tail = entries.length - 1;
    entries.forEach((entry, index) => {
      if (!entry.gone) return;
      if (this.#hasOwnLines(index))
        this.#splices.cut(this.#splices.lineStartAt(entry.start), this.#splices.nextLineAt(entry.end));
      else if (index < tail && this.#allPlain(index + 1, index + 1)) this.#splices.cut(entry.start, entries[index + 1]!.start);
      else if (index === tail && last >= 0 && this.#allPlain(last + 1, tail)) this.#splices.cut(entries[last]!.end, entry.end);
      else {
        this.#splices.cut(entry.start, entry.end);
        const comma = this.#commaAfter(index);
        if (comma !== null) this.#splices.cut(comma, comma + 1);
        else if (last >= 0 && !keepComma) this.#splices.cut(this.#commaAfter(last)!, this.#commaAfter(last)! + 1);
      }
    });
  }

  #addLines(last: number, added: readonly Member[]): void {
    const { entries } = this.#table;
    const entry = entries[last]!;
    const comma = this.#commaAfter(last);
    if (comma === null) this.#splices.insert(entry.end, ',');
    const indent = this.#splices.indentAt(entry.start);
    const final = this.#commaAfter(entries.length - 1) === null ? '' : ',';
    const lines = added.map(
      (member, index) => `${indent}${join([member], '', ' = ')}${index < added.length - 1 ? ',' : final}${this.#splices.lineEnd}`,
    );
    this.#splices.insert(this.#splices.nextLineAt(entry.end), lines.join(''));
  }

  #addOnLine(entry: Entry, added: readonly Member[]): void {
    const { text } = this.#splices;
    const tight = text.slice(entry.keyEnd, entry.valueStart) === '=' && text[this.#table.open] !== ' ';
    const comma = tight ? ',' : ', ';
    this.#splices.insert(entry.end, comma + join(added, comma, tight ? '=' : ' = '));
  }

  /** The text before the entry of that index; before the `}` for the number of entries. */
  #gap(index: number): { readonly start: number; readonly text: string } {
    const { entries, open, close } = this.#table;
    const start = index === 0 ? open : entries[index - 1]!.end;
    return { start, text: this.#splices.text.slice(start, entries[index]?.start ?? close) };
  }

  /** True when nothing but commas and blanks stands in these gaps, so that they may go with an entry. */
  #allPlain(first: number, last: number): boolean {
    for (let index = first; index <= last; index++) {
      if (/[#\n]/.test(this.#gap(index).text)) return false;
    }
    return true;
  }

  #commaAfter(index: number): number | null {
    const { start, text } = this.#gap(index + 1);
    const match = /^(?:[^#,]|#[^\n]*\n)*,/.exec(text);
    return match === null ? null : start + match[0].length - 1;
  }

  /** True when the entry, with its comma and a comment, has its lines for itself, as TOML 1.1 allows. */
  #hasOwnLines(index: number): boolean {
    if (!/\n[ \t]*$/.test(this.#gap(index).text)) return false;
    const after = /^[ \t]*(,?)[ \t]*(?:#[^\n]*)?\n/.exec(this.#gap(index + 1).text.replaceAll('\r\n', '\n'));
    return after !== null && (after[1] === ',' || index === this.#table.entries.length - 1);
  }
}

function join(members: readonly Member[], comma: string, equals: string): string {
  return members.map(({ key, value }) => key + equals + value).join(comma);
}
