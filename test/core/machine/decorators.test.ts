import { describe, expect, test } from 'vitest';
import type { Operation } from '../../../src/machine/decorator.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import type { Command, Machine } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';

const bytes = new TextEncoder().encode('new');
const program = (effect: Command['effect']): Command => ({ file: '/bin/touch', env: {}, timeoutMs: 1000, effect });

/** Every way to change a machine. A new method of `Machine` has to get into one of these two tables: the last test sees to it. */
const CHANGES: Readonly<Record<Operation['kind'], (machine: Machine) => Promise<unknown>>> = {
  write: (machine) => machine.write('/d/file', bytes),
  append: (machine) => machine.append('/d/file', bytes),
  create: (machine) => machine.create('/d/made', bytes, 0o600),
  makeFolder: (machine) => machine.makeFolder('/d/folder', 0o700),
  chmod: (machine) => machine.chmod('/d/file', 0o600),
  remove: (machine) => machine.remove('/d/file'),
  claim: (machine) => machine.claim('/d/lock', null),
  release: (machine) => machine.release('/d/file'),
  run: (machine) => machine.run(program('write')),
};

const READINGS: Readonly<Record<Exclude<keyof Machine, Operation['kind']>, (machine: Machine) => unknown>> = {
  facts: (machine) => machine.facts.home,
  now: (machine) => machine.now(),
  sleep: (machine) => machine.sleep(0),
  read: (machine) => machine.read('/d/file'),
  stat: (machine) => machine.stat('/d/file'),
  lstat: (machine) => machine.lstat('/d/link'),
  list: (machine) => machine.list('/d'),
  readLink: (machine) => machine.readLink('/d/link'),
  scratch: (machine) => machine.scratch({ 'config.toml': bytes }, (folder) => machine.read(`${folder}/config.toml`)),
  processStart: (machine) => machine.processStart(4711),
  isYounger: (machine) => machine.isYounger(4711, 0),
  dial: async (machine) => {
    const connection = await machine.dial({ kind: 'tcp', host: 'localhost', port: 1 }, 100);
    await connection.send(bytes);
    return connection.receive();
  },
};

function memory(): MemoryMachine {
  const machine = new MemoryMachine();
  machine.place('/d/file', 'old');
  machine.placeLink('/d/link', 'file');
  machine.servers.set('localhost:1', () => bytes);
  machine.programs.set('/bin/touch', (_command, on) => {
    on.place('/d/touched', '');
    return { code: 0, stdout: '', stderr: '', timedOut: false };
  });
  return machine;
}

describe('the read-only machine', () => {
  test.each(Object.entries(CHANGES))('refuses %s', async (kind, change) => {
    const inner = memory();
    const before = inner.snapshot();
    await expect(change(new ReadOnlyMachine(inner))).rejects.toMatchObject({
      name: 'MachineError',
      code: 'EREADONLY',
      message: expect.stringContaining(kind),
    });
    expect(inner.snapshot()).toEqual(before);
  });

  test.each(Object.entries(READINGS))('lets %s through', async (_name, read) => {
    const inner = memory();
    expect(await read(new ReadOnlyMachine(inner))).toEqual(await read(memory()));
    expect(inner.snapshot()).toEqual(memory().snapshot());
  });

  test('runs a program that promises to change nothing', async () => {
    const { code } = await new ReadOnlyMachine(memory()).run(program('read'));
    expect(code).toBe(0);
  });
});

describe('the recording machine', () => {
  test.each(Object.entries(CHANGES))('remembers %s, and lets it happen', async (kind, change) => {
    const [inner, twin] = [memory(), memory()];
    const recording = new RecordingMachine(inner);
    expect(await change(recording)).toEqual(await change(twin));
    expect(inner.snapshot()).toEqual(twin.snapshot());
    expect(recording.operations.map((one) => one.kind)).toEqual([kind]);
  });

  test('remembers no reading', async () => {
    const recording = new RecordingMachine(memory());
    for (const read of Object.values(READINGS)) await read(recording);
    await recording.run(program('read'));
    expect(recording.operations).toEqual([]);
  });
});

describe.each(Object.entries(CHANGES))('the faulty machine and %s', (_kind, change) => {
  const untouched = memory().snapshot();
  const changed = async () => {
    const machine = memory();
    await change(machine);
    return machine.snapshot();
  };

  test.each([
    ['before', 'EIO', false],
    ['after', 'EIO', true],
    ['before', 'CRASH', false],
    ['after', 'CRASH', true],
  ] as const)('strikes %s with %s', async (when, code, happened) => {
    const inner = memory();
    const faulty = new FaultyMachine(inner, { at: 1, when, code });
    expect(faulty.struck).toBe(false);
    await expect(change(faulty)).rejects.toMatchObject({ name: 'MachineError', code });
    expect(faulty.struck).toBe(true);
    expect(inner.snapshot()).toEqual(happened ? await changed() : untouched);
    const again = faulty.write('/d/other', bytes);
    if (code === 'CRASH') await expect(again).rejects.toMatchObject({ code: 'CRASH' });
    else await again;
    expect(inner.text('/d/other')).toBe(code === 'CRASH' ? null : 'new');
  });

  test('lets what comes earlier happen', async () => {
    const inner = memory();
    const faulty = new FaultyMachine(inner, { at: 2, when: 'before', code: 'EIO' });
    await change(faulty);
    expect(faulty.struck).toBe(false);
    await expect(faulty.write('/d/other', bytes)).rejects.toMatchObject({ code: 'EIO' });
  });
});

test('every method of a machine is in one of the tables', () => {
  const methods = Object.getOwnPropertyNames(MemoryMachine.prototype);
  const own = ['constructor', 'place', 'placeLink', 'placeFolder', 'text', 'snapshot'];
  const known = [...Object.keys(CHANGES), ...Object.keys(READINGS)];
  expect(methods.filter((name) => !own.includes(name) && !known.includes(name))).toEqual([]);
});
