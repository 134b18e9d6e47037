import { describe, expect, it } from 'vitest';
import { type Edit, editToml, TomlRefusal } from '../../src/toml/edit.ts';
import { parseToml } from '../../src/toml/read.ts';
import { set } from './exact.ts';

describe('an edit is refused with what stands in the way', () => {
  it.each<[string, Edit, string]>([
    ['t = "x"\n', set('t.a', 1), 'cannot set t.a: t is a string, not a table'],
    ['t = true\n', set('t.a', 1), 'cannot set t.a: t is a boolean, not a table'],
    ['t = 1.5\n', set('t.a', 1), 'cannot set t.a: t is a number, not a table'],
    ['t = 1979-05-27\n', set('t.a', 1), 'cannot set t.a: t is a date, not a table'],
    ['t = []\n', set('t.a', 1), 'cannot set t.a: t is an array, not a table'],
    ['t = [{}, 1]\n', set('t.a', 1), 'cannot set t.a: t is an array, not a table'],
    ['[[t]]\n', set('t.a', 1), 'cannot set t.a: t is an array of tables, not a table'],
    ['t = { u = 1 }\n', set('t.u.v', 1), 'cannot set t.u.v: t.u is a number, not a table'],
    ['[t]\n', set('t', 'x'), 'cannot set t: it is a table, which a string would replace; delete the table first'],
    ['[t]\n', set('t', []), 'cannot set t: it is a table, which an array would replace; delete the table first'],
    ['[t."u v"]\n', set('t.u v', 1), 'cannot set t."u v": it is a table, which a number would replace; delete the table first'],
    ['[[t]]\na = 1\n', set('t', 'x'), 'cannot set t: it is an array of tables'],
    ['[[t]]\na = 1\n', set('t', { a: 1 }), 'cannot set t: it is an array of tables'],
    ['[[t."u v"]]\na = 1\n', set('t.u v', 'x'), 'cannot set t."u v": it is an array of tables'],
    ['a = 1\n', set([], 1), 'an edit needs a path of at least one key'],
    ['a = 1\n', set(['\uD800'], 1), 'half of a surrogate pair is not a Unicode character'],
  ])('%j', (text, edit, message) => {
    expect(() => editToml(text, [edit])).toThrow(new TomlRefusal(message));
  });

  it('an array of tables can be taken away all the same, and a value put in its place', () => {
    expect(editToml('[[t]]\na = 1\n', [{ op: 'delete', path: ['t'] }, set('u', 'x')])).toBe('u = "x"\n');
  });
});

describe('a text is refused with the place and the reason alone', () => {
  it.each<[string, number, number, string]>([
    ['a = 1\nb = \n', 2, 5, 'invalid value'],
    ['\uFEFFa = 1\nb = x\n', 2, 5, 'invalid value'],
    ['\uFEFFb = x\n', 1, 5, 'invalid value'],
    ['\uFEFF=\n', 1, 1, 'unexpected end of key'],
    ['a = 1 x\n', 1, 7, 'each key-value declaration must be followed by an end-of-line'],
    ['a = "\uD800"', 1, 6, 'half of a surrogate pair is not a Unicode character'],
    [`a = ${'['.repeat(100_000)}`, 1, 1005, 'document contains excessively nested structures. aborting.'],
  ])('%#', (text, line, column, reason) => {
    const refusal = new TomlRefusal(reason, { line, column });
    expect(() => parseToml(text)).toThrow(refusal);
    expect(() => editToml(text, [set('z', 1)])).toThrow(refusal);
    expect(refusal.message).toBe(`line ${line}, column ${column}: ${reason}`);
  });

  it('or, beyond what the stack holds, with the reason', () => {
    const deep = `a${'.a'.repeat(100_000)} = 1\n`;
    expect(() => editToml(deep, [set('b', 1)])).toThrow(new TomlRefusal('the document is nested too deeply'));
  });

  it('by a name that tells it from a bug', () => {
    expect(new TomlRefusal('x').name).toBe('TomlRefusal');
  });
});
