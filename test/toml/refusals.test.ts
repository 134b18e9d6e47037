import { describe, expect, it } from 'vitest';
import { editToml, TomlRefusal } from '../../src/toml/edit.ts';
import { parseToml } from '../../src/toml/read.ts';
import type { TomlValue } from '../../src/toml/value.ts';
import { del, type Row, rows, set } from './exact.ts';

const conflicts: readonly Row[] = [
  ['parent is a string', 't = "x"\n', [set('t.a', 1)], null],
  ['parent is a number far up', 't = { u = 1 }\n', [set('t.u.v.w', 1)], null],
  ['parent is a date', 't = 1979-05-27\n', [set('t.a', 1)], null],
  ['parent is an array', 't = [1]\n', [set('t.a', 1)], null],
  ['parent is an empty array', 't = []\n', [set('t.a', 1)], null],
  ['parent is an array of inline tables', 't = [{ a = 1 }]\n', [set('t.a', 2)], null],
  ['parent is an array of tables', '[[t]]\na = 1\n', [set('t.a', 2)], null],
  ['parent is below an array of tables', '[[t]]\n[t.u]\na = 1\n', [set('t.u.a', 2)], null],
  ['parent was set to a string just before', null, [set('t', 'x'), set('t.a', 1)], null],
  ['string over a header table', '[t]\na = 1\n', [set('t', 'x')], null],
  ['string over an implied table', '[t.u]\na = 1\n', [set('t', 'x')], null],
  ['string over dotted keys', 't.a = 1\n', [set('t', 'x')], null],
  ['string over an inline table', 't = { a = 1 }\n', [set('t', 'x')], null],
  ['string over an empty table', '[t]\n', [set('t', 'x')], null],
  ['array over a table', '[t]\na = 1\n', [set('t', [])], null],
  ['string over an array of tables', '[[t]]\na = 1\n', [set('t', 'x')], null],
  ['array over an array of tables', '[[t]]\na = 1\n', [set('t', [{ a: 2 }])], null],
  ['table over an array of tables', '[[t]]\na = 1\n', [set('t', { a: 1 })], null],
  ['one bad edit among good ones', 't = 1\n', [set('a', 1), set('t.a', 1), del('t')], null],
  ['no path', 'a = 1\n', [set([], 1)], null],
];

const notToml: readonly Row[] = [
  ['duplicate table', '[t]\n[t]\n', [set('a', 1)], null],
  ['table over a dotted table', 't.a = 1\n[t]\nb = 1\n', [set('a', 1)], null],
  ['dotted key into a header table', '[t.u]\na = 1\n[t]\nu.b = 1\n', [set('a', 1)], null],
  ['inline table extended', 't = { a = 1 }\n[t.b]\n', [set('a', 1)], null],
  ['unclosed header', '[t\na = 1\n', [set('a', 1)], null],
  ['two keys on a line', 'a = 1 b = 2\n', [set('a', 1)], null],
  ['no value', 'a =\n', [set('b', 1)], null],
  ['leading zero', 'a = 01\n', [set('b', 1)], null],
  ['lone carriage return', 'a = 1\rb = 2\n', [set('b', 1)], null],
  ['nothing but NUL', '\u0000\u0000', [set('b', 1)], null],
  ['control character in a comment', '# \u0001\n', [set('b', 1)], null],
  ['two byte order marks', '\uFEFF\uFEFFa = 1\n', [set('b', 1)], null],
  ['half a surrogate pair', 'a = "\uD800"\n', [set('b', 1)], null],
  ['unescaped Windows path', 'a = "C:\\Users\\x"\n', [set('b', 1)], null],
  ['broken, and nothing to do', 'a = \n', [], null],
];

rows('conflicts refused', conflicts);
rows('text that is not TOML refused', notToml);

describe('editToml, values that cannot be written', () => {
  const cyclic: TomlValue[] = [];
  cyclic.push(cyclic);
  it.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['an unsafe integer', 2 ** 53],
    ['a huge number', 1e300],
    ['more than 64 bits', 2n ** 63n],
    ['less than 64 bits', -(2n ** 63n) - 1n],
    ['half a surrogate pair', 'a\uDC00'],
    ['half a surrogate pair in a key', { '\uD800': 1 }],
    ['half a surrogate pair in an array', ['\uD83D']],
    ['null', null],
    ['undefined', undefined],
    ['undefined inside', { a: undefined }],
    ['a hole', Array(1)],
    ['a function', () => 1],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['itself', cyclic],
  ])('%s', (_name, value) => {
    expect(() => editToml('a = 1\n', [set('b', value as TomlValue)])).toThrow(TomlRefusal);
  });

  it('half a surrogate pair in a path', () => {
    expect(() => editToml(null, [set(['\uD800'], 1)])).toThrow(TomlRefusal);
  });
});

describe('a refusal', () => {
  const refusalOf = (run: () => unknown): TomlRefusal => {
    try {
      run();
    } catch (error) {
      if (error instanceof TomlRefusal) return error;
    }
    throw new Error('not refused');
  };

  it.each([
    ['a = 1\nb = \n', 2, 5],
    ['\uFEFFa = 1 x\n', 1, 7],
    ['a = 1 x\n', 1, 7],
    ['a = 1\r\na = 2\r\n', 2, 1],
    ['x = 1\ny = "\uD800"\n', 2, 6],
  ])('of %j says line and column', (text, line, column) => {
    expect(refusalOf(() => parseToml(text))).toMatchObject({ line, column });
    expect(refusalOf(() => editToml(text, [set('z', 1)])).message).toContain(`line ${line}, column ${column}`);
  });

  it('never quotes the text, which may hold a secret', () => {
    expect(refusalOf(() => parseToml('experimental_bearer_token = "sk-secret" oops\n')).message).not.toContain('secret');
  });

  it('names the path and what stands in the way', () => {
    const refusal = refusalOf(() => editToml('[m]\n"a b" = 1\n', [set(['m', 'a b', 'c'], 1)]));
    expect(refusal.message).toBe('cannot set m."a b".c: m."a b" is a number, not a table');
    expect(refusal.line).toBeUndefined();
  });

  it('comes for a document nested deeper than the stack', () => {
    const deep = `a${'.a'.repeat(100_000)} = 1\n`;
    refusalOf(() => editToml(deep, [set('b', 1)]));
    refusalOf(() => editToml(`a = ${'['.repeat(100_000)}`, [set('b', 1)]));
  });
});
