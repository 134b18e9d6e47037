import { describe, expect, test } from 'vitest';
import { parseCommandLine, selectionOf } from '../../../src/cli/arguments.ts';
import { COMMANDS, type CommandName, commandEntry } from '../../../src/cli/command-table.ts';
import { COMMON, FLAGS } from '../../../src/cli/flags.ts';
import { help, helpDocument } from '../../../src/cli/help.ts';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import { problems } from '../support/schemas.ts';

/** Section 4 of the contract. */
const CONTRACT = 'file target exclude json no-color quiet verbose os help version yes no-input'.split(' ');
const names = Object.keys(COMMANDS) as CommandName[];

/** As few operands as the command takes. */
function operands(name: CommandName): string[] {
  const { operands: written, minimum } = commandEntry(name);
  return written
    .split(' ')
    .slice(0, minimum)
    .map((one) => one.split('|')[0] ?? '');
}

function typed(name: CommandName, flag: keyof typeof FLAGS): string[] {
  return [name, ...operands(name), `--${flag}`, ...(FLAGS[flag].type === 'string' ? ['x'] : [])];
}

test('the common flags are those of the contract', () => {
  expect([...COMMON].sort()).toEqual(CONTRACT.sort());
});

describe.each(names)('%s', (name) => {
  test.each(COMMON)('takes --%s, before it and after it', (flag) => {
    const [command = '', ...rest] = typed(name, flag);
    const invocation = parseCommandLine([command, ...rest]);
    expect(invocation).toMatchObject({ command: name, flags: { [flag]: expect.anything() } });
    const given = rest.slice(operands(name).length);
    expect(parseCommandLine([...given, command, ...operands(name)])).toEqual(invocation);
  });

  test('takes its own flags, and none of another command', () => {
    const own: readonly string[] = commandEntry(name).flags;
    for (const flag of Object.keys(FLAGS) as (keyof typeof FLAGS)[]) {
      if ((COMMON as readonly string[]).includes(flag)) continue;
      const parse = () => parseCommandLine(typed(name, flag));
      if (own.includes(flag)) expect(parse().flags[flag]).toBeDefined();
      else expect(parse).toThrow(`${name} has no flag --${flag}`);
    }
  });

  test('tells in its help of each flag once', () => {
    const text = help(name);
    for (const flag of [...commandEntry(name).flags, ...COMMON]) {
      expect(
        text.split('\n').filter((line) => new RegExp(`^ +(-., )?--${flag}( |$)`).test(line)),
        flag,
      ).toHaveLength(1);
    }
    expect(text).toMatch(/\n\nExit code: 0/);
    expect(
      problems('help', { formatVersion: '1.0', command: 'help', codexLinkVersion: '1', ...helpDocument(name) }, true),
    ).toEqual([]);
  });

  test('shows its help and the version without what else it needs', () => {
    expect(parseCommandLine([name, '-h'])).toMatchObject({ command: name, flags: { help: true } });
    expect(parseCommandLine([name, '--version'])).toMatchObject({ command: name, flags: { version: true } });
  });
});

test('the help of the program lists what is common once', () => {
  for (const flag of COMMON) expect(help(null).match(new RegExp(`^ +(-., )?--${flag}( |$)`, 'gm'))).toHaveLength(1);
});

test.each([
  [['plna'], 'did you mean plan?'],
  [['plan', '--jsno'], 'did you mean --json?'],
  [['plan', '-z'], 'there is no flag -z'],
  [['plan', 'x'], 'plan does not take "x"'],
  [['use'], 'use needs cliproxy|openai|auto'],
  [['plan', '--target'], "Option '--target <value>' argument missing"],
])('%j is wrong usage', (argv, message) => {
  const error = (() => {
    try {
      return parseCommandLine(argv);
    } catch (caught) {
      return caught;
    }
  })();
  expect(error).toBeInstanceOf(CodexLinkError);
  expect(error).toMatchObject({ exitCode: 64, message: expect.stringContaining(message) });
});

test('flags that may come again are kept in order', () => {
  const { flags } = parseCommandLine(['plan', '--target', 'a', '--exclude=b', '--target', 'c', '-qv']);
  expect(selectionOf(flags)).toEqual({ targets: ['a', 'c'], excludes: ['b'] });
  expect(flags).toMatchObject({ quiet: true, verbose: true });
});
