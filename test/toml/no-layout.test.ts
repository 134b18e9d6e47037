import { expect, it, vi } from 'vitest';
import { editToml } from '../../src/toml/edit.ts';

vi.mock('toml-eslint-parser', () => ({
  ParseError: class extends Error {},
  parseTOML: () => {
    throw new Error('the layout was read');
  },
}));

it('the layout is read only when something differs', () => {
  const text = "# c\nmodel = 'x' # why\n";
  expect(editToml(text, [{ op: 'set', path: ['model'], value: 'x' }])).toBe(text);
  expect(editToml(text, [{ op: 'delete', path: ['other'] }])).toBe(text);
  expect(() => editToml(text, [{ op: 'set', path: ['model'], value: 'y' }])).toThrow('the layout was read');
});
