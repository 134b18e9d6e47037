import { ParseError } from 'toml-eslint-parser';
import { expect, it, vi } from 'vitest';
import { editToml, TomlRefusal } from '../../src/toml/edit.ts';

const layout = vi.hoisted(() => ({ error: new Error('the layout was read') }));
vi.mock('toml-eslint-parser', () => ({
  ParseError: class extends Error {},
  parseTOML: () => {
    throw layout.error;
  },
}));

it('the layout is read only when something differs', () => {
  const text = "# c\nmodel = 'x' # why\n";
  expect(editToml(text, [{ op: 'set', path: ['model'], value: 'x' }])).toBe(text);
  expect(editToml(text, [{ op: 'delete', path: ['other'] }])).toBe(text);
  expect(() => editToml(text, [{ op: 'set', path: ['model'], value: 'y' }])).toThrow(layout.error);
});

it('a text that only this parser does not understand is refused with the place, where columns start at 1', () => {
  const refused = Object.assign(Object.create(ParseError.prototype) as Error, { message: 'not mine', lineNumber: 3, column: 4 });
  layout.error = refused;
  expect(() => editToml('a = 1\n', [{ op: 'set', path: ['a'], value: 2 }])).toThrow(
    new TomlRefusal('not mine', { line: 3, column: 5 }),
  );
});
