import { beforeEach, expect, it, vi } from 'vitest';
import { editToml, TomlRefusal } from '../../src/toml/edit.ts';
import { set } from './exact.ts';

const rewritten = vi.hoisted(() => ({ text: '' }));
vi.mock('../../src/toml/rewrite.ts', () => ({ rewrite: () => rewritten.text }));

const edited = () => editToml('a = 1\n', [set('a', 2)]);

beforeEach(() => {
  rewritten.text = 'a = 2\n';
});

it('a text that means what was intended is handed over', () => {
  expect(edited()).toBe('a = 2\n');
});

it.each(['a = 1\n', 'a = 3\n', 'a = "2"\n', 'a = 2\nb = 1\n', ''])('a text that means something else is not: %j', (text) => {
  rewritten.text = text;
  expect(edited).toThrow(new TomlRefusal('the edited text would not mean what was intended; nothing was changed'));
});

it('a text that is no TOML is not, and the message quotes none of it', () => {
  rewritten.text = 'a = 2\nsecret = oops\n';
  expect(edited).toThrow(TomlRefusal);
  expect(edited).toThrow(/^the edit would not leave valid TOML \(line 2, column 10: [^)]+\); nothing was changed$/);
  expect(edited).not.toThrow(/oops/);
});

it('a table that a delete has thinned may go with its last key only', () => {
  const thinned = (text: string) => editToml(text, [{ op: 'delete', path: ['t', 'a'] }]);
  rewritten.text = '';
  expect(thinned('[t]\na = 1\n')).toBe('');
  expect(() => thinned('[t]\na = 1\nb = 2\n')).toThrow(TomlRefusal);
});
