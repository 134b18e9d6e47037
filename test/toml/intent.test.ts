import { describe, expect, it } from 'vitest';
import { type Edit, intend } from '../../src/toml/intent.ts';
import { parseToml } from '../../src/toml/read.ts';
import { del, type Row, rows, set } from './exact.ts';

const thinned = (text: string, ...edits: Edit[]) => intend(parseToml(text), edits).thinned;

describe('the tables that a delete has thinned', () => {
  it('are all above it, once each, the deepest first', () => {
    const text = 'x = 1\n[a]\nk = 1\n[a.b.c]\nk = 1\nl = 1\n[d]\nk = 1\n';
    const edits = [del('a.k'), del('d.k'), del('a.b.c.k'), del('a.b.c.l'), del('x')];
    expect(thinned(text, ...edits)).toEqual([['a', 'b', 'c'], ['a', 'b'], ['a'], ['d']]);
  });

  it('are none without one, or when nothing was there', () => {
    expect(thinned('[a]\nk = 1\n', set('a.k', 2), del('a.l'), del('b.k'))).toEqual([]);
  });
});

it('what is given stays as it was, and so does what was read', () => {
  const before = parseToml('[a]\nk = 1\n[b]\nk = 1\n');
  const value = { l: 1 };
  const { after } = intend(before, [set('a.v', value), set('a.v.m', 2), del('a.k')]);
  expect([value, before]).toEqual([{ l: 1 }, parseToml('[a]\nk = 1\n[b]\nk = 1\n')]);
  expect(after).toEqual(parseToml('[a.v]\nl = 1\nm = 2\n[b]\nk = 1\n'));
  expect(after.b).toBe(before.b);
});

const rowsOfIntent: readonly Row[] = [
  ['an empty table stays when nothing was in it to be deleted', '', [set('t', {}), del('t.x')], '[t]\n'],
  ['only the empty ones on the way go', '', [set('u.v.b', 1), set('u.c', 2), del('u.v.b')], '[u]\nc = 2\n'],
];

rows('tables on the way', rowsOfIntent);
