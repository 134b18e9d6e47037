import { parse, TomlError } from 'smol-toml';

/** What a TOML document says, without how it says it. Integers are `bigint`, so that none loses digits; tables have no prototype. */
export type Parsed = string | bigint | number | boolean | Date | Parsed[] | ParsedTable;
export interface ParsedTable {
  [key: string]: Parsed;
}

/** The text or the edit cannot be handled, and nothing was written. `line` and `column` start at 1 and are there where a place is known. */
export class TomlRefusal extends Error {
  override readonly name = 'TomlRefusal';
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(message: string, place?: { readonly line: number; readonly column: number }) {
    super(place === undefined ? message : `line ${place.line}, column ${place.column}: ${message}`);
    this.line = place?.line;
    this.column = place?.column;
  }
}

const byteOrderMark = '\uFEFF';

/** Takes one byte order mark off. A second one is not white space but an illegal character, and stays. */
export function splitByteOrderMark(text: string): { readonly mark: string; readonly body: string } {
  return text.startsWith(byteOrderMark) ? { mark: byteOrderMark, body: text.slice(1) } : { mark: '', body: text };
}

/**
 * Reads a TOML 1.1 document, with or without a byte order mark. Codex 0.169 reads 1.1 too, so 1.0 alone would refuse legal files.
 * Cheap: needs smol-toml only and is all that a caller needs to see whether anything differs.
 *
 * @throws {TomlRefusal} with line and column when the text is not TOML. The message never quotes the text, which may hold a secret.
 */
export function parseToml(text: string): ParsedTable {
  const { mark, body } = splitByteOrderMark(text);
  const lone = /\p{Surrogate}/u.exec(body);
  if (lone !== null) throw new TomlRefusal('half of a surrogate pair is not a Unicode character', placeOf(body, lone.index));
  try {
    return parse(text, { integersAsBigInt: true }) as ParsedTable;
  } catch (error) {
    if (error instanceof RangeError) throw new TomlRefusal('the document is nested too deeply');
    if (!(error instanceof TomlError)) throw error;
    const message = error.message.split('\n', 1)[0]!.replace(/^Invalid TOML document: /, '');
    const column = error.line === 1 ? Math.max(1, error.column - mark.length) : error.column;
    throw new TomlRefusal(message, { line: error.line, column });
  }
}

/** True for a table of any spelling: header, dotted keys, inline. */
export function isTable(value: Parsed | undefined): value is ParsedTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}

/** Equal in meaning: the order of keys is free, 1 and 1.0 differ (integer and float), nan equals nan. */
export function sameMeaning(a: Parsed, b: Parsed): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return typeof a === 'number' && Object.is(a, b);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((element, index) => sameMeaning(element, b[index]!));
  }
  if (a instanceof Date) return b instanceof Date && a.toISOString() === b.toISOString();
  if (!isTable(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameMeaning(a[key]!, b[key]!));
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
