import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dotted, partsOf } from '../../src/toml/dotted-path.ts';
import { editToml, TomlRefusal } from '../../src/toml/edit.ts';
import { type Parsed, sameMeaning } from '../../src/toml/read.ts';
import type { TomlValue } from '../../src/toml/value.ts';
import { meaningOf, writeValue } from '../../src/toml/write-value.ts';
import { set } from './exact.ts';

const nested = (levels: number): TomlValue => (levels === 0 ? 1 : [nested(levels - 1)]);
const nestedTables = (levels: number): TomlValue => (levels === 0 ? 1 : { a: nestedTables(levels - 1) });

describe('a value is refused with the reason', () => {
  const cyclic: TomlValue[] = [];
  cyclic.push(cyclic);
  const ring: Record<string, TomlValue> = {};
  ring.a = ring;
  it.each<[unknown, string]>([
    [Number.NaN, 'NaN cannot be written exactly'],
    [Number.NEGATIVE_INFINITY, '-Infinity cannot be written exactly'],
    [2 ** 53, '9007199254740992 cannot be written exactly'],
    [2n ** 63n, '9223372036854775808 does not fit in 64 bits'],
    [-(2n ** 63n) - 1n, '-9223372036854775809 does not fit in 64 bits'],
    ['a\uDC00', 'half of a surrogate pair is not a Unicode character'],
    [{ '\uD800': 1 }, 'half of a surrogate pair is not a Unicode character'],
    [null, 'null is not a TOML value'],
    [undefined, 'undefined is not a TOML value'],
    [() => 1, 'a function is not a TOML value'],
    [Symbol('x'), 'a symbol is not a TOML value'],
    [new Map(), 'an instance of a class is not a TOML value'],
    [cyclic, 'the value is nested too deeply, or contains itself'],
    [ring, 'the value is nested too deeply, or contains itself'],
    [nested(101), 'the value is nested too deeply, or contains itself'],
    [nestedTables(101), 'the value is nested too deeply, or contains itself'],
  ])('%s', (value, reason) => {
    const refusal = new TomlRefusal(reason);
    expect(() => meaningOf(value as TomlValue)).toThrow(refusal);
    expect(() => editToml('a = 1\n', [set('b', value as TomlValue)])).toThrow(refusal);
  });
});

describe('a value is understood', () => {
  it.each<[TomlValue, Parsed]>([
    [true, true],
    ['🚀', '🚀'],
    [1, 1n],
    [-0.5, -0.5],
    [2 ** 53 - 1, 2n ** 53n - 1n],
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [-(2n ** 63n), -(2n ** 63n)],
    [
      [1, ['x']],
      [1n, ['x']],
    ],
  ])('%s', (value, meaning) => {
    expect(meaningOf(value)).toEqual(meaning);
  });

  it('when it has no prototype, or is as deep as may be', () => {
    const bare = Object.assign(Object.create(null) as Record<string, TomlValue>, { a: 1 });
    expect(editToml(null, [set('t', bare)])).toBe('[t]\na = 1\n');
    expect(() => meaningOf(nested(100))).not.toThrow();
    expect(() => meaningOf(nestedTables(100))).not.toThrow();
  });
});

it.each<[Parsed, string]>([
  ['', '""'],
  ['"\\\b\t\n\f\r', '"\\"\\\\\\b\\t\\n\\f\\r"'],
  ['\u0000\u001f\u007f\u0080', '"\\u0000\\u001f\\u007f\u0080"'],
  [-7n, '-7'],
  [0.5, '0.5'],
  [false, 'false'],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
  [[], '[]'],
  [[1n, ['x']], '[1, ["x"]]'],
  [{}, '{}'],
  [{ a: 1n, 'b c': { d: true } }, '{ a = 1, "b c" = { d = true } }'],
])('%o is written %s', (value, text) => {
  expect(writeValue(value)).toBe(text);
});

it.each<[Parsed, Parsed, boolean]>([
  [1n, 1n, true],
  [1n, 1, false],
  [Number.NaN, Number.NaN, true],
  [0.5, -0.5, false],
  [0, -0, true],
  ['1', 1n, false],
  ['a', 'b', false],
  [true, false, false],
  ['x', {}, false],
  ['', {}, false],
  [1n, {}, false],
  [true, {}, false],
  [{}, 'x', false],
  [[], [], true],
  [[1n], [1n, 2n], false],
  [[1n, 2n], [1n], false],
  [[1n, 2n], [1n, 3n], false],
  [[{ a: 1n }], [{ a: 1n }], true],
  [[], {}, false],
  [{}, [], false],
  [[1n], { 0: 1n }, false],
  [{ length: 0n }, [], false],
  [new Date(0), new Date(0), true],
  [new Date(0), new Date(1), false],
  [new Date(0), {}, false],
  [{}, new Date(0), false],
  [new Date(0), [], false],
  [{ a: 1n, b: 2n }, { b: 2n, a: 1n }, true],
  [{ a: 1n }, { a: 1n, b: 2n }, false],
  [{ a: 1n, b: 2n }, { a: 1n }, false],
  [{ a: 1n, b: 2n }, { a: 1n, c: 2n }, false],
  [{ a: { b: 1n } }, { a: { b: 2n } }, false],
])('whether %o means %o: %s', (a, b, same) => {
  expect(sameMeaning(a, b)).toBe(same);
  expect(sameMeaning(b, a)).toBe(same);
});

describe('a dotted path', () => {
  it.each<[string[], string]>([
    [['model'], 'model'],
    [['model_providers', 'a-1', 'name'], 'model_providers.a-1.name'],
    [['m', 'my pool', 'x.y'], 'm."my pool"."x.y"'],
    [['é', ''], '"é".""'],
    [[' a', 'b '], '" a"."b "'],
  ])('%j is %s, and the other way round', (parts, path) => {
    expect(dotted(parts)).toBe(path);
    expect(partsOf(path)).toEqual(parts);
  });

  it('of any keys can be read again', () => {
    const anyKeys = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('a\u007f"\\\n')), { minLength: 1 });
    fc.assert(
      fc.property(anyKeys, (parts) => {
        expect(partsOf(dotted(parts))).toEqual(parts);
      }),
    );
  });

  it.each<[string, string[]]>([
    ['m . \'a b\'\t. "\\u0041\\""', ['m', 'a b', 'A"']],
    ['" # = "', [' # = ']],
    ["''", ['']],
  ])('%s is read in every spelling', (path, parts) => {
    expect(partsOf(path)).toEqual(parts);
  });

  it.each([
    ...['', ' ', '.', 'a.', '.a', 'a..b', 'a b', '"a', '"a\\"', '"a" b', 'é'],
    ...['# a', '# a.b', 'a #', 'a = 1 #', 'a = 1\nb', '[a]\nb', 'a\n', '"a\nb"', "'a\nb'"],
  ])('is refused when it is none: %j', (path) => {
    expect(() => partsOf(path)).toThrow(new TomlRefusal('this is no path of keys'));
  });

  it('is refused when a key is none', () => {
    expect(() => partsOf('a."\\q"')).toThrow(TomlRefusal);
  });
});
