import { describe, expect, it } from 'vitest';
import { type Edit, editToml } from '../../src/toml/edit.ts';
import { del, type Row, rows, same, set } from './exact.ts';

const lineEnds: readonly Row[] = [
  ['CRLF, key added', 'a = 1\r\n[t]\r\n', [set('b', 2), set('t.c', 3)], 'a = 1\r\nb = 2\r\n[t]\r\nc = 3\r\n'],
  ['CRLF, table added', 'a = 1\r\n', [set('t.b', 2)], 'a = 1\r\n\r\n[t]\r\nb = 2\r\n'],
  ['CRLF, no last line end', 'a = 1\r\nb = 2', [set('c', 3)], 'a = 1\r\nb = 2\r\nc = 3'],
  ['CRLF, value replaced before it', 'a = "x"\r\n', [set('a', 'y')], 'a = "y"\r\n'],
  ['CRLF, array over lines', 'a = [\r\n1,\r\n]\r\nb = 2\r\n', [set('a', [])], 'a = []\r\nb = 2\r\n'],
  ['more CRLF than LF', 'a = 1\r\nb = 2\r\nc = 3\n', [set('d', 4)], 'a = 1\r\nb = 2\r\nc = 3\nd = 4\r\n'],
  ['more LF than CRLF', 'a = 1\r\nb = 2\nc = 3\n', [set('d', 4)], 'a = 1\r\nb = 2\nc = 3\nd = 4\n'],
  ['as many of both', 'a = 1\r\nb = 2\n', [set('c', 3)], 'a = 1\r\nb = 2\nc = 3\n'],
  ['mark, key added on top', '\uFEFF[t]\n', [set('a', 1)], '\uFEFFa = 1\n\n[t]\n'],
  ['mark and nothing else', '\uFEFF', [set('a', 1)], '\uFEFFa = 1\n'],
  ['mark, everything deleted', '\uFEFFa = 1\n', [del('a')], '\uFEFF'],
  ['mark, nothing to do', '\uFEFFa = 1', [set('a', 1)], same],
  ['a line break in a value is escaped', 'a = 1\r\n', [set('a', 'x\r\ny\n')], 'a = "x\\r\\ny\\n"\r\n'],
];

const values: readonly Row[] = [
  ['control characters', null, [set('a', '\u0000\b\t\f\u001b\u001f\u007f')], 'a = "\\u0000\\b\\t\\f\\u001b\\u001f\\u007f"\n'],
  ['quotes and backslashes', null, [set('a', '"\\\'')], 'a = "\\"\\\\\'"\n'],
  ['three quotes', null, [set('a', '"""')], 'a = "\\"\\"\\""\n'],
  ['beyond the first plane', null, [set('a', '🚀\u2028\u0085')], 'a = "🚀\u2028\u0085"\n'],
  [
    'large integers',
    null,
    [set('a', 2n ** 63n - 1n), set('b', -(2n ** 63n))],
    'a = 9223372036854775807\nb = -9223372036854775808\n',
  ],
  ['safe integers', null, [set('a', Number.MAX_SAFE_INTEGER), set('b', -0)], 'a = 9007199254740991\nb = 0\n'],
  ['small floats', null, [set('a', 1e-7), set('b', -0.25), set('c', 5e-324)], 'a = 1e-7\nb = -0.25\nc = 5e-324\n'],
  ['nested arrays', null, [set('a', [[], [1, ['x']], [true]])], 'a = [[], [1, ["x"]], [true]]\n'],
  [
    'tables in tables',
    'a = { b = 1 }\n',
    [set('a.c', { d: { e: [] }, f: {} })],
    'a = { b = 1, c = { d = { e = [] }, f = {} } }\n',
  ],
  ['a very long line', `a = "${'x'.repeat(100_000)}" # c\nb = 1\n`, [set('b', 2)], `a = "${'x'.repeat(100_000)}" # c\nb = 2\n`],
];

rows('line ends and byte order mark', lineEnds);
rows('values written', values);

const apply: readonly Edit[] = [
  set('model', 'gpt-5.6'),
  set('model_provider', 'cliproxy'),
  set('model_providers.cliproxy.name', 'CLIProxyAPI'),
  set('model_providers.cliproxy.auth.command', '/usr/local/bin/codex-link'),
  set('model_providers.cliproxy.auth.args', ['token', 'print']),
];
const destroy: readonly Edit[] = [del('model'), del('model_provider'), del('model_providers.cliproxy')];

describe('editToml, applied and destroyed again', () => {
  it.each([
    '',
    '# only a comment\n',
    '# no line end',
    'approval_policy = "never"\n',
    'approval_policy = "never"',
    'approval_policy = "never" # c\r\n\r\n# tui\r\n[tui]\r\nx = 1\r\n',
    '# tui\n[tui]\nx = 1\n',
    '\uFEFF# licence\n\n# tui\n[tui]\nx = 1',
    '[model_providers.azure]\nname = "Azure"\n\n# mcp\n[mcp_servers.a]\n',
    '[model_providers]\n# none yet\n\n[tui]\n',
    'model_providers = { azure = { name = "Azure" } } # all\n',
    'model_providers.azure.name = "Azure"\n\n[tui]\n',
    '[[hooks]]\na = 1\n\n[hooks.env]\nb = 1\n',
  ])('%j comes back byte by byte', (input) => {
    const applied = editToml(input, apply);
    expect(applied).not.toBe(input);
    expect(editToml(applied, apply)).toBe(applied);
    expect(editToml(applied, destroy)).toBe(input);
  });
});
