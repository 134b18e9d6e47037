import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DiscreetMachine } from '../../../src/machine/discreet.ts';
import { type Machine, MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { onPath, systemProgram, userEnvironment } from '../../../src/machine/programs.ts';

function machineWith(path: string, ...programs: string[]): MemoryMachine {
  const machine = new MemoryMachine({ env: { HOME: '/home/me', PATH: path } });
  for (const program of programs) machine.place(program, '', 0o755);
  return machine;
}

describe('a program of the user', () => {
  test.each<[string, string, string[], string | null]>([
    ['the first on PATH', '/a:/b', ['/b/x', '/a/x'], '/a/x'],
    ['where npm puts it, when PATH has it not', '/usr/bin:/bin', ['/home/me/.npm-global/bin/x'], '/home/me/.npm-global/bin/x'],
    ['without any PATH, as in cron', '', ['/usr/local/bin/x'], '/usr/local/bin/x'],
    [
      'beside Node, for a Node of nvm in cron',
      '/usr/bin:/bin',
      [`${dirname(process.execPath)}/x`],
      `${dirname(process.execPath)}/x`,
    ],
    ['not through a PATH that depends on where one stands', '.:bin:', ['/home/me/x'], null],
    ['nowhere', '/a', [], null],
  ])('%s', async (_what, path, programs, found) => {
    expect(await onPath(machineWith(path, ...programs), 'x')).toBe(found);
  });

  test('is executable, and a file; a folder that may not be entered does not matter', async () => {
    const machine = machineWith('/a:/b:/c', '/c/x');
    machine.place('/a/x', '', 0o644);
    machine.placeFolder('/b/x');
    expect(await onPath(machine, 'x')).toBe('/c/x');
    const stat = machine.stat.bind(machine);
    machine.stat = async (path) => {
      if (path.startsWith('/a/')) throw new MachineError('EACCES', 'closed');
      return stat(path);
    };
    expect(await onPath(machine, 'x')).toBe('/c/x');
  });
});

test('a program of the OS is never taken from PATH', async () => {
  expect(await systemProgram(machineWith('/home/me/evil', '/home/me/evil/secret-tool'), 'secret-tool')).toBe(null);
  expect(await systemProgram(machineWith('/home/me/evil', '/home/me/evil/kill', '/bin/kill'), 'kill')).toBe('/bin/kill');
});

describe('the environment of a program', () => {
  test('is that of the user, with a PATH on which Node is', () => {
    const machine = new MemoryMachine({ env: { HOME: '/home/me', PATH: '/a', UNSET: undefined, LANG: 'C' } });
    const { PATH, ...rest } = userEnvironment(machine, { TERM: 'x' });
    expect(rest).toEqual({ HOME: '/home/me', LANG: 'C', TERM: 'x' });
    expect(PATH?.split(':')[0]).toBe('/a');
    expect(PATH?.split(':')).toContain(dirname(process.execPath));
  });

  test('lacks the variables that hold the token', () => {
    const inner = new MemoryMachine({ env: { HOME: '/home/me', GATEWAY_KEY: 'hidden', CLIPROXY_API_KEY: 'hidden', OTHER: 'x' } });
    const discreet = new DiscreetMachine(inner, ['CLIPROXY_API_KEY', 'GATEWAY_KEY']);
    expect(JSON.stringify(userEnvironment(discreet))).not.toContain('hidden');
    expect(userEnvironment(discreet).OTHER).toBe('x');
    expect(discreet.facts.env.GATEWAY_KEY).toBe('hidden'); // codex-link itself has to read it
  });
});

describe('a program of another OS', () => {
  const foreign = (os: 'darwin' | 'win32', simulated: boolean, ...programs: string[]) => {
    const env = { HOME: '/home/me', PATH: '/stand-ins:relative', SystemRoot: '/windows' };
    const machine = new MemoryMachine({ os, simulated, env });
    for (const program of programs) machine.place(program, '', 0o755);
    return machine;
  };

  test.each<['darwin' | 'win32', boolean, string[], string | null]>([
    ['darwin', true, ['/stand-ins/x', '/usr/bin/x'], '/stand-ins/x'],
    ['darwin', true, ['/usr/bin/x'], null],
    ['darwin', false, ['/stand-ins/x', '/usr/sbin/x'], '/usr/sbin/x'],
    ['darwin', false, ['/usr/local/bin/x'], null],
    ['win32', true, ['/stand-ins/x.exe', '/stand-ins/x'], '/stand-ins/x.exe'],
    ['win32', true, ['/stand-ins/x'], '/stand-ins/x'],
    ['win32', true, ['/home/me/relative/x.exe'], null],
  ])('%s, simulated: %s, with %j', async (os, simulated, programs, found) => {
    expect(await systemProgram(foreign(os, simulated, ...programs), 'x')).toBe(found);
  });
});

describe('on Windows', () => {
  const APPDATA = 'C:\\Users\\me\\AppData\\Roaming';

  /** Only what is asked of it here: a machine in memory has the paths of Linux. */
  const windows = (env: Record<string, string>, ...files: string[]) => {
    const facts = { os: 'win32', simulated: false, home: 'C:\\Users\\me', env, secretVariables: ['CLIPROXY_API_KEY'] };
    return {
      facts,
      stat: async (path: string) => (files.includes(path) ? { kind: 'file', mode: 0o666 } : null),
    } as unknown as Machine;
  };

  test.each<[string, string, string[], string | null]>([
    ['by its ending', 'C:\\a;C:\\b', ['C:\\b\\x.cmd', 'C:\\a\\x.exe'], 'C:\\a\\x.exe'],
    ['not the file for the shells of Unix', 'C:\\a', ['C:\\a\\x', 'C:\\a\\x.cmd'], 'C:\\a\\x.cmd'],
    ['a program before a script of the same folder', 'C:\\a', ['C:\\a\\x.cmd', 'C:\\a\\x.exe'], 'C:\\a\\x.exe'],
    ['in a folder that is quoted', '"C:\\my tools";C:\\b', ['C:\\my tools\\x.exe'], 'C:\\my tools\\x.exe'],
    ['not where one stands', '.;tools', ['C:\\Users\\me\\x.exe', 'tools\\x.exe'], null],
    ['where npm puts it, when PATH has it not', 'C:\\Windows', [`${APPDATA}\\npm\\x.cmd`], `${APPDATA}\\npm\\x.cmd`],
  ])('a program is found %s', async (_what, PATH, files, found) => {
    expect(await onPath(windows({ PATH, APPDATA }, ...files), 'x')).toBe(found);
  });

  test('a program of the OS stands in its folders', async () => {
    const reg = 'D:\\Win\\System32\\reg.exe';
    expect(await systemProgram(windows({ PATH: 'C:\\evil', SystemRoot: 'D:\\Win' }, 'C:\\evil\\reg.exe', reg), 'reg')).toBe(reg);
    expect(await systemProgram(windows({ PATH: 'C:\\evil' }, 'C:\\evil\\reg.exe'), 'reg')).toBe(null);
  });

  test('a program has one PATH, however it was written, and no secret, however it was written', () => {
    // What process.env gives for PATH there, and what a copy of it does not.
    const env = Object.create({ PATH: 'C:\\a' }, { Path: { value: 'C:\\a', enumerable: true } }) as Record<string, string>;
    Object.assign(env, { SystemRoot: 'C:\\Windows', cliproxy_api_key: 'hidden' });
    const given = userEnvironment(windows(env));
    expect(Object.keys(given).filter((name) => name.toUpperCase() === 'PATH')).toEqual(['PATH']);
    expect(given.PATH).toMatch(/^C:\\a;.*;C:\\Windows\\System32;/);
    expect(JSON.stringify(given)).not.toContain('hidden');
    expect(given.SystemRoot).toBe('C:\\Windows');
  });
});
