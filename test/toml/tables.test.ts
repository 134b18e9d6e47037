import { type Row, rows, set } from './exact.ts';

const replaced: readonly Row[] = [
  ['value in a table', '[t]\na = 1 # c\n', [set('t.a', 2)], '[t]\na = 2 # c\n'],
  ['quoted header', '["x.y" . \'z\']\na = 1\n', [set(['x.y', 'z', 'a'], 2)], '["x.y" . \'z\']\na = 2\n'],
  ['escaped header', '["\\u0074"]\na = 1\n', [set('t.a', 2)], '["\\u0074"]\na = 2\n'],
  ['header with a comment', '[t] # [u]\na = 1\n', [set('t.a', 2)], '[t] # [u]\na = 2\n'],
  [
    'look-alike header in a string',
    '[u]\ns = """\n[t]\na = 1\n"""\n[t]\na = 1\n',
    [set('t.a', 2)],
    '[u]\ns = """\n[t]\na = 1\n"""\n[t]\na = 2\n',
  ],
  ['child before parent', '[t.u]\na = 1\n[t]\na = 1\n', [set('t.a', 2)], '[t.u]\na = 1\n[t]\na = 2\n'],
  ['beside an array of tables of the same key', '[[h]]\na = 1\n[t]\na = 1\n', [set('t.a', 2)], '[[h]]\na = 1\n[t]\na = 2\n'],
  [
    'prototype names',
    '[__proto__]\na = 1\n[constructor]\na = 1\n',
    [set('__proto__.a', 2)],
    '[__proto__]\na = 2\n[constructor]\na = 1\n',
  ],
  ['table given as a value', '[t]\n# c\na = 1 # a\nb = 2\n', [set('t', { a: 1, c: 3 })], '[t]\n# c\na = 1 # a\nc = 3\n'],
];

const added: readonly Row[] = [
  ['after the last key', '[t]\na = 1\n\n[u]\n', [set('t.b', 2)], '[t]\na = 1\nb = 2\n\n[u]\n'],
  ['before a comment after the last key', '[t]\na = 1\n# end\n\n[u]\n', [set('t.b', 2)], '[t]\na = 1\nb = 2\n# end\n\n[u]\n'],
  ['into an empty table', '[t]\n\n[u]\n', [set('t.b', 2)], '[t]\nb = 2\n\n[u]\n'],
  ['into an empty table with a comment', '[t] # t\n# c\n\n[u]\n', [set('t.b', 2)], '[t] # t\nb = 2\n# c\n\n[u]\n'],
  ['into an empty last table without a line end', '[t]', [set('t.b', 2)], '[t]\nb = 2'],
  ['tight file', '[t]\na=1\n[u]\nb=1\n', [set('t.b', 2)], '[t]\na=1\nb = 2\n[u]\nb=1\n'],
  ['after an inline table', '[t]\na = { x = 1 } # c\n', [set('t.b', 2)], '[t]\na = { x = 1 } # c\nb = 2\n'],
  ['parent first, children stay', '[t]\na = 1\n\n[t.u]\nb = 1\n', [set('t.c', 2)], '[t]\na = 1\nc = 2\n\n[t.u]\nb = 1\n'],
  ['takes the indentation of its neighbour', '[t]\n\ta = 1\n', [set('t.b', 2)], '[t]\n\ta = 1\n\tb = 2\n'],
  ['takes the indentation of an empty header', '[a]\n  [a.t]\n', [set('a.t.b', 2)], '[a]\n  [a.t]\n  b = 2\n'],
  ['to several tables', '[t]\na = 1\n[u]\na = 1\n', [set('u.b', 2), set('t.b', 2)], '[t]\na = 1\nb = 2\n[u]\na = 1\nb = 2\n'],
];

const created: readonly Row[] = [
  ['in an empty file', '', [set('t.u.a', 1)], '[t.u]\na = 1\n'],
  ['at the end', 'a = 1\n', [set('t.b', 2)], 'a = 1\n\n[t]\nb = 2\n'],
  ['at the end without a line end', 'a = 1', [set('t.b', 2)], 'a = 1\n\n[t]\nb = 2'],
  ['below comments at the end', 'a = 1\n# end\n', [set('t.b', 2)], 'a = 1\n# end\n\n[t]\nb = 2\n'],
  ['one blank line is enough', 'a = 1\n\n', [set('t.b', 2)], 'a = 1\n\n[t]\nb = 2\n'],
  ['after its sibling', '[m.a]\nx = 1\n\n[u]\n', [set('m.b.x', 2)], '[m.a]\nx = 1\n\n[m.b]\nx = 2\n\n[u]\n'],
  [
    'after the last of its family',
    '[m.a]\n[u]\n[m.b.c]\nx = 1\n[v]\n',
    [set('m.d.x', 2)],
    '[m.a]\n[u]\n[m.b.c]\nx = 1\n\n[m.d]\nx = 2\n[v]\n',
  ],
  ['after its parent', '[m.a]\nx = 1\n\n[m.b]\n', [set('m.a.auth.x', 2)], '[m.a]\nx = 1\n\n[m.a.auth]\nx = 2\n\n[m.b]\n'],
  [
    'leaves the next comment alone',
    '[m.a]\nx = 1\n\n# u\n[u]\n',
    [set('m.b.x', 2)],
    '[m.a]\nx = 1\n\n[m.b]\nx = 2\n\n# u\n[u]\n',
  ],
  [
    'behind a comment of its neighbour',
    '[m.a]\nx = 1\n# y = 1\n\n[u]\n',
    [set('m.b.x', 2)],
    '[m.a]\nx = 1\n# y = 1\n\n[m.b]\nx = 2\n\n[u]\n',
  ],
  [
    'in front of a comment that touches a header',
    '[m.a]\nx = 1\n# u\n[u]\n',
    [set('m.b.x', 2)],
    '[m.a]\nx = 1\n\n[m.b]\nx = 2\n# u\n[u]\n',
  ],
  ['the header that children imply', '[m.a.auth]\nx = 1\n', [set('m.a.name', 'n')], '[m.a.auth]\nx = 1\n\n[m.a]\nname = "n"\n'],
  [
    'the header above, declared later',
    '[m.a.auth]\nx = 1\n\n[m]\n',
    [set('m.a.name', 'n')],
    '[m.a.auth]\nx = 1\n\n[m.a]\nname = "n"\n\n[m]\n',
  ],
  [
    'beside an array of tables',
    '[[h.pre]]\nx = 1\n\n[u]\n',
    [set('h.on.y', true)],
    '[[h.pre]]\nx = 1\n\n[h.on]\ny = true\n\n[u]\n',
  ],
  [
    'above an array of tables, the implied table',
    '[[h.pre]]\nx = 1\n',
    [set('h.y', true)],
    '[[h.pre]]\nx = 1\n\n[h]\ny = true\n',
  ],
  [
    'behind the sub-table of an array element',
    '[[h]]\n[h.s]\nx = 1\n[u]\n',
    [set('t.y', 1)],
    '[[h]]\n[h.s]\nx = 1\n[u]\n\n[t]\ny = 1\n',
  ],
  ['quoted names', null, [set(['p', '/a b.c', 'x'], 1)], '[p."/a b.c"]\nx = 1\n'],
  ['table and sub-table', null, [set('m.a.auth.x', 1), set('m.a.name', 'n')], '[m.a]\nname = "n"\n\n[m.a.auth]\nx = 1\n'],
  [
    'a whole table as one value',
    '[u]\n',
    [set('m.a', { name: 'n', auth: { x: 1 } })],
    '[u]\n\n[m.a]\nname = "n"\n\n[m.a.auth]\nx = 1\n',
  ],
  ['a flat value among keys', '[m.a]\nname = "n"\n', [set('m.a.h', { 'X-A': 'b' })], '[m.a]\nname = "n"\nh = { X-A = "b" }\n'],
  ['a flat value among tables', '[m]\n[m.a]\n', [set('m.b', { x: 1 })], '[m]\n[m.a]\n\n[m.b]\nx = 1\n'],
  ['a flat value at the root', 'a = 1\n', [set('t', { x: 1 })], 'a = 1\n\n[t]\nx = 1\n'],
  ['an empty table', 'a = 1\n', [set('t', {})], 'a = 1\n\n[t]\n'],
  [
    'an array of tables as a value',
    '[t]\na = 1\n',
    [set('t.b', [{ c: 1 }, { d: [] }])],
    '[t]\na = 1\nb = [{ c = 1 }, { d = [] }]\n',
  ],
  ['sibling indentation', '[m]\n  [m.a]\n    x = 1\n', [set('m.b.x', 2)], '[m]\n  [m.a]\n    x = 1\n\n  [m.b]\n    x = 2\n'],
  ['prototype names', null, [set('__proto__.toString', 1)], '[__proto__]\ntoString = 1\n'],
];

rows('values in tables replaced', replaced);
rows('keys added to tables', added);
rows('tables created', created);
