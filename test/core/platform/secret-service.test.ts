import { expect, test } from 'vitest';
import type { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { secretService } from '../../../src/platform/linux/secret-service.ts';
import { Secret } from '../../../src/secret.ts';
import { bus, message } from '../support/bus.ts';
import { BUS, FakeKeyring } from '../support/keyring.ts';

const ITEM = { service: 'CLIPROXY_API_KEY', account: 'me' };
const desktop = () => {
  const machine = new MemoryMachine();
  return { machine, keyring: new FakeKeyring().install(machine) };
};
const codeOf = async (action: Promise<unknown>) => {
  const error = (await action.then(
    () => null,
    (reason: unknown) => reason,
  )) as CodexLinkError | null;
  return error === null ? null : (error.findings[0]?.code ?? error);
};

test('an item is written, read, replaced and removed', async () => {
  const { machine, keyring } = desktop();
  expect(await secretService.unavailable(machine)).toBe(null);
  expect(await secretService.read(machine, ITEM)).toBe(null);
  await secretService.write(machine, ITEM, new Secret('first'));
  await secretService.write(machine, ITEM, new Secret('second'));
  expect((await secretService.read(machine, ITEM))?.reveal()).toBe('second');
  await secretService.remove(machine, ITEM);
  await secretService.remove(machine, ITEM);
  expect([await secretService.read(machine, ITEM), keyring.items.size]).toEqual([null, 0]);
});

test('reading is reading', async () => {
  const { machine, keyring } = desktop();
  keyring.items.set('CLIPROXY_API_KEY me', 'token');
  const readOnly = new ReadOnlyMachine(machine);
  expect((await secretService.read(readOnly, ITEM))?.reveal()).toBe('token');
  expect(await secretService.unavailable(readOnly)).toBe(null);
  await expect(secretService.write(readOnly, ITEM, new Secret('x'))).rejects.toMatchObject({ code: 'EREADONLY' });
  await expect(secretService.remove(readOnly, ITEM)).rejects.toMatchObject({ code: 'EREADONLY' });
});

test('the token goes through standard input and nowhere else', async () => {
  const { machine, keyring } = desktop();
  await secretService.write(machine, ITEM, new Secret('the-token-itself'));
  for (const { input, ...rest } of keyring.commands) expect(JSON.stringify(rest)).not.toContain('the-token-itself');
  expect(keyring.commands.map((one) => [one.args?.[0], one.input])).toEqual([
    ['store', 'the-token-itself'],
    ['lookup', undefined],
  ]);
  expect(keyring.commands[0]?.env).toEqual({ HOME: '/home/me', LANG: 'C.UTF-8', DBUS_SESSION_BUS_ADDRESS: `unix:path=${BUS}` });
});

test('locked is neither absent nor asked: secret-tool, which would open a dialog, is not run', async () => {
  const { machine, keyring } = desktop();
  keyring.items.set('CLIPROXY_API_KEY me', 'token');
  keyring.locked = true;
  expect(await codeOf(secretService.read(machine, ITEM))).toBe('CL3003');
  expect(await codeOf(secretService.write(machine, ITEM, new Secret('x')))).toBe('CL3003');
  expect(await codeOf(secretService.remove(machine, ITEM))).toBe('CL3003');
  expect(keyring.commands).toEqual([]);
});

test('a new item in a locked keyring', async () => {
  const { machine, keyring } = desktop();
  keyring.locked = true;
  expect(await codeOf(secretService.write(machine, ITEM, new Secret('x')))).toBe('CL3003');
});

test.each<[string, (machine: MemoryMachine, keyring: FakeKeyring) => void, string, string]>([
  ['no secret-tool', (machine) => void machine.remove('/usr/bin/secret-tool'), 'CL3001', 'not installed'],
  ['no bus', (machine) => void machine.servers.clear(), 'CL3002', 'no session bus at'],
  ['no keyring on the bus', (_machine, keyring) => Object.assign(keyring, { running: false }), 'CL3002', 'no keyring running'],
  [
    'a bus that does not let us in',
    (machine) =>
      void machine.servers.set(
        BUS,
        bus(() => Buffer.alloc(0), 'REJECTED\r\n'),
      ),
    'CL3002',
    'refused the login',
  ],
  [
    'a keyring that has trouble',
    (machine) =>
      void machine.servers.set(
        BUS,
        bus(({ serial }) => message({ kind: 'error', replyTo: serial, error: 'x.y.Broken' })),
      ),
    'CL3002',
    'x.y.Broken',
  ],
  [
    'a bus that speaks in tongues',
    (machine) =>
      void machine.servers.set(
        BUS,
        bus(() => Buffer.from('B'.repeat(64))),
      ),
    'CL3002',
    'no session bus',
  ],
])('%s is said, and is not absent', async (_what, spoil, code, words) => {
  const { machine, keyring } = desktop();
  keyring.items.set('CLIPROXY_API_KEY me', 'token');
  spoil(machine, keyring);
  expect(await secretService.unavailable(machine)).toMatchObject({ code, message: expect.stringContaining(words) });
  expect(await codeOf(secretService.read(machine, ITEM))).toBe(code);
  expect(await codeOf(secretService.write(machine, ITEM, new Secret('x')))).toBe(code);
});

test('a bus address that leads nowhere is no reason not to look at the usual place', async () => {
  const machine = new MemoryMachine({ env: { HOME: '/home/me', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/gone' } });
  new FakeKeyring().install(machine).items.set('CLIPROXY_API_KEY me', 'token');
  expect((await secretService.read(machine, ITEM))?.reveal()).toBe('token');
});

test('a keyring that cuts what it is given is found out', async () => {
  const { machine, keyring } = desktop();
  keyring.keep = (value) => value.slice(0, 4);
  expect(await codeOf(secretService.write(machine, ITEM, new Secret('too long')))).toBe('CL3004');
});

test.each<[string, Partial<{ code: number; stderr: string; timedOut: boolean }>, string]>([
  ['fails', { code: 1, stderr: 'secret-tool: no idea\n' }, 'CL3004'],
  ['hangs on a dialog', { timedOut: true }, 'CL3003'],
])('a secret-tool that %s', async (_what, exit, code) => {
  const { machine, keyring } = desktop();
  keyring.items.set('CLIPROXY_API_KEY me', 'token');
  machine.programs.set('/usr/bin/secret-tool', () => ({ code: null, stdout: '', stderr: '', timedOut: false, ...exit }));
  expect(await codeOf(secretService.read(machine, ITEM))).toBe(code);
});
