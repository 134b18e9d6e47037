import { describe, expect, it } from 'vitest';
import { type Edit, editToml, TomlRefusal } from '../../src/toml/edit.ts';
import document from './cases.json' with { type: 'json' };
import { judge } from './judge.ts';

interface Case {
  readonly name: string;
  readonly input: string | null;
  readonly edits: readonly Edit[];
  /** Exact bytes; null: must refuse; absent: several spellings are right. */
  readonly expected?: string | null;
}

describe('editToml, the documented cases', () => {
  it.each(document.cases as unknown as readonly Case[])('$name', ({ input, edits, expected }) => {
    if (expected === null) {
      expect(() => editToml(input, edits)).toThrow(TomlRefusal);
      return;
    }
    const output = editToml(input, edits);
    if (expected !== undefined) expect(output).toBe(expected);
    judge(input, edits, output);
  });
});
