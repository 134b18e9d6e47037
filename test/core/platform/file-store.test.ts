import { describe, expect, test } from 'vitest';
import { MachineDecorator } from '../../../src/machine/decorator.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { fileStore } from '../../../src/platform/file-store.ts';
import { Secret } from '../../../src/secret.ts';

const ITEM = { service: 'CLIPROXY_API_KEY', account: 'me' };
const FILE = '/home/me/.config/codex-link/CLIPROXY_API_KEY.token';

test('a token is kept in a private file of a private folder', async () => {
  const machine = new MemoryMachine();
  expect([
    await fileStore.read(machine, ITEM),
    await fileStore.flaw(machine, ITEM),
    await fileStore.unavailable(machine),
  ]).toEqual([null, null, null]);
  await fileStore.write(machine, ITEM, new Secret('token'));
  expect((await fileStore.read(machine, ITEM))?.reveal()).toBe('token');
  expect([(await machine.stat(FILE))?.mode, (await machine.stat('/home/me/.config/codex-link'))?.mode]).toEqual([0o600, 0o700]);
  expect(await fileStore.flaw(machine, ITEM)).toBe(null);
  await fileStore.remove(machine, ITEM);
  await fileStore.remove(machine, ITEM);
  expect(await fileStore.read(machine, ITEM)).toBe(null);
});

test('a folder that was there keeps its mode', async () => {
  const inner = new MemoryMachine();
  inner.placeFolder('/home/me/.config/codex-link', 0o755);
  const machine = new RecordingMachine(inner);
  await fileStore.write(machine, ITEM, new Secret('token'));
  expect(machine.operations.map((one) => one.kind)).toEqual(['makeFolder', 'write']);
  expect((await inner.stat('/home/me/.config/codex-link'))?.mode).toBe(0o755);
});

test.each([
  [0o600, null],
  [0o400, null],
  [0o640, 'mode 640'],
  [0o604, 'mode 604'],
])('a file with mode %o', async (mode, flaw) => {
  const machine = new MemoryMachine();
  machine.placeFolder('/home/me/.config/codex-link', 0o755);
  machine.place(FILE, 'token\n', mode);
  const found = await fileStore.flaw(machine, ITEM);
  if (flaw === null) expect(found).toBe(null);
  else expect(found).toContain(flaw);
});

test.each([
  [0o700, false],
  [0o755, false],
  [0o775, true],
  [0o757, true],
  [0o1777, false],
])('a folder with mode %o: told when others can put another token in its place', async (mode, told) => {
  const machine = new MemoryMachine();
  machine.placeFolder('/home/me/.config/codex-link', mode);
  const advice = (await fileStore.advice?.(machine, ITEM)) ?? [];
  expect(advice.map(({ code, fix }) => [code, fix])).toEqual(
    told ? [['CL3014', "chmod go-w '/home/me/.config/codex-link'"]] : [],
  );
});

test.each([
  ['..', '%2E%2E.token'],
  ['a/b', 'a%2Fb.token'],
  ['.hidden', '%2Ehidden.token'],
  ['ü', '%C3%BC.token'],
])('a service named %s stays in the folder', async (service, name) => {
  const machine = new MemoryMachine();
  await fileStore.write(machine, { ...ITEM, service }, new Secret('token'));
  expect(await machine.list('/home/me/.config/codex-link')).toEqual([name]);
});

test('a disk that keeps something else is found out', async () => {
  class Forgetful extends MachineDecorator {
    override write(path: string): Promise<void> {
      return this.inner.write(path, Buffer.from('other'));
    }
  }
  await expect(fileStore.write(new Forgetful(new MemoryMachine()), ITEM, new Secret('token'))).rejects.toMatchObject({
    findings: [{ code: 'CL3004' }],
  });
});

describe('XDG_CONFIG_HOME', () => {
  test('is where it is kept', async () => {
    const machine = new MemoryMachine({ env: { HOME: '/home/me', XDG_CONFIG_HOME: '/etc/mine' } });
    await fileStore.write(machine, ITEM, new Secret('token'));
    expect(machine.text('/etc/mine/codex-link/CLIPROXY_API_KEY.token')).toBe('token\n');
  });
});
