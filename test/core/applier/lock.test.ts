import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { otherHolder, takeLock } from '../../../src/applier/lock.ts';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import { localTimeOf } from '../../../src/local-time.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { inFolder, realMachine } from '../support/real.ts';

const LOCK = '/home/me/.local/state/codex-link/lock';
const refusal = async (taking: Promise<unknown>) => {
  const error = await taking.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CodexLinkError)) throw error ?? new Error('the lock was given');
  return { exitCode: error.exitCode, code: error.findings[0]?.code, message: error.findings[0]?.message };
};
const holder = (own: Record<string, unknown> = {}) =>
  JSON.stringify({ pid: 99, start: 'then', host: 'testhost', command: 'apply', since: '2026-11-21T11:59:00.000Z', ...own });

test('the lock is private, names its holder, and is given back', async () => {
  const machine = new MemoryMachine();
  const release = await takeLock(machine, 'apply');
  expect(JSON.parse(machine.text(LOCK) ?? '')).toEqual({
    pid: 4711,
    start: 'start',
    host: 'testhost',
    command: 'apply',
    since: '2026-11-21T12:00:00.000Z',
  });
  expect((await machine.stat(LOCK))?.mode).toBe(0o600);
  await release();
  expect(await machine.stat('/home/me/.local')).toBe(null); // a run that changed nothing leaves no trace
});

test('folders that were there before stay, and so does what another run has put there', async () => {
  const machine = new MemoryMachine();
  machine.placeFolder('/home/me/.local/state');
  await (await takeLock(machine, 'apply'))();
  expect(await machine.list('/home/me/.local/state')).toEqual([]);
  const release = await takeLock(machine, 'apply');
  machine.place('/home/me/.local/state/codex-link/state.json', '{}');
  await release();
  expect(await machine.list('/home/me/.local/state/codex-link')).toEqual(['state.json']);
});

test('a second run exits 4 and says who has it', async () => {
  const machine = new MemoryMachine();
  const release = await takeLock(machine, 'apply');
  const { exitCode, code, message } = await refusal(takeLock(machine, 'use'));
  expect([exitCode, code]).toEqual([4, 'CL0003']);
  for (const part of ['codex-link apply', 'process 4711', 'testhost', `since ${localTimeOf('2026-11-21T12:00:00.000Z')}`])
    expect(message).toContain(part);
  await release();
  await (await takeLock(machine, 'use'))();
});

describe('a lock that was left behind', () => {
  test.each([
    ['its process is gone', holder(), new Map<number, string>(), true],
    ['its number belongs to another process now', holder(), new Map([[99, 'now']]), true],
    ['its process lives', holder(), new Map([[99, 'then']]), false],
    ['its process lives, and there were no marks', holder({ start: null }), new Map([[99, 'now']]), false],
    ['no marks, and no process', holder({ start: null }), new Map<number, string>(), true],
    [
      'it comes from another host, whose processes cannot be seen',
      holder({ host: 'elsewhere' }),
      new Map<number, string>(),
      false,
    ],
    ['it is empty', '', new Map<number, string>(), true],
    ['it is cut off', '{"pid":99,"st', new Map<number, string>(), true],
    ['it is no lock at all', 'null', new Map<number, string>(), true],
    ['it has no number', '{}', new Map<number, string>(), true],
  ])('%s', async (_what, text, processes, taken) => {
    const machine = new MemoryMachine();
    machine.place(LOCK, text);
    for (const [pid, start] of processes) machine.processes.set(pid, start);
    if (!taken) {
      expect(await refusal(takeLock(machine, 'apply'))).toMatchObject({
        exitCode: 4,
        message: expect.stringContaining('process 99'),
      });
      expect(machine.text(LOCK)).toBe(text);
      return;
    }
    const release = await takeLock(machine, 'apply');
    expect(machine.text(LOCK)).toContain('"pid":4711');
    await release();
    expect(await machine.list('/home/me/.local/state/codex-link')).toEqual([]);
  });

  test.each([
    ['began after it was taken', Date.parse('2026-11-21T11:59:30Z'), true],
    ['began before', Date.parse('2026-11-21T11:58:00Z'), false],
  ])('on Windows, where the process of that number %s', async (_what, birth, taken) => {
    const machine = new MemoryMachine();
    machine.place(LOCK, holder({ start: 'alive' }));
    machine.processes.set(99, 'alive');
    machine.births.set(99, birth);
    if (taken) await (await takeLock(machine, 'apply'))();
    else expect(await refusal(takeLock(machine, 'apply'))).toMatchObject({ exitCode: 4 });
    expect((await otherHolder(machine)) === null).toBe(taken);
  });

  test('by a run that died while taking over: after a while that is taken over too', async () => {
    const machine = new MemoryMachine();
    machine.place(LOCK, holder());
    machine.place(`${LOCK}.breaking`, '');
    expect(await refusal(takeLock(machine, 'apply'))).toMatchObject({
      exitCode: 4,
      message: expect.stringContaining('another run'),
    });
    machine.clock += 11_000;
    await (await takeLock(machine, 'apply'))();
    expect(await machine.list('/home/me/.local/state/codex-link')).toEqual([]);
  });
});

test.each(['EACCES', 'EROFS', 'ENOSPC'])('a folder that cannot be written (%s) has a code of its own', async (code) => {
  for (const at of [1, 2]) {
    const machine = new FaultyMachine(new MemoryMachine(), { at, when: 'before', code });
    expect(await refusal(takeLock(machine, 'apply'))).toMatchObject({ exitCode: 1, code: 'CL0007' });
  }
});

describe('on a real disk', () => {
  const race = (folder: string) => Promise.allSettled(Array.from({ length: 12 }, () => takeLock(realMachine(folder), 'apply')));

  test('of many at once one gets it', () =>
    inFolder(async (folder) => {
      const won = (await race(folder)).filter((one) => one.status === 'fulfilled');
      expect(won).toHaveLength(1);
      await won[0]?.value();
      const state = join(folder, '.local/state/codex-link');
      expect(existsSync(state) ? readdirSync(state) : []).toEqual([]);
    }));

  test('of many at once at most one takes over, and a later one surely', () =>
    inFolder(async (folder) => {
      const machine = realMachine(folder);
      await machine.makeFolder(join(folder, '.local/state/codex-link'), 0o700);
      await machine.write(
        join(folder, '.local/state/codex-link/lock'),
        Buffer.from(holder({ pid: 2 ** 22 + 1, host: machine.facts.host })),
      );
      const results = await race(folder);
      const won = results.filter((one) => one.status === 'fulfilled');
      expect(won.length).toBeLessThanOrEqual(1);
      for (const one of results) if (one.status === 'rejected') expect(one.reason).toMatchObject({ exitCode: 4 });
      await won[0]?.value();
      await (await takeLock(realMachine(folder), 'apply'))();
      expect(readdirSync(join(folder, '.local/state/codex-link'))).toEqual([]);
    }));
});
