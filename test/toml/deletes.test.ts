import { del, type Row, rows, same, set } from './exact.ts';

const keys: readonly Row[] = [
  ['first of the file', 'a = 1\nb = 2\n', [del('a')], 'b = 2\n'],
  ['last without a line end', 'a = 1\nb = 2', [del('b')], 'a = 1'],
  ['only one without a line end', 'a = 1', [del('a')], ''],
  ['over several lines', 'a = """\nb = 1\n""" # c\nb = 2\n', [del('a')], 'b = 2\n'],
  ['array with comments', 'a = [ # x\n 1, # y\n]\nb = 2\n', [del('a')], 'b = 2\n'],
  ['between blank lines', 'a = 1\n\nb = 2\n\nc = 3\n', [del('b')], 'a = 1\n\nc = 3\n'],
  ['between two blank lines each', 'a = 1\n\n\nb = 2\n\n\nc = 3\n', [del('b')], 'a = 1\n\n\n\nc = 3\n'],
  ['comment above stays', '# a\na = 1\nb = 2\n', [del('a')], '# a\nb = 2\n'],
  ['before the first header', 'a = 1\n\n[t]\n', [del('a')], '[t]\n'],
  ['escaped spelling', '"\\u0061" = 1\nb = 2\n', [del('a')], 'b = 2\n'],
  ['not its prefix', 'ab = 1\na = 2\na_b = 3\n', [del('a')], 'ab = 1\na_b = 3\n'],
  ['in a table, the header stays', '[t]\na = 1\n', [del('t.a')], '[t]\n'],
  ['absent in a table', '[t]\na = 1\n', [del('t.b'), del('u.a')], same],
  ['below a plain value', 'a = 1\n', [del('a.b')], same],
  ['below an array of tables', '[[a]]\nb = 1\n', [del('a.b')], same],
  ['prototype names that are not there', 'a = 1\n', [del('__proto__'), del('constructor.name')], same],
  ['prototype name that is there', '__proto__ = 1\na = 1\n', [del('__proto__')], 'a = 1\n'],
  ['from an empty file', '', [del('a')], same],
  ['from no file', null, [del('a')], ''],
  ['set and taken back', '[t]\na = 1\n', [set('u.v.b', 1), del('u.v.b')], same],
];

const tables: readonly Row[] = [
  ['first of the file', '[t]\na = 1\n\n[u]\n', [del('t')], '[u]\n'],
  ['last of the file, no line end', '[t]\n\n[u]\na = 1', [del('u')], '[t]'],
  ['only one, below a comment', '# mine\n\n[t]\na = 1\n', [del('t')], '# mine\n'],
  ['with its sub-tables', '[t]\na = 1\n\n[t.u]\nb = 1\n\n[v]\n', [del('t')], '[v]\n'],
  ['scattered parts', '[t.u]\na = 1\n\n[v]\nb = 1\n\n[t]\nc = 1\n\n[w]\n', [del('t')], '[v]\nb = 1\n\n[w]\n'],
  ['the parent stays', '[t]\na = 1\n\n[t.u]\nb = 1\n', [del('t.u')], '[t]\na = 1\n'],
  ['the empty parent header stays', '[t]\n\n[t.u]\nb = 1\n\n[v]\n', [del('t.u')], '[t]\n\n[v]\n'],
  ['the sibling stays', '[t.u]\na = 1\n\n[t.uu]\na = 1\n', [del('t.u')], '[t.uu]\na = 1\n'],
  ['only headers', '[t]\n[t.u]\n[v]\n', [del('t')], '[v]\n'],
  ['tight file', 'a = 1\n[t]\nb = 1\n[u]\nc = 1\n', [del('t')], 'a = 1\n[u]\nc = 1\n'],
  ['next comment stays, even when it touches', '[t]\na = 1\n# u\n[u]\n', [del('t')], '# u\n[u]\n'],
  ['comments at the end of the file stay', '[t]\na = 1\n\n# end\n', [del('t')], '# end\n'],
  ['comment above stays', '# t\n[t]\na = 1\n\n[u]\n', [del('t')], '# t\n\n[u]\n'],
  ['header with a comment', '[t] # t\na = 1\n\n[u]\n', [del('t')], '[u]\n'],
  ['array of tables with sub-tables', '[[h]]\na = 1\n[h.s]\nb = 1\n\n[[h]]\n\n[u]\n', [del('h')], '[u]\n'],
  ['nested array of tables', '[h]\nx = 1\n\n[[h.p]]\na = 1\n[[h.p.q]]\n\n[u]\n', [del('h.p')], '[h]\nx = 1\n\n[u]\n'],
  ['dotted keys', 'm.a.x = 1\nb = 1\nm.a.y = 2\nm.c = 3\n', [del('m.a')], 'b = 1\nm.c = 3\n'],
  ['dotted keys and a header', '[t]\nm.x = 1\nz = 1\n\n[t.m.s]\na = 1\n', [del('t.m')], '[t]\nz = 1\n'],
  ['value that is an inline table', '[t]\nm = { a = 1 } # m\nz = 1\n', [del('t.m')], '[t]\nz = 1\n'],
  ['look-alike inside a string', '[t]\ns = """\n[u]\n"""\n\n[v]\n', [del('t')], '[v]\n'],
  ['CRLF', 'a = 1\r\n\r\n[t]\r\nb = 1\r\n\r\n[u]\r\n', [del('t')], 'a = 1\r\n\r\n[u]\r\n'],
  ['blank lines with white space', 'a = 1\n  \n[t]\nb = 1\n\t\n[u]\n', [del('t')], 'a = 1\n  \n[u]\n'],
  ['deleted and set anew', '[t]\na = 1 # x\n# c\nb = 2\n\n[u]\n', [del('t'), set('t.b', 3)], '[t]\n# c\nb = 3\n\n[u]\n'],
  ['a table makes room for a plain value', 'z = 1\n\n[t]\na = 1\n', [del('t'), set('t', 'x')], 'z = 1\nt = "x"\n'],
];

const inline: readonly Row[] = [
  ['middle', 't = { a = 1, b = 2, c = 3 }\n', [del('t.b')], 't = { a = 1, c = 3 }\n'],
  ['last', 't = { a = 1, b = 2 }\n', [del('t.b')], 't = { a = 1 }\n'],
  ['first and last', 't = { a = 1, b = 2, c = 3 }\n', [del('t.a'), del('t.c')], 't = { b = 2 }\n'],
  ['last two', 't = { a = 1, b = 2, c = 3 }\n', [del('t.b'), del('t.c')], 't = { a = 1 }\n'],
  ['tight', 't={a=1,b=2}\n', [del('t.a')], 't={b=2}\n'],
  ['all', '[t]\nx = 1\nm = { a = 1, b = 2 } # m\n', [del('t.m.a'), del('t.m.b')], '[t]\nx = 1\nm = {} # m\n'],
  ['dotted inside', 't = { m.a = 1, n = 2, m.b = 3 }\n', [del('t.m')], 't = { n = 2 }\n'],
  ['last out, another in', 't = { a = 1, b = 2 }\n', [del('t.b'), set('t.c', 3)], 't = { a = 1, c = 3 }\n'],
  ['all out, another in', 't = { a = 1, b = 2 }\n', [del('t.a'), del('t.b'), set('t.c', 3)], 't = { c = 3 }\n'],
  ['TOML 1.1, own line', 't = {\n  a = 1, # a\n  # about b\n  b = 2,\n}\n', [del('t.a')], 't = {\n  # about b\n  b = 2,\n}\n'],
  ['TOML 1.1, last own line', 't = {\n  a = 1, # a\n  b = 2 # b\n}\n', [del('t.b')], 't = {\n  a = 1, # a\n}\n'],
  ['TOML 1.1, trailing comma', 't = { a = 1, b = 2, }\n', [del('t.b')], 't = { a = 1, }\n'],
  ['TOML 1.1, comment before the brace', 't = { a = 1, # a, b\n b = 2 }\n', [del('t.b')], 't = { a = 1 # a, b\n  }\n'],
];

rows('keys deleted', keys);
rows('tables deleted', tables);
rows('inline entries deleted', inline);
