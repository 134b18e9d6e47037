import { type Code, CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { isSecretName, secretShape } from './secret-shapes.ts';
import { type Path, type Place, position, type Tree, type TreeScalar } from './tree.ts';

/** What is wrong with a value that has the right shape. */
export interface Objection {
  readonly place: Place;
  readonly code: Code;
  readonly message: string;
  readonly fix: string;
}

const keyOf = (place: Place) => `${place.offset} ${place.source.file}`;

/** Collects everything that is wrong, so that it can be told at once. */
export class Findings {
  readonly #list: Finding[] = [];
  readonly #places = new Set<string>();
  readonly #files: string[] = [];

  get any(): boolean {
    return this.#list.length > 0;
  }

  /** Adds what is wrong at a place. A second finding about the very same place is a consequence of the first and is dropped. */
  at(place: Place, code: Code, message: string, fix: string): void {
    const key = keyOf(place);
    if (this.#places.has(key)) return;
    this.#places.add(key);
    this.missing(place, code, message, fix);
  }

  /** Adds that something is missing around a place, whatever else is wrong there. */
  missing(place: Place, code: Code, message: string, fix: string): void {
    this.#list.push(finding(code, message, { fix, file: place.source.file, ...position(place) }));
    if (!this.#files.includes(place.source.file)) this.#files.push(place.source.file);
  }

  /** Adds what is wrong with a file as a whole, or with the search for one. */
  ofFile(
    file: string | null,
    code: Code,
    message: string,
    fix: string,
    where: { line: number; column: number } | null = null,
  ): void {
    this.#list.push(finding(code, message, { fix, file, ...where }));
    if (file !== null && !this.#files.includes(file)) this.#files.push(file);
  }

  /** Adds what the rules object to. About one value they may say several things; what was told about it before is the cause of them all. */
  object(objections: readonly Objection[]): void {
    const causes = new Set(this.#places);
    const told = new Set<string>();
    for (const { place, code, message, fix } of objections) {
      const key = keyOf(place);
      if (causes.has(key) || told.has(`${code} ${key}`)) continue;
      told.add(`${code} ${key}`);
      this.#places.add(key);
      this.missing(place, code, message, fix);
    }
  }

  /** Whether something is told about the very same place. */
  has(place: Place): boolean {
    return this.#places.has(keyOf(place));
  }

  /**
   * Throws what was found, file by file and from top to bottom; does nothing when all is well. A version that is not understood comes first
   * in its file: it may be the reason for all the rest.
   * @param sources the files in the order in which they are told
   */
  throwIfAny(sources: readonly string[]): void {
    if (!this.any) return;
    const files = [...sources, ...this.#files];
    const order = (one: Finding) => files.indexOf(one.file ?? '');
    const line = (one: Finding) => (one.code === 'CL2020' ? 0 : (one.line ?? 0));
    const sorted = [...this.#list].sort((a, b) => order(a) - order(b) || line(a) - line(b) || (a.column ?? 0) - (b.column ?? 0));
    throw new CodexLinkError(sorted);
  }
}

/** `accounts[0].email`; a key that looks like a secret is not shown. */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(part) && secretShape(part) === null) text += text === '' ? part : `.${part}`;
    else text += `[${showText(part)}]`;
  }
  return text;
}

/** A value for a message: quoted, short, on one line, and never a secret. */
export function show(tree: Tree, path: Path): string {
  if (tree.kind === 'hole') return '…';
  if (tree.kind === 'map') return 'a map';
  if (tree.kind === 'list') return 'a list';
  if (mayHoldSecret(path) && !isCount(tree.value, path)) return '(sensitive)';
  if (typeof tree.value === 'number') return numberText(tree);
  return typeof tree.value === 'string' ? showText(tree.value) : String(tree.value);
}

/** A number as it stands in the file: 007 and 1e400 mean something to whoever wrote them. */
export function numberText({ value, place }: TreeScalar): string {
  const written = place.source.text.slice(place.offset, place.end);
  return /^[-+.0-9][-+.0-9A-Za-z]{0,60}$/.test(written) ? written : String(value);
}

/** How many bytes to generate; a longer number may be a password that was put there. */
const isCount = (value: unknown, path: Path) =>
  path.at(-1) === 'generate' && typeof value === 'number' && Math.abs(value) < 10_000;

/** Whether somebody may have put a literal secret at the path, whatever it looks like. */
export function mayHoldSecret(path: Path): boolean {
  const own = path[0] === 'overrides' ? path.slice(3) : path;
  if (own[0] === 'secret') return own.length === 1 || own[1] === 'source' || isSecretName(String(own.at(-1)));
  return own.includes('webhook') || isSecretName(String(own.at(-1)));
}

/** A text for a message: quoted, short, without control characters, and never a secret. */
export function showText(text: string): string {
  if (secretShape(text) !== null) return '(sensitive)';
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return JSON.stringify(short).replace(
    // What cannot be seen is shown: a key with a blank of no width in it looks right.
    /[\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `a, b or c` */
export function anyOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
