import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { RealMachine } from '../../../src/machine/real.ts';
import { removeTemporary, removeTemporaryIn, temporaryFor } from '../../../src/machine/temporary.ts';
import { desired } from '../support/desired.ts';
import { applyTo, CONFIG, KEY, rebooted, STATE, TOKEN_FILE, world } from '../support/world.ts';

const TEMPORARY = /\/\.[^/]+\.\d+-[0-9a-f]{8}\.tmp$/;
const DEAD = 99;
const bytes = new TextEncoder().encode('0123456789');
const temporaries = (machine: MemoryMachine) => Object.keys(machine.snapshot()).filter((path) => TEMPORARY.test(path));

describe('temporary files of writes that were cut off', () => {
  test('go where they belong to these files and their process is gone, or had our number', async () => {
    const machine = new MemoryMachine();
    machine.processes.set(50, 'alive');
    const gone = [temporaryFor('/d/a', DEAD), temporaryFor('/d/a', machine.facts.pid), temporaryFor('/e/b', DEAD)];
    const stays = [temporaryFor('/d/a', 50), temporaryFor('/d/other', DEAD), '/d/.a.tmp', '/d/.a.x-12345678.tmp', '/d/a'];
    for (const path of [...gone, ...stays]) machine.place(path, 'x');
    await removeTemporary(machine, ['/d/a', '/e/b', '/nowhere/c']);
    expect(await machine.list('/e')).toEqual([]);
    expect((await machine.list('/d')).map((name) => `/d/${name}`).sort()).toEqual(stays.toSorted());
    await removeTemporaryIn(machine, '/d');
    expect((await machine.list('/d')).length).toBe(stays.length - 1);
  });

  test('are named alike by the real machine, for files that are replaced and for those that are made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'codex-link-temporary-'));
    try {
      const machine = new RealMachine();
      const seen: string[] = [];
      mkdirSync(join(folder, 'taken'));
      writeFileSync(join(folder, 'file'), 'old');
      const watched = setInterval(() => seen.push(...readdirSync(folder)), 0);
      const large = new Uint8Array(30_000_000);
      await machine.write(join(folder, 'file'), large);
      await machine.create(join(folder, 'made'), large, 0o600);
      clearInterval(watched);
      const names = new Set(seen.filter((name) => name.endsWith('.tmp')).map((name) => name.split('.')[1]));
      expect([...names].sort()).toEqual(['file', 'made']);
      expect(seen.filter((name) => name.endsWith('.tmp')).every((name) => TEMPORARY.test(`/${name}`))).toBe(true);
      const dead = temporaryFor(join(folder, 'file'), 4_194_304 + 1); // above the highest number of a process on Linux
      writeFileSync(dead, 'x');
      await removeTemporary(machine, [join(folder, 'file')]);
      expect(existsSync(dead)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a torn write', () => {
  test.each<[string, (machine: Machine) => Promise<unknown>]>([
    ['write', (machine) => machine.write('/d/link', bytes)],
    ['create', (machine) => machine.create('/d/new', bytes, 0o644)],
  ])('%s leaves half a temporary file that only its owner can read, and the file untouched', async (kind, change) => {
    const machine = new MemoryMachine();
    machine.place('/r/file', 'old', 0o644);
    machine.placeLink('/d/link', '/r/file');
    const faulty = new FaultyMachine(machine, { at: 1, when: 'torn', code: 'CRASH' });
    await expect(change(faulty)).rejects.toMatchObject({ code: 'CRASH' });
    expect([machine.text('/r/file'), machine.text('/d/new')]).toEqual(['old', null]);
    const [left = '', ...more] = temporaries(machine);
    expect([left.split('.')[1], more]).toEqual([kind === 'write' ? 'file' : 'new', []]);
    expect([machine.text(left), (await machine.stat(left))?.mode]).toEqual(['01234', 0o600]);
    await expect(faulty.write('/d/later', bytes)).rejects.toMatchObject({ code: 'CRASH' });
  });

  test('is like nothing at all for a change that cannot tear', async () => {
    const machine = new MemoryMachine();
    const before = machine.snapshot();
    const faulty = new FaultyMachine(machine, { at: 1, when: 'torn', code: 'EIO' });
    await expect(faulty.makeFolder('/d', 0o700)).rejects.toMatchObject({ code: 'EIO' });
    expect(machine.snapshot()).toEqual(before);
  });
});

describe('a lasting fault', () => {
  test('leaves a full disk room for taking away, and a read-only one none', async () => {
    const full = new FaultyMachine(new MemoryMachine(), { at: 1, when: 'before', code: 'ENOSPC', lasting: true });
    for (const _ of [1, 2]) await expect(full.makeFolder('/d', 0o700)).rejects.toMatchObject({ code: 'ENOSPC' });
    await full.remove('/d');
    const readOnly = new FaultyMachine(new MemoryMachine(), { at: 1, when: 'before', code: 'EROFS', lasting: true });
    for (const _ of [1, 2]) await expect(readOnly.remove('/d')).rejects.toMatchObject({ code: 'EROFS' });
    const once = new FaultyMachine(new MemoryMachine(), { at: 1, when: 'before', code: 'EIO' });
    await expect(once.remove('/d')).rejects.toMatchObject({ code: 'EIO' });
    await once.remove('/d');
  });
});

describe('a run that was cut off in the middle of a write', () => {
  test.each([TOKEN_FILE, CONFIG, `${STATE}/state.json`])(
    '%s: the next one clears up, though it has nothing else to do with it',
    async (path) => {
      const { machine } = world();
      expect((await applyTo(machine, desired())).code).toBe(0);
      machine.place(`${STATE}/journal.json`, journalOf(path));
      const left = temporaryFor(path, DEAD);
      machine.place(left, KEY.slice(0, 5), 0o600);
      rebooted(machine);
      expect((await applyTo(machine, desired())).code).toBe(0);
      expect(temporaries(machine)).toEqual([]);
    },
  );
});

function journalOf(path: string): string {
  const files = path.startsWith(STATE) ? [] : [{ path, before: null }];
  return JSON.stringify({ version: 1, number: 1, at: 'x', command: 'apply', resources: [], applied: {}, folders: [], files });
}
