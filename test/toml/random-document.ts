import type { Edit } from '../../src/toml/edit.ts';
import type { TomlValue } from '../../src/toml/value.ts';

/** Writes TOML documents in every spelling, and edits that are likely to meet something in them. The same seed gives the same. */
export class RandomDocument {
  #state: number;
  /** Every path that the document says something about, tables included. */
  readonly paths: string[][] = [];
  #comments = 0;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** mulberry32 */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  #times(most: number): number {
    return Math.floor(this.#random() * (most + 1));
  }

  text(): string {
    const tight = this.#chance(0.2);
    const root = this.#keys([], this.#times(4), tight);
    const tables = this.#names(this.#times(4)).flatMap((name) => (root.names.has(name) ? [] : this.#tables([name], tight, 0)));
    if (this.#chance(0.4)) this.#shuffle(tables);
    const parts = [...root.lines, ...tables.flatMap((table) => [...this.#between(tight), ...table]), ...this.#trivia()];
    return this.#finish(parts);
  }

  edits(): Edit[] {
    const values: TomlValue[] = ['x', 'C:\\a "b"', '', 400000, 0, true, 1.5, ['a', 'b'], [], 'é🚀\n\u007f'];
    return Array.from({ length: 1 + this.#times(3) }, (): Edit => {
      const known = this.paths.length > 0 && this.#chance(0.75) ? [...this.#pick(this.paths)] : [this.#pick(names)];
      const path = this.#chance(0.35) ? [...known, ...this.#names(1 + this.#times(1))] : known;
      if (this.#chance(0.35)) return { op: 'delete', path };
      if (this.#chance(0.2)) {
        const members = this.#names(1 + this.#times(2)).map(
          (name) => [name, this.#chance(0.2) ? { k: 1 } : this.#pick(values)] as const,
        );
        return { op: 'set', path, value: Object.fromEntries(members) };
      }
      return { op: 'set', path, value: this.#pick(values) };
    });
  }

  #names(count: number): string[] {
    return [...new Set(Array.from({ length: count }, () => this.#pick(names)))];
  }

  /** Key lines of one table: plain, dotted and inline. */
  #keys(path: readonly string[], count: number, tight: boolean): { names: Set<string>; lines: string[] } {
    const taken = new Set(this.#names(count));
    const indent = this.#chance(0.2) ? '  ' : '';
    const lines = [...taken].flatMap((name) => {
      const own = [...path, name];
      this.paths.push(own);
      const dotted = this.#chance(0.2) ? this.#names(1 + this.#times(2)) : null;
      const keys =
        dotted === null ? [[name]] : dotted.map((inner) => (this.#chance(0.2) ? [name, inner, 'deep'] : [name, inner]));
      return keys.flatMap((key) => {
        if (dotted !== null) this.paths.push([...path, ...key]);
        const line = `${this.#dotted(key, tight)}${this.#equals(tight)}${this.#value([...path, ...key], 2, false)}`;
        const above = tight ? [] : this.#trivia();
        return [...above, `${indent}${line}${this.#tail()}`];
      });
    });
    return { names: taken, lines };
  }

  /** A header table with its children as further sections, each as lines. */
  #tables(path: readonly string[], tight: boolean, depth: number): string[][] {
    this.paths.push([...path]);
    if (this.#chance(0.15)) return this.#arrayOfTables(path, tight);
    const implied = depth < 2 && this.#chance(0.3);
    const own = implied ? { names: new Set<string>(), lines: [] } : this.#keys(path, this.#times(3), tight);
    const children =
      depth > 1 ? [] : this.#names(implied ? 1 + this.#times(2) : this.#times(2)).filter((name) => !own.names.has(name));
    const below = children.flatMap((name) => this.#tables([...path, name], tight, depth + 1));
    return implied ? below : [[this.#header(path, '[', ']'), ...own.lines], ...below];
  }

  /** One unit, because the order of elements and their sub-tables carries meaning. */
  #arrayOfTables(path: readonly string[], tight: boolean): string[][] {
    const inner = new RandomDocument(Math.floor(this.#random() * 2 ** 32));
    const elements = Array.from({ length: 1 + this.#times(1) }, () => {
      const own = inner.#keys([], this.#times(2), tight);
      const sub = this.#chance(0.3) ? [`[${this.#dotted([...path, 'sub'], false)}]`, 'y = 1'] : [];
      return [this.#header(path, '[[', ']]'), ...own.lines, ...(own.names.has('sub') ? [] : sub)];
    });
    return [elements.flat()];
  }

  #header(path: readonly string[], open: string, close: string): string {
    const space = this.#chance(0.1) ? ' ' : '';
    return `${this.#chance(0.1) ? '  ' : ''}${open}${space}${this.#dotted(path, false)}${space}${close}${this.#tail()}`;
  }

  #dotted(path: readonly string[], tight: boolean): string {
    return path.map((name) => this.#key(name)).join(!tight && this.#chance(0.1) ? ' . ' : '.');
  }

  #key(name: string): string {
    if (/^[\w-]+$/.test(name) && /^[\x21-\x7e]+$/.test(name) && this.#chance(0.8)) return name;
    if (this.#chance(0.3) && !name.includes("'")) return `'${name}'`;
    const escaped = JSON.stringify(name);
    if (name === '' || !this.#chance(0.3)) return escaped;
    const first = name.charCodeAt(0);
    return first > 0xd7ff || '"\\'.includes(name[0]!) ? escaped : `"\\u${first.toString(16).padStart(4, '0')}${escaped.slice(2)}`;
  }

  #equals(tight: boolean): string {
    return tight ? '=' : this.#pick([' = ', ' = ', ' = ', ' =', '   = ', '=\t']);
  }

  #value(path: readonly string[], depth: number, oneLine: boolean): string {
    if (depth > 0 && this.#chance(0.2)) return this.#inlineTable(path, depth, oneLine);
    if (depth > 0 && this.#chance(0.15)) {
      const elements = Array.from({ length: this.#times(3) }, () => this.#value([], depth - 1, true));
      if (this.#chance(0.5)) return `[${elements.join(', ')}]`;
      return `[\n${elements.map((element) => `  ${element}, # ${this.#pick(['a', ']', '"'])}\n`).join('')}]`;
    }
    return this.#pick(oneLine ? scalars : [...scalars, ...longStrings]);
  }

  #inlineTable(path: readonly string[], depth: number, oneLine: boolean): string {
    const members = this.#names(this.#times(3)).map((name) => {
      const key = this.#chance(0.15) ? [name, 'in'] : [name];
      if (path.length > 0) this.paths.push([...path, ...key]);
      return `${this.#dotted(key, false)}${this.#equals(false)}${this.#value(path.length > 0 ? [...path, ...key] : [], depth - 1, true)}`;
    });
    const style = this.#pick(oneLine ? ['line', 'line', 'tight'] : ['line', 'tight', 'lines', 'ragged', 'trailing']);
    if (members.length === 0) return this.#pick(['{}', '{ }']);
    if (style === 'tight') return `{${members.join(',')}}`;
    if (style === 'line') return `{ ${members.join(', ')} }`;
    if (style === 'trailing') return `{ ${members.join(' , ')}, }`;
    if (style === 'ragged') return `{ ${this.#comment()}\n ${members.join(this.#pick([', # , }\n ', '\n, ', ',\n\n ']))} }`;
    const lines = members.map((member, index) => {
      const comma = index < members.length - 1 || this.#chance(0.5) ? ',' : '';
      return `${this.#chance(0.3) ? `  ${this.#comment()}\n` : ''}  ${member}${comma}${this.#chance(0.3) ? ` ${this.#comment()}` : ''}\n`;
    });
    return `{\n${lines.join('')}}`;
  }

  #comment(): string {
    return `# note ${this.#comments++}${this.#pick(['', ' [x]', ' a = 1', ' "', ', }', ' é🚀'])}`;
  }

  #tail(): string {
    return this.#chance(0.2) ? ` ${this.#comment()}` : this.#pick(['', '', '', ' ', '\t ']);
  }

  #trivia(): string[] {
    if (this.#chance(0.7)) return [];
    return Array.from({ length: 1 + this.#times(2) }, () => (this.#chance(0.5) ? this.#comment() : this.#pick(['', '', '  '])));
  }

  #between(tight: boolean): string[] {
    const blank = tight || this.#chance(0.15) ? [] : [''];
    return [...this.#trivia(), ...blank, ...(this.#chance(0.3) ? [this.#comment()] : [])];
  }

  #shuffle<T>(items: T[]): void {
    for (let index = items.length - 1; index > 0; index--) {
      const other = Math.floor(this.#random() * (index + 1));
      [items[index], items[other]] = [items[other]!, items[index]!];
    }
  }

  #finish(parts: readonly string[]): string {
    const lines = parts.join('\n').split('\n');
    const ends = this.#pick(['\n', '\n', '\n', '\r\n', 'mixed']);
    const end = (): string => (ends === 'mixed' ? this.#pick(['\n', '\r\n']) : ends);
    const text = lines.map((line, index) => (index < lines.length - 1 ? line + end() : line)).join('');
    const mark = this.#chance(0.1) ? '\uFEFF' : '';
    return mark + text + (text === '' || this.#chance(0.2) ? '' : end());
  }
}

const names = [
  'model',
  'model_providers',
  'cliproxy',
  'auth',
  'name',
  'a.b',
  '',
  'ключ',
  '__proto__',
  'constructor',
  '3',
  'x = y',
  '#k',
  'q"t',
  ']',
];

const scalars = [
  '"x"',
  "'x'",
  '"[a] # = {"',
  '"\\u00e9 \\\\ \\""',
  '400_000',
  '0x1_0000',
  '-17',
  '9007199254740993',
  '1.5',
  '1e3',
  'nan',
  '-inf',
  'true',
  'false',
  '1979-05-27T07:32:00Z',
  '1979-05-27',
  '07:32:00',
];

const longStrings = [
  '"""\nline\n[not.a.table]\nkey = 1\n"""',
  "'''\n# no comment\n'''",
  '"""a \\\n   b"""',
  '"""two "" quotes"""',
];
