import { describe, expect, it } from 'vitest';
import { type Edit, editToml, TomlRefusal } from '../../src/toml/edit.ts';
import type { TomlValue } from '../../src/toml/value.ts';
import { judge } from './judge.ts';

/** Name, input (null: no file), edits, exact output (null: must refuse; `same`: byte-identical). */
export type Row = readonly [name: string, input: string | null, edits: readonly Edit[], expected: string | null];

export const same = '(same)';

/** A path with dots between its keys, or as an array where a key has a dot. */
export function set(path: string | readonly string[], value: TomlValue): Edit {
  return { op: 'set', path: typeof path === 'string' ? path.split('.') : path, value };
}

export function del(path: string | readonly string[]): Edit {
  return { op: 'delete', path: typeof path === 'string' ? path.split('.') : path };
}

export function rows(group: string, table: readonly Row[]): void {
  describe(`editToml, ${group}`, () => {
    it.each(table)('%s', (_name, input, edits, expected) => {
      if (expected === null) {
        expect(() => editToml(input, edits)).toThrow(TomlRefusal);
        return;
      }
      const output = editToml(input, edits);
      expect(output).toBe(expected === same ? (input ?? '') : expected);
      judge(input, edits, output);
    });
  });
}
