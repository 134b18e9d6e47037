import { type Row, rows, set } from './exact.ts';

const dotted: readonly Row[] = [
  ['value replaced', 'm.a.name = "x" # c\n', [set('m.a.name', 'y')], 'm.a.name = "y" # c\n'],
  ['spaces around the dots stay', 'm . "a" .name = 1\n', [set('m.a.name', 2)], 'm . "a" .name = 2\n'],
  ['the spelling of the siblings is used', 'm . "a" .name = 1\n', [set('m.a.url', 2)], 'm . "a" .name = 1\nm . "a".url = 2\n'],
  ['the spelling of the first sibling', 'm.a = 1\n"m".b = 2\n', [set('m.c', 3)], 'm.a = 1\n"m".b = 2\nm.c = 3\n'],
  ['added after its siblings', 'm.a.x = 1\nm.b.x = 1\nz = 1\n', [set('m.a.y', 2)], 'm.a.x = 1\nm.a.y = 2\nm.b.x = 1\nz = 1\n'],
  ['a new child of a dotted table', 'm.a.x = 1\n', [set('m.b.y', 2)], 'm.a.x = 1\nm.b.y = 2\n'],
  ['a nested new child', '[t]\nm.x = 1\n', [set('t.m.auth.args', ['a'])], '[t]\nm.x = 1\nm.auth.args = ["a"]\n'],
  ['a flat value stays one value', '[t]\nm.x = 1\n', [set('t.m.h', { k: 'v' })], '[t]\nm.x = 1\nm.h = { k = "v" }\n'],
  ['the section of the dotted keys, not the last', '[t]\nm.x = 1\n[u]\n', [set('t.m.y', 2)], '[t]\nm.x = 1\nm.y = 2\n[u]\n'],
  ['a sub-table with a header', '[t]\nm.x = 1\n[t.m.s]\na = 1\n', [set('t.m.s.b', 2)], '[t]\nm.x = 1\n[t.m.s]\na = 1\nb = 2\n'],
  ['an inline table at a dotted key', 'm.a = { x = 1 }\n', [set('m.a.y', 2)], 'm.a = { x = 1, y = 2 }\n'],
  [
    'mixed with headers',
    'm.a.x = 1\n[m.b]\ny = 1\n',
    [set('m.b.z', 2), set('m.c', 3)],
    'm.a.x = 1\nm.c = 3\n[m.b]\ny = 1\nz = 2\n',
  ],
];

const inline: readonly Row[] = [
  ['value replaced', 't = { a = 1, b = 2 } # c\n', [set('t.b', 3)], 't = { a = 1, b = 3 } # c\n'],
  ['deep value replaced', 't = {a={b={c=1}}}\n', [set('t.a.b.c', 2)], 't = {a={b={c=2}}}\n'],
  ['braces and commas in strings', 't = { a = "}, b = 1", b = 2 }\n', [set('t.b', 3)], 't = { a = "}, b = 1", b = 3 }\n'],
  ['added to an empty one', 't = {}\n', [set('t.a', 1)], 't = { a = 1 }\n'],
  ['added to a blank one', 't = {  }\n', [set('t.a', 1)], 't = { a = 1  }\n'],
  ['several added', 't = { a = 1 }\n', [set('t.b', 2), set('t.c', 3)], 't = { a = 1, b = 2, c = 3 }\n'],
  ['a table inside', 't = { a = 1 }\n', [set('t.m.n', 2)], 't = { a = 1, m = { n = 2 } }\n'],
  ['both levels', 't = { m = { a = 1 } }\n', [set('t.m.b', 2), set('t.c', 3)], 't = { m = { a = 1, b = 2 }, c = 3 }\n'],
  ['dotted inside', 't = { m.a = 1 }\n', [set('t.m.b', 2)], 't = { m.a = 1, m.b = 2 }\n'],
  ['tight style, string with an equals sign', 't={a=1}\n', [set(['t', 'x = y'], ' = ')], 't={a=1,"x = y"=" = "}\n'],
  ['values over lines', 't = { a = [\n 1,\n] }\n', [set('t.b', 2)], 't = { a = [\n 1,\n], b = 2 }\n'],
  ['string over lines', 't = { a = """\n x""" }\n', [set('t.b', 2)], 't = { a = """\n x""", b = 2 }\n'],
  ['TOML 1.1 on lines', 't = {\n  a = 1, # a\n}\n', [set('t.b', 2)], 't = {\n  a = 1, # a\n  b = 2,\n}\n'],
  ['TOML 1.1, no last comma', 't = {\n  a = 1 # a, not b\n}\n', [set('t.b', 2)], 't = {\n  a = 1, # a, not b\n  b = 2\n}\n'],
  ['TOML 1.1, last comma on one line', 't = { a = 1, }\n', [set('t.b', 2)], 't = { a = 1, b = 2, }\n'],
  ['TOML 1.1, only a comment', 't = { # none\n}\n', [set('t.b', 2)], 't = { b = 2 # none\n}\n'],
  ['TOML 1.1, CRLF', 't = {\r\n  a = 1\r\n}\r\n', [set('t.b', 2)], 't = {\r\n  a = 1,\r\n  b = 2\r\n}\r\n'],
  [
    'TOML 1.1, nested on lines',
    't = {\n  m = {\n    a = 1,\n  },\n}\n',
    [set('t.m.b', 2)],
    't = {\n  m = {\n    a = 1,\n    b = 2,\n  },\n}\n',
  ],
];

rows('dotted keys', dotted);
rows('inline tables', inline);
