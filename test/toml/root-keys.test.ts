import { type Row, rows, same, set } from './exact.ts';

const replaced: readonly Row[] = [
  ['basic string', 'model = "a"\n', [set('model', 'b')], 'model = "b"\n'],
  ['odd spacing stays', 'model\t=   "a"   # why\n', [set('model', 'b')], 'model\t=   "b"   # why\n'],
  ['no spacing stays', 'model="a"#c\n', [set('model', 'b')], 'model="b"#c\n'],
  ['indented root key', '  model = "a"\n', [set('model', 'b')], '  model = "b"\n'],
  ['single-quoted key', "'model' = 'a'\n", [set('model', 'b')], '\'model\' = "b"\n'],
  ['key with a dot inside', '"a.b" = 1\na.b = 2\n', [set(['a.b'], 3)], '"a.b" = 3\na.b = 2\n'],
  ['empty key', '"" = 1\n', [set([''], 2)], '"" = 2\n'],
  ['long unicode escape in the key', '"\\U0001F680" = 1\n', [set(['🚀'], 2)], '"\\U0001F680" = 2\n'],
  ['literal multi-line string', "model = '''\na\nmodel = 1\n'''  # t\nb = 1\n", [set('model', 'x')], 'model = "x"  # t\nb = 1\n'],
  ['string with quotes at its end', 'model = """a"""" # t\n', [set('model', 'x')], 'model = "x" # t\n'],
  [
    'multi-line array',
    'notify = [\n  "a", # one\n  ["]"],\n] # tail\nb = 1\n',
    [set('notify', ['x'])],
    'notify = ["x"] # tail\nb = 1\n',
  ],
  ['date to string', 'since = 1979-05-27 07:32:00 # d\n', [set('since', 'x')], 'since = "x" # d\n'],
  ['float to integer', 'n = 1.0\n', [set('n', 1)], 'n = 1\n'],
  ['integer to float', 'n = 0b11 # bits\n', [set('n', 0.5)], 'n = 0.5 # bits\n'],
  ['boolean', 'on = true# c\n', [set('on', false)], 'on = false# c\n'],
  ['string to array', 'notify = "a"\n', [set('notify', ['a', 1, true])], 'notify = ["a", 1, true]\n'],
  ['array to string', 'notify = ["a"]\n', [set('notify', 'a')], 'notify = "a"\n'],
  ['plain value to table', 'a = 1 # c\n', [set('a', { b: 1 })], 'a = { b = 1 } # c\n'],
  ['look-alike in a string before it', 'x = "model = 1"\nmodel = 2\n', [set('model', 3)], 'x = "model = 1"\nmodel = 3\n'],
  ['look-alike in a comment before it', '# model = 1\nmodel = 2\n', [set('model', 3)], '# model = 1\nmodel = 3\n'],
  ['same name in a table', 'model = 1\n[t]\nmodel = 2\n', [set('model', 3)], 'model = 3\n[t]\nmodel = 2\n'],
  ['the last of two edits wins', 'a = 1\n', [set('a', 2), set('a', 3)], 'a = 3\n'],
  ['two edits far apart', 'a = 1\n# c\nb = 2\n', [set('b', 3), set('a', 4)], 'a = 4\n# c\nb = 3\n'],
];

const kept: readonly Row[] = [
  ['literal string', "model = 'x'\n", [set('model', 'x')], same],
  ['multi-line string', 'model = """\nx"""\n', [set('model', 'x')], same],
  ['hex', 'n = 0xFF\n', [set('n', 255)], same],
  ['underscores', 'n = 4_0\n', [set('n', 40n)], same],
  ['plus sign', 'n = +7\n', [set('n', 7)], same],
  ['exponent', 'n = 15e-1\n', [set('n', 1.5)], same],
  ['array over lines', 'a = [\n 1, # one\n 2,\n]\n', [set('a', [1, 2])], same],
  ['inline table in another order', 'a = { c = 2, b = 1 }\n', [set('a', { b: 1, c: 2 })], same],
  ['header table given as a value', '[a]\nc = 2\n# x\nb = 1\n', [set('a', { b: 1, c: 2 })], same],
  ['array of tables given as a value', '[[a]]\nb = 1\n[[a]]\n', [set('a', [{ b: 1 }, {}])], same],
  ['changed and changed back', 'a = 0x1\n', [set('a', 2), set('a', 1)], same],
  ['no edits', '\uFEFF a = 1 \r\n\n', [], same],
  ['no file, no edits', null, [], ''],
];

const added: readonly Row[] = [
  ['no file', null, [set('model', 'x')], 'model = "x"\n'],
  ['empty file', '', [set('model', 'x')], 'model = "x"\n'],
  ['only a blank line', '\n', [set('model', 'x')], '\nmodel = "x"\n'],
  ['only white space', '  ', [set('model', 'x')], '  \nmodel = "x"'],
  ['comment without a line end', '# c', [set('model', 'x')], '# c\n\nmodel = "x"'],
  ['after the last key', 'a = 1\n', [set('b', 2)], 'a = 1\nb = 2\n'],
  ['before trailing comments', 'a = 1\n\n# end\n', [set('b', 2)], 'a = 1\nb = 2\n\n# end\n'],
  ['after a key with a comment', 'a = 1 # c\n[t]\n', [set('b', 2)], 'a = 1 # c\nb = 2\n[t]\n'],
  ['after an array over lines', 'a = [\n1,\n]\n[t]\n', [set('b', 2)], 'a = [\n1,\n]\nb = 2\n[t]\n'],
  ['before a bare header', '[t]\nx = 1\n', [set('b', 2)], 'b = 2\n\n[t]\nx = 1\n'],
  ['before an array of tables', '[[t]]\nx = 1\n', [set('b', 2)], 'b = 2\n\n[[t]]\nx = 1\n'],
  [
    'between licence and section comment',
    '# licence\n\n# section\n[t]\n',
    [set('b', 2)],
    '# licence\n\nb = 2\n\n# section\n[t]\n',
  ],
  ['below a comment set apart from the header', '# top\n\n[t]\n', [set('b', 2)], '# top\n\nb = 2\n\n[t]\n'],
  ['above a block of comments', '# one\n  # two\n[t]\n', [set('b', 2)], 'b = 2\n\n# one\n  # two\n[t]\n'],
  ['blank lines first', '\n\n[t]\n', [set('b', 2)], '\n\nb = 2\n\n[t]\n'],
  ['keeps the indentation', '  a = 1\n', [set('b', 2)], '  a = 1\n  b = 2\n'],
  ['quotes the key', 'a = 1\n', [set(['x y'], 2), set(['é'], 3), set([''], 4)], 'a = 1\n"x y" = 2\n"é" = 3\n"" = 4\n'],
  ['prototype names', 'a = 1\n', [set('__proto__', 2), set('constructor', 3)], 'a = 1\n__proto__ = 2\nconstructor = 3\n'],
  ['keys before tables, whatever the order', null, [set('t.x', 1), set('a', 2)], 'a = 2\n\n[t]\nx = 1\n'],
];

rows('root values replaced', replaced);
rows('equal values keep their spelling', kept);
rows('root keys added', added);
