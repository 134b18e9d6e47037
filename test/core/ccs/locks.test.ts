import { describe, expect, test } from 'vitest';
import { withConfigLock, withRegistryLock } from '../../../src/ccs/locks.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';

const CCS = '/home/me/.ccs';
const LOCKS = [
  [
    'the registry',
    withRegistryLock,
    `${CCS}/cliproxy.lock`,
    (machine: MemoryMachine) => machine.placeFolder(`${CCS}/cliproxy.lock`),
  ],
  [
    'config.yaml',
    withConfigLock,
    `${CCS}/config.yaml.lock`,
    (machine: MemoryMachine) => machine.place(`${CCS}/config.yaml.lock`, `4711\n${machine.clock}\nsomebody`),
  ],
] as const;

describe.each(LOCKS)('the lock of %s', (_name, withLock, path, hold) => {
  test('is there while the work is done, and gone afterwards, whatever happens', async () => {
    const machine = new MemoryMachine();
    await withLock(machine, CCS, async () => expect(await machine.lstat(path)).not.toBeNull());
    expect(await machine.lstat(path)).toBeNull();
    await expect(withLock(machine, CCS, () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
    expect(await machine.lstat(path)).toBeNull();
  });

  test('is waited for while somebody lives who holds it, and then given up with exit 4', async () => {
    const machine = new MemoryMachine();
    hold(machine);
    const touch = machine.sleep.bind(machine);
    machine.sleep = async (milliseconds) => {
      await touch(milliseconds);
      hold(machine); // proper-lockfile touches its folder while it holds it
    };
    await expect(withLock(machine, CCS, async () => 'done')).rejects.toMatchObject({
      exitCode: 4,
      findings: [{ code: 'CL7002' }],
    });
    expect(await machine.lstat(path)).not.toBeNull();
  });

  test('is taken as soon as it is free', async () => {
    const machine = new MemoryMachine();
    hold(machine);
    const sleep = machine.sleep.bind(machine);
    machine.sleep = async (milliseconds) => {
      await sleep(milliseconds);
      await machine.remove(path);
    };
    expect(await withLock(machine, CCS, async () => 'done')).toBe('done');
  });

  test('left by a crash is taken over', async () => {
    const machine = new MemoryMachine();
    const dying = new FaultyMachine(machine, { at: 2, when: 'after', code: 'CRASH' });
    await expect(withLock(dying, CCS, async () => 'done')).rejects.toThrow('planted');
    expect(await machine.lstat(path)).not.toBeNull();
    machine.processes.clear();
    machine.clock += 20_000;
    expect(await withLock(machine, CCS, async () => 'done')).toBe('done');
    expect(await machine.lstat(path)).toBeNull();
  });
});

test('a lock of config.yaml whose number another process has by now is taken over', async () => {
  const machine = new MemoryMachine();
  machine.place(`${CCS}/config.yaml.lock`, `4711\n${machine.clock - 31_000}\nsomebody`);
  const before = machine.clock;
  expect(await withConfigLock(machine, CCS, async () => 'done')).toBe('done');
  expect(machine.clock).toBe(before);
});

test('a lock of config.yaml that cannot be understood counts by its age', async () => {
  const machine = new MemoryMachine();
  machine.place(`${CCS}/config.yaml.lock`, 'nonsense');
  const before = machine.clock;
  expect(await withConfigLock(machine, CCS, async () => 'done')).toBe('done');
  expect(machine.clock - before).toBeGreaterThan(5000);
});
