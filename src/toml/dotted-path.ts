import { isTable, type Parsed, parseToml, TomlRefusal } from './read.ts';
import { writeKey } from './write-value.ts';

/** Keys with dots between them, and nothing that would end the line, begin a comment or give a value. */
const keys = /^(?!\.)(?:(?:^|\.)[ \t]*(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*)+$/;

/** A path as TOML writes it, e.g. `model_providers."my pool".name`. */
export function dotted(path: readonly string[]): string {
  return path.map(writeKey).join('.');
}

/** The parts of such a path. Throws `TomlRefusal` for what is none. */
export function partsOf(path: string): string[] {
  if (!keys.test(path)) throw new TomlRefusal('this is no path of keys');
  const parts: string[] = [];
  for (let table: Parsed | undefined = parseToml(`${path} = 0`); isTable(table); table = table[parts.at(-1) ?? '']) {
    parts.push(Object.keys(table)[0] ?? '');
  }
  return parts;
}
