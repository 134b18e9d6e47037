import { expect, it, vi } from 'vitest';
import { editToml, TomlRefusal } from '../../src/toml/edit.ts';
import { set } from './exact.ts';

// The parser of places sees another document than the parser of meanings, as if one of them had a bug.
vi.mock('toml-eslint-parser', async (original) => {
  const real = await original<typeof import('toml-eslint-parser')>();
  return { ...real, parseTOML: () => real.parseTOML('b = 1\n[t]\n["t v"]\n') };
});

it.each([
  ['a = 1\n', set('a', 2), 'a'],
  ['[t]\n"a b" = 1\n', set('t.a b', 2), 't."a b"'],
])('a value of %j that has no place is not guessed at', (text, edit, path) => {
  expect(() => editToml(text, [edit])).toThrow(new TomlRefusal(`cannot find where ${path} is written`));
});
