/** The user's variables in the registry, against the stand-in for reg.exe; what is real of it is tested under Wine. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ReadOnlyMachine } from '../../../../src/machine/read-only.ts';
import { registry, sessionVariables } from '../../../../src/platform/win32/registry.ts';
import { Secret } from '../../../../src/secret.ts';
import { answering, codeOf, onPc } from './on-pc.ts';

const KEY = { name: 'CLIPROXY_API_KEY', item: { service: 'CLIPROXY_API_KEY', account: 'me' } };

test.each(['plain', 'with"quotes', 'back\\slash\\', '%PATH%', 'x'.repeat(1280), "it's;=,|&<>^!"])(
  '%j is written, read and removed',
  (value) =>
    onPc(async ({ machine, pc, home }) => {
      expect(await registry.read(machine, KEY)).toEqual({ value: null, flaw: null, present: false });
      await registry.write(machine, KEY, new Secret(value));
      const { value: read, ...rest } = await registry.read(machine, KEY);
      expect([read?.reveal(), rest]).toEqual([value, { flaw: null, present: true }]);
      expect(pc.state().environment[KEY.name]?.type).toBe('REG_SZ');
      expect(pc.startsWith(value)).toEqual([]);
      // The file that reg.exe took it from.
      expect(existsSync(home.path('.cache')) ? readdirSync(home.path('.cache'), { recursive: true }) : []).toEqual([]);
      await registry.remove(machine, KEY);
      expect(pc.variable(KEY.name)).toBeNull();
      expect(pc.state().broadcasts).toBe(2);
    }),
);

test('reading is reading, and finds a name in any case', () =>
  onPc(async ({ machine, pc }) => {
    await registry.write(machine, { ...KEY, name: 'cliproxy_API_key' }, new Secret('token'));
    const readOnly = new ReadOnlyMachine(machine);
    expect((await registry.read(readOnly, KEY)).value?.reveal()).toBe('token');
    expect(await codeOf(registry.write(readOnly, KEY, new Secret('x')))).toBe('MachineError');
    expect(await codeOf(registry.remove(readOnly, KEY))).toBe('MachineError');
    expect(pc.variable('cliproxy_API_key')).toBe('token');
  }));

const listing = (line: string) => ({ stdout: `\r\nHKEY_CURRENT_USER\\Environment\r\n${line}\r\n\r\n` });

describe('what stands there', () => {
  test.each([
    [
      'a value with a % that Windows replaces',
      `    ${KEY.name}    REG_EXPAND_SZ    a%b`,
      { value: 'a%b', present: true, isFlawed: true },
    ],
    ['one without, of the same type', `    ${KEY.name}    REG_EXPAND_SZ    ab`, { value: 'ab', present: true, isFlawed: false }],
    ['an empty one', `    ${KEY.name}    REG_SZ    `, { value: null, present: true, isFlawed: false }],
    ['an empty one, cut', `    ${KEY.name}    REG_SZ`, { value: null, present: true, isFlawed: false }],
    ['another name that begins so', `    ${KEY.name}2    REG_SZ    x`, { value: null, present: false, isFlawed: false }],
    [
      'a value with spaces',
      `    ${KEY.name}    REG_SZ    a    REG_SZ    b`,
      { value: 'a    REG_SZ    b', present: true, isFlawed: false },
    ],
  ])('%s', async (_what, line, expected) => {
    await onPc(async ({ machine }) => {
      const { value, present, flaw } = await registry.read(answering(machine, 'reg.exe', listing(line)), KEY);
      expect({ value: value?.reveal() ?? null, present, isFlawed: flaw !== null }).toEqual(expected);
    });
  });
});

describe('what it does not believe', () => {
  test('a reg.exe that says that all is well and has done nothing', () =>
    onPc(async ({ machine }) => {
      expect(await codeOf(registry.write(answering(machine, 'reg.exe', {}), KEY, new Secret('x')))).toBe('CL3053');
    }));
  test('one that has written something else', () =>
    onPc(async ({ machine }) => {
      const other = answering(machine, 'reg.exe', listing(`    ${KEY.name}    REG_SZ    y`));
      expect(await codeOf(registry.write(other, KEY, new Secret('x')))).toBe('CL3053');
      expect(await codeOf(registry.remove(other, KEY))).toBe('CL3053');
    }));
  test('one that cannot read: that is not absent', () =>
    onPc(async ({ machine }) => {
      const closed = answering(machine, 'reg.exe', { code: 1, stderr: 'ERROR: Registry editing has been disabled\r\nmore' });
      expect(await codeOf(registry.read(closed, KEY))).toBe('CL3052');
      expect(await sessionVariables(closed, ['CODEX_HOME'])).toEqual([]); // what lies around is no reason to fail
    }));
});

test('a desktop that cannot be told of it is no failure', () =>
  onPc(async ({ machine, pc }) => {
    await registry.write(answering(machine, 'powershell.exe', { code: 1 }), KEY, new Secret('x'));
    expect(pc.variable(KEY.name)).toBe('x');
  }));

test('the variables that a session has, whatever the case of their letters', () =>
  onPc(async ({ machine }) => {
    await registry.write(machine, { ...KEY, name: 'Codex_Home' }, new Secret('D:\\codex'));
    await registry.write(machine, KEY, new Secret('hidden'));
    expect(await sessionVariables(machine, ['CODEX_HOME', 'HTTP_PROXY'])).toEqual([
      { name: 'CODEX_HOME', value: 'D:\\codex', place: null },
    ]);
  }));
