import { describe, expect, test } from 'vitest';
import { doctor } from '../../../src/codex/doctor.ts';
import { acceptance } from '../../../src/codex/staged.ts';
import type { Command, Exit } from '../../../src/machine/machine.ts';
import { MemoryMachine, type Program } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';

const CODEX = '/usr/local/bin/codex';
const exit = (code: number | null, stdout = '', own: Partial<Exit> = {}): Exit => ({
  code,
  stdout,
  stderr: '',
  timedOut: false,
  ...own,
});

function machineWith(program: Program | null): MemoryMachine {
  const machine = new MemoryMachine({ env: { HOME: '/home/me', PATH: '/usr/bin', CODEX_HOME: '/home/me/other' } });
  if (program === null) return machine;
  machine.place(CODEX, '', 0o755);
  machine.programs.set(CODEX, program);
  return machine;
}

describe('acceptance', () => {
  const asked = (program: Program | null) => acceptance(new ReadOnlyMachine(machineWith(program)), 'model = "a"\n');
  const said = (detail: unknown) => JSON.stringify({ error: { message: 'short', data: detail } });

  test.each<[string, Program | null, object]>([
    ['it takes the file', () => exit(0, '{}'), { state: 'accepted' }],
    [
      'it refuses the file, at a place',
      ({ env }) => exit(1, said({ detail: `${env.CODEX_HOME}/config.toml:3:5: no luck`, line: 3, column: 5 })),
      { state: 'refused', why: 'config.toml:3:5: no luck', file: null, line: 3, column: 5 },
    ],
    [
      'it refuses the file, nowhere',
      () => exit(1, said({ detail: 'no luck' })),
      { state: 'refused', why: 'no luck', file: null, line: null, column: null },
    ],
    [
      'it refuses the file in few words',
      () => exit(1, said(undefined)),
      { state: 'refused', why: 'short', file: null, line: null, column: null },
    ],
    [
      'it does not know the question',
      () => exit(2, '', { stderr: 'unexpected argument' }),
      { state: 'not-asked', why: 'codex gave no answer (exit code 2)' },
    ],
    ['it says something else', () => exit(1, '{"ok":false}'), { state: 'not-asked', why: 'codex gave no answer (exit code 1)' }],
    ['it hangs', () => exit(null, '', { timedOut: true }), { state: 'not-asked', why: 'codex gave no answer (timeout)' }],
    ['it is not there', null, { state: 'not-asked', why: 'codex is not installed' }],
  ])('%s', async (_what, program, answer) => {
    expect(await asked(program)).toEqual(answer);
  });

  test('a Codex that cannot be started is not asked', async () => {
    const machine = machineWith(null);
    machine.place(CODEX, '', 0o755);
    expect(await acceptance(machine, '')).toMatchObject({ state: 'not-asked', why: expect.stringContaining('ENOENT') });
  });

  test("is asked on a copy, of which nothing stays, and the user's own folder is not touched", async () => {
    const commands: Command[] = [];
    const machine = machineWith((command, on) => {
      commands.push(command);
      expect(on.text(`${command.env.CODEX_HOME}/config.toml`)).toBe('model = "a"\n');
      on.place(`${command.env.CODEX_HOME}/log/left-behind`, 'x');
      return exit(0);
    });
    const before = machine.snapshot();
    await acceptance(new ReadOnlyMachine(machine), 'model = "a"\n');
    expect(machine.snapshot()).toEqual(before);
    expect(commands).toMatchObject([
      { args: ['app-server', '--print-startup-config'], effect: 'read', env: { HOME: '/home/me', TERM: 'xterm-256color' } },
    ]);
    expect(commands[0]?.env.CODEX_HOME).toMatch(/^\/home\/me\/\.cache\/codex-link\//);
    expect(commands[0]?.cwd).toBe(commands[0]?.env.CODEX_HOME);
  });
});

describe('the doctor', () => {
  const check = (id: string, status = 'ok', details: unknown = {}) => ({
    [id]: { id, status, summary: 's', remediation: null, details },
  });
  const report = (...checks: object[]) => JSON.stringify({ schemaVersion: 1, checks: Object.assign({}, ...checks) });
  const NETWORK = report(
    check('config.load', 'ok', { 'model provider': 'cliproxy' }),
    check('network.provider_reachability', 'ok', {
      route: ['x'],
      address: 'http://127.0.0.1:8317/v1/<redacted> reachable (HTTP 401)',
    }),
  );
  const OLD = report(
    check('config.load', 'ok', { 'model provider': 'cliproxy' }),
    check('terminal.env', 'warning'),
    check('network.env'),
  );

  test('gives its checks, and what it says of the provider', async () => {
    const machine = machineWith(() => exit(0, NETWORK));
    expect(await doctor(new ReadOnlyMachine(machine), '', 'network', {})).toEqual({
      provider: 'cliproxy',
      address: 'http://127.0.0.1:8317/v1',
      checks: ['config.load', 'network.provider_reachability'].map((id) => ({
        id,
        status: 'ok',
        summary: 's',
        remediation: null,
      })),
    });
  });

  test('is asked about the network only, unless all is wanted', async () => {
    const asked: (readonly string[] | undefined)[] = [];
    const machine = machineWith(({ args }) => {
      asked.push(args);
      return exit(1, NETWORK);
    });
    await doctor(machine, '', 'network', {});
    await doctor(machine, '', 'full', {});
    expect(asked).toEqual([
      ['doctor', '--json', '--network-only'],
      ['doctor', '--json'],
    ]);
  });

  test('finds the variables that it is given, and no token that it is not', async () => {
    const seen: (string | undefined)[] = [];
    const machine = machineWith(({ env }) => {
      seen.push(env.CLIPROXY_API_KEY);
      return exit(0, NETWORK);
    });
    await doctor(machine, '', 'network', { CLIPROXY_API_KEY: 'not-the-token' });
    await doctor(machine, '', 'network', {});
    expect(seen).toEqual(['not-the-token', undefined]);
  });

  test('of an older Codex is asked for all, and the rest is left out', async () => {
    const machine = machineWith(({ args }) =>
      args?.includes('--network-only') ? exit(2, 'error: unexpected argument') : exit(0, OLD),
    );
    expect(await doctor(machine, '', 'network', {})).toMatchObject({
      provider: 'cliproxy',
      address: null,
      checks: [{ id: 'config.load' }, { id: 'network.env' }],
    });
    expect(await doctor(machine, '', 'full', {})).toMatchObject({
      checks: [{ id: 'config.load' }, { id: 'terminal.env' }, { id: 'network.env' }],
    });
  });

  test.each<[string, Program | null, string]>([
    ['there is no Codex', null, 'codex is not installed'],
    ['it says nothing', () => exit(1), 'codex doctor gave no report (exit code 1)'],
    ['it says something else', () => exit(0, '[]'), 'codex doctor gave no report (exit code 0)'],
    ['it hangs', () => exit(null, '', { timedOut: true }), 'codex doctor gave no report (timeout)'],
  ])('%s: there is a reason in place of a report', async (_what, program, why) => {
    expect(await doctor(machineWith(program), '', 'network', {})).toBe(why);
  });
});
