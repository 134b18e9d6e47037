import { del, type Row, rows, set } from './exact.ts';

const places: readonly Row[] = [
  [
    'a flat table among keys is one line, an empty one too',
    '[t]\na = 1\n',
    [set('t.m', { k: 1 }), set('t.n', {})],
    '[t]\na = 1\nm = { k = 1 }\nn = {}\n',
  ],
  [
    'a table with a table in it gets a header',
    '[t]\na = 1\n',
    [set('t.m', { k: 1, n: { x: 1 } })],
    '[t]\na = 1\n\n[t.m]\nk = 1\n\n[t.m.n]\nx = 1\n',
  ],
  [
    'a key and a header that meet: the key comes first',
    '[t]\na = 1\n\n[t.u.v]\nb = 1\n',
    [del('t.u.v'), set('t.u.w.x', 1), set('t.c', 2)],
    '[t]\na = 1\nc = 2\n\n[t.u.w]\nx = 1\n',
  ],
  [
    'the same below an empty header',
    '[t]\n\n[t.u.v]\nb = 1\n',
    [del('t.u.v'), set('t.u.w.x', 1), set('t.c', 2)],
    '[t]\nc = 2\n\n[t.u.w]\nx = 1\n',
  ],
  [
    'what has gone is no neighbour',
    '[t]\na = 1\n\n[z]\n\n[t.u.v]\nb = 1\n',
    [del('t.u.v'), set('t.u.w.x', 1)],
    '[t]\na = 1\n\n[t.u.w]\nx = 1\n\n[z]\n',
  ],
  ["a parent's indentation is not taken", '  [m]\n  a = 1\n', [set('m.b.x', 2)], '  [m]\n  a = 1\n\n[m.b]\nx = 2\n'],
  ["a sibling's is", '[m]\n  [m.a]\n    x = 1\n', [set('m.b.x', 2)], '[m]\n  [m.a]\n    x = 1\n\n  [m.b]\n    x = 2\n'],
  ["an empty sibling's is too", '[m]\n  [m.a]\n', [set('m.b.x', 2)], '[m]\n  [m.a]\n\n  [m.b]\n  x = 2\n'],
  [
    'after the last of the family, wherever its first stands',
    '[m.a]\n\n[m.b]\n\n[m.a.c]\n\n[z]\n',
    [set('m.d.x', 1)],
    '[m.a]\n\n[m.b]\n\n[m.a.c]\n\n[m.d]\nx = 1\n\n[z]\n',
  ],
  [
    'behind the comments of the last section',
    '[m.a]\nx = 1\n# end\n',
    [set('m.b.x', 2)],
    '[m.a]\nx = 1\n# end\n\n[m.b]\nx = 2\n',
  ],
  [
    'after the last dotted key of the family',
    'm.a.x = 1\nm.b.y = 1\nm.a.z = 1\nz = 1\n',
    [set('m.c', 3)],
    'm.a.x = 1\nm.b.y = 1\nm.a.z = 1\nm.c = 3\nz = 1\n',
  ],
  [
    'after the later of two dotted keys',
    'm.a.x = 1\nm.b.y = 1\nz = 1\n',
    [set('m.c', 3)],
    'm.a.x = 1\nm.b.y = 1\nm.c = 3\nz = 1\n',
  ],
  [
    'after the dotted key, not where a header says more',
    'm.a.x = 1\nz = 1\n[m.b]\ny = 1\n',
    [set('m.c', 3)],
    'm.a.x = 1\nm.c = 3\nz = 1\n[m.b]\ny = 1\n',
  ],
  [
    'after its own dotted key that is a value',
    'm.a = 1\nm.b.x = 1\nz = 1\n',
    [set('m.b.y', 2)],
    'm.a = 1\nm.b.x = 1\nm.b.y = 2\nz = 1\n',
  ],
  [
    'after dotted keys that have gone',
    'm.a = 1\nm.b.x = 1\nz = 1\n',
    [del('m.a'), del('m.b.x'), set('m.c', 3)],
    'z = 1\nm.c = 3\n',
  ],
  ['line ends are counted from the first on', '\na = 1\r\nb = 2\r\n', [set('c', 3)], '\na = 1\r\nb = 2\r\nc = 3\r\n'],
  ['as many of both: the plain one', 'a = 1\nb = 2\r\n', [set('c', 3)], 'a = 1\nb = 2\r\nc = 3\n'],
  ['more of the other', 'a = 1\r\nb = 2\r\nd = 1\n', [set('c', 3)], 'a = 1\r\nb = 2\r\nd = 1\nc = 3\r\n'],
];

rows('the place of what is new', places);
