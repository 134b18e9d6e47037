import { type Parsed, type ParsedTable, TomlRefusal } from './read.ts';
import type { TomlValue } from './value.ts';

const deepest = 100;
const int64 = 2n ** 63n;

/**
 * Turns a value of an edit into the form the reader gives, so that the two compare. Whole numbers become integers.
 *
 * @throws {TomlRefusal} for what TOML, or a double, cannot say exactly: NaN, infinities, whole numbers beyond 2^53 that are no bigint,
 *   integers beyond 64 bits, half of a surrogate pair, null, undefined, class instances.
 */
export function meaningOf(value: TomlValue, depth = 0): Parsed {
  if (depth > deepest) throw new TomlRefusal('the value is nested too deeply, or contains itself');
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'boolean':
      return value;
    case 'bigint':
      if (value < -int64 || value >= int64) throw new TomlRefusal(`${value} does not fit in 64 bits`);
      return value;
    case 'number':
      if (Number.isSafeInteger(value)) return BigInt(value);
      if (!Number.isFinite(value) || Number.isInteger(value)) throw new TomlRefusal(`${value} cannot be written exactly`);
      return value;
    case 'object':
      if (Array.isArray(value)) return Array.from(value as readonly TomlValue[], (element) => meaningOf(element, depth + 1));
      return tableOf(value as { readonly [key: string]: TomlValue } | null, depth);
    default:
      throw new TomlRefusal(`${value === undefined ? 'undefined' : `a ${typeof value}`} is not a TOML value`);
  }
}

function tableOf(value: { readonly [key: string]: TomlValue } | null, depth: number): ParsedTable {
  const prototype: unknown = value === null ? undefined : Object.getPrototypeOf(value);
  if (value === null || (prototype !== null && prototype !== Object.prototype)) {
    throw new TomlRefusal(`${value === null ? 'null' : 'an instance of a class'} is not a TOML value`);
  }
  const table = newTable();
  for (const [key, member] of Object.entries(value)) table[wellFormed(key)] = meaningOf(member, depth + 1);
  return table;
}

/** A table without a prototype, so that `__proto__` and `constructor` are keys like any other. */
export function newTable(from?: ParsedTable): ParsedTable {
  return Object.assign(Object.create(null) as ParsedTable, from);
}

/** @throws {TomlRefusal} when the text holds half of a surrogate pair, which UTF-8 cannot carry. */
export function wellFormed(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new TomlRefusal('half of a surrogate pair is not a Unicode character');
  return text;
}

/** One line of TOML 1.0: basic strings, no trailing commas, no line breaks in inline tables. Dates never occur in an edit. */
export function writeValue(value: Parsed): string {
  if (typeof value === 'string') return writeString(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(writeValue).join(', ')}]`;
  if (value instanceof Date) return value.toISOString();
  const members = Object.entries(value).map(([key, member]) => `${writeKey(key)} = ${writeValue(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** One segment of a key: bare where TOML 1.0 allows it, else a basic string. */
export function writeKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : writeString(key);
}

const escapes = new Map([
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['"', '\\"'],
  ['\\', '\\\\'],
]);

/** TOML 1.1 has shorter escapes (`\e`, `\xHH`), which a 1.0 reader refuses. */
function writeString(text: string): string {
  const escaped = text.replace(
    /[\u0000-\u001f\u007f"\\]/g,
    (character) => escapes.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
