import { describe, expect, test } from 'vitest';
import { otherHolder, takeLock } from '../../../src/applier/lock.ts';
import { MachineDecorator } from '../../../src/machine/decorator.ts';
import { MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';

const FOLDER = '/home/me/.local/state/codex-link';
const LOCK = `${FOLDER}/lock`;
const BREAKING = `${LOCK}.breaking`;
const holder = (own: Record<string, unknown> = {}) =>
  JSON.stringify({ pid: 99, start: 'then', host: 'testhost', command: 'apply', since: '2026-11-21T11:59:00.000Z', ...own });

/** Another run does something at the moment of our N-th attempt to make a file. */
class Meanwhile extends MachineDecorator {
  readonly created: string[] = [];
  readonly #then: Readonly<Record<number, (path: string) => boolean | undefined>>;

  constructor(memory: MemoryMachine, then: Readonly<Record<number, (path: string) => boolean | undefined>>) {
    super(memory);
    this.#then = then;
  }

  override async create(path: string, bytes: Uint8Array, mode: number): Promise<boolean> {
    this.created.push(path);
    return this.#then[this.created.length]?.(path) ?? this.inner.create(path, bytes, mode);
  }
}

describe('while the lock is being taken', () => {
  test('it is given back: that is no dead lock to be broken', async () => {
    const memory = new MemoryMachine();
    const machine = new Meanwhile(memory, { 1: () => false });
    await takeLock(machine, 'apply');
    expect(machine.created).toEqual([LOCK, LOCK]);
    expect(memory.text(LOCK)).toContain('"pid":4711');
  });

  test('the other run takes the empty folder away: it is made again', async () => {
    const memory = new MemoryMachine();
    const machine = new Meanwhile(memory, {
      1: (path) => {
        throw new MachineError('ENOENT', 'the folder is gone', path);
      },
    });
    await takeLock(machine, 'apply');
    expect(machine.created).toEqual([LOCK, LOCK]);
    expect(memory.text(LOCK)).toContain('"pid":4711');
  });

  test('a third run takes a dead lock over: it is his', async () => {
    const memory = new MemoryMachine();
    memory.place(LOCK, holder());
    const machine = new Meanwhile(memory, {
      2: () => {
        memory.place(LOCK, holder({ pid: 100 }));
        memory.processes.set(100, 'then');
        return undefined;
      },
    });
    await expect(takeLock(machine, 'apply')).rejects.toMatchObject({
      exitCode: 4,
      findings: [{ message: expect.stringContaining('process 100'), file: LOCK }],
    });
    expect(memory.text(LOCK)).toBe(holder({ pid: 100 }));
    expect(memory.text(BREAKING)).toBeNull();
  });

  test('a third run has just finished a take-over: its mark is gone before it can be looked at', async () => {
    const memory = new MemoryMachine();
    memory.place(LOCK, holder());
    await takeLock(new Meanwhile(memory, { 2: () => false }), 'apply');
    expect(memory.text(LOCK)).toContain('"pid":4711');
  });

  test.each([
    [0, 150],
    [10_000, 50],
  ])('a take-over that began %i ms ago is waited for', async (age, waited) => {
    const memory = new MemoryMachine();
    memory.place(LOCK, holder());
    memory.place(BREAKING, '');
    memory.clock += age;
    const began = memory.clock;
    await expect(takeLock(memory, 'apply')).rejects.toMatchObject({ exitCode: 4 });
    expect(memory.clock - began).toBe(waited);
  });

  test('the disk fails: the finding says so, and names the file', async () => {
    const memory = new MemoryMachine();
    const machine = new Meanwhile(memory, {
      1: (path) => {
        throw new MachineError('ENOSPC', 'the disk is full', path);
      },
    });
    await expect(takeLock(machine, 'apply')).rejects.toMatchObject({
      exitCode: 1,
      findings: [{ code: 'CL0007', message: 'the lock cannot be taken: the disk is full', file: LOCK }],
      cause: { code: 'ENOSPC' },
    });
  });
});

describe('whoever only looks', () => {
  test.each<[string, string | null, string | null]>([
    ['sees nobody without a lock', null, null],
    ['sees nobody in a damaged one', '{"pid"', null],
    ['sees the run that lives', holder({ pid: 99, command: 'rotate' }), 'rotate'],
    ['does not see one that is gone', holder({ pid: 98 }), null],
    ['does not see one whose number was given away', holder({ start: 'before' }), null],
    ['does not see itself', holder({ pid: 4711, start: 'start' }), null],
    ['sees the same number on another host', holder({ pid: 4711, start: 'start', host: 'elsewhere' }), 'apply'],
    ['sees another host, whose processes cannot be looked at', holder({ pid: 98, host: 'elsewhere' }), 'apply'],
  ])('%s', async (_what, text, command) => {
    const machine = new MemoryMachine();
    machine.processes.set(99, 'then');
    if (text !== null) machine.place(LOCK, text);
    expect((await otherHolder(machine))?.command ?? null).toBe(command);
  });
});
