import { symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Machine, MachineError, readBytes, readText } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { inFolder, realMachine } from '../support/real.ts';

/** What tests make without going through the machine under test. */
interface Bench {
  readonly machine: Machine;
  readonly folder: string;
  link(path: string, target: string): void;
}

const MACHINES: readonly [string, (use: (bench: Bench) => Promise<void>) => Promise<void>][] = [
  [
    'the real machine',
    (use) =>
      inFolder((folder) => use({ machine: realMachine(folder), folder, link: (path, target) => symlinkSync(target, path) })),
  ],
  [
    'the memory machine',
    async (use) => {
      const machine = new MemoryMachine({ home: '/home/me' });
      machine.placeFolder('/folder');
      await use({ machine, folder: '/folder', link: (path, target) => machine.placeLink(path, target) });
    },
  ],
];

const bytes = (text: string) => new TextEncoder().encode(text);
const code = async (action: Promise<unknown>) => {
  const error = await action.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  return error instanceof MachineError ? error.code : error;
};
const mode = async (machine: Machine, path: string) => (await machine.stat(path))?.mode.toString(8);

// The memory machine stands in for the real one in every other test, so both have to pass this.
describe.each(MACHINES)('%s', (_name, bench) => {
  test('reads a part of a file, and nothing beyond its end', () =>
    bench(async ({ machine, folder }) => {
      await machine.write(`${folder}/file`, bytes('0123456789'));
      const part = async (limit?: number, from?: number) =>
        new TextDecoder().decode(await machine.read(`${folder}/file`, limit, from));
      expect([await part(), await part(4), await part(4, 3), await part(4, 8), await part(4, 10)]).toEqual([
        '0123456789',
        '0123',
        '3456',
        '89',
        '',
      ]);
    }));

  test('a new file is private, an old one keeps its mode, a given mode is taken', () =>
    bench(async ({ machine, folder }) => {
      const file = `${folder}/file`;
      await machine.write(file, bytes('one'));
      expect([await readText(machine, file), await mode(machine, file)]).toEqual(['one', '600']);
      await machine.chmod(file, 0o640);
      await machine.write(file, bytes('two'));
      expect([await readText(machine, file), await mode(machine, file)]).toEqual(['two', '640']);
      await machine.write(file, bytes('three'), { mode: 0o755 });
      expect([await readText(machine, file), await mode(machine, file)]).toEqual(['three', '755']);
      expect(await machine.list(folder)).toEqual(['file']);
    }));

  test('what is added goes to the end of a file, which is made for the first', () =>
    bench(async ({ machine, folder }) => {
      const file = `${folder}/log`;
      expect(await machine.append(file, bytes('one\n'))).toBe(4);
      expect(await mode(machine, file)).toBe('600');
      await machine.chmod(file, 0o640);
      expect(await machine.append(file, bytes('two\n'))).toBe(8);
      expect([await readText(machine, file), await mode(machine, file)]).toEqual(['one\ntwo\n', '640']);
      expect(await code(machine.append(`${folder}/gone/log`, bytes('x')))).toBe('ENOENT');
      expect(await code(machine.append(folder, bytes('x')))).toBe('EISDIR');
    }));

  test('bytes are bytes', () =>
    bench(async ({ machine, folder }) => {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      await machine.write(`${folder}/bytes`, all);
      expect([...(await machine.read(`${folder}/bytes`))]).toEqual([...all]);
      expect((await machine.stat(`${folder}/bytes`))?.size).toBe(256);
      expect(await code(readText(machine, `${folder}/bytes`))).toBe('EILSEQ');
      await machine.write(`${folder}/empty`, bytes(''));
      expect(await readText(machine, `${folder}/empty`)).toBe('');
    }));

  test.each([
    ['to a file', ['real'], 'real'],
    ['that dangles', [], 'real'],
    ['to a link to a file', ['real'], 'other'],
    ['to a link that dangles', [], 'other'],
  ])('a link %s is followed, and stays', (_what, files, first) =>
    bench(async ({ machine, folder, link }) => {
      await machine.makeFolder(`${folder}/dotfiles`, 0o755);
      for (const name of files) await machine.write(`${folder}/dotfiles/${name}`, bytes('old'), { mode: 0o644 });
      link(`${folder}/dotfiles/other`, 'real');
      link(`${folder}/config`, `dotfiles/${first}`);
      await machine.write(`${folder}/config`, bytes('new'));
      expect(await readText(machine, `${folder}/dotfiles/real`)).toBe('new');
      expect(await mode(machine, `${folder}/dotfiles/real`)).toBe(files.length > 0 ? '644' : '600');
      expect(await machine.readLink(`${folder}/config`)).toBe(`dotfiles/${first}`);
      expect(await machine.list(`${folder}/dotfiles`)).toEqual(['other', 'real']);
    }),
  );

  test('a loop of links is an error that has a name', () =>
    bench(async ({ machine, folder, link }) => {
      link(`${folder}/a`, 'b');
      link(`${folder}/b`, 'a');
      expect(await code(machine.write(`${folder}/a`, bytes('x')))).toBe('ELOOP');
      expect(await code(machine.read(`${folder}/a`))).toBe('ELOOP');
      expect(await machine.list(folder)).toEqual(['a', 'b']);
    }));

  test('a folder is not replaced, a missing folder not made', () =>
    bench(async ({ machine, folder }) => {
      await machine.makeFolder(`${folder}/there`, 0o700);
      expect(await code(machine.write(`${folder}/there`, bytes('x')))).toBe('EISDIR');
      expect(await code(machine.write(`${folder}/missing/file`, bytes('x')))).toBe('ENOENT');
      expect(await code(machine.read(`${folder}/there`))).toBe('EISDIR');
      expect(await machine.list(folder)).toEqual(['there']);
    }));

  test('what is not there is null, or ENOENT', () =>
    bench(async ({ machine, folder, link }) => {
      link(`${folder}/dangling`, 'nowhere');
      await machine.write(`${folder}/file`, bytes(''));
      expect(await machine.stat(`${folder}/none`)).toBe(null);
      expect(await machine.lstat(`${folder}/none`)).toBe(null);
      expect(await machine.stat(`${folder}/dangling`)).toBe(null);
      expect((await machine.lstat(`${folder}/dangling`))?.kind).toBe('link');
      expect(await readBytes(machine, `${folder}/none`)).toBe(null);
      expect(await code(machine.list(`${folder}/none`))).toBe('ENOENT');
      expect(await code(machine.list(`${folder}/file`))).toBe('ENOTDIR');
      expect(await code(machine.readLink(`${folder}/none`))).toBe('ENOENT');
      expect(await code(machine.chmod(`${folder}/none`, 0o600))).toBe('ENOENT');
    }));

  // there, expected, whether the write happens
  test.each([
    ['a file as expected', 'old', 'old', true],
    ['a file that changed', 'other', 'old', false],
    ['a file where none was', 'other', null, false],
    ['no file where one was', null, 'old', false],
    ['no file, as expected', null, null, true],
    ['an empty file is not no file', '', null, false],
  ])('compare and swap: %s', (_what, there, expected, happens) =>
    bench(async ({ machine, folder }) => {
      const file = `${folder}/file`;
      if (there !== null) await machine.write(file, bytes(there), { mode: 0o644 });
      const written = machine.write(file, bytes('new'), { expect: expected === null ? null : bytes(expected) });
      expect(await code(written)).toBe(happens ? 'no error' : 'ECHANGED');
      expect(await readText(machine, file)).toBe(happens ? 'new' : there);
      expect(await machine.list(folder)).toEqual(happens || there !== null ? ['file'] : []);
    }),
  );

  test('create makes a file once, and never on top of something', () =>
    bench(async ({ machine, folder, link }) => {
      expect(await machine.create(`${folder}/file`, bytes('first'), 0o640)).toBe(true);
      expect(await machine.create(`${folder}/file`, bytes('second'), 0o600)).toBe(false);
      expect([await readText(machine, `${folder}/file`), await mode(machine, `${folder}/file`)]).toEqual(['first', '640']);
      link(`${folder}/dangling`, 'nowhere');
      expect(await machine.create(`${folder}/dangling`, bytes('x'), 0o600)).toBe(false);
      expect(await code(machine.create(`${folder}/missing/file`, bytes('x'), 0o600))).toBe('ENOENT');
      expect(await machine.list(folder)).toEqual(['dangling', 'file']);
    }));

  test('makeFolder makes parents with the same mode, and leaves what is there', () =>
    bench(async ({ machine, folder }) => {
      await machine.makeFolder(`${folder}/there`, 0o755);
      await machine.makeFolder(`${folder}/there/a/b`, 0o700);
      await machine.makeFolder(`${folder}/there`, 0o700);
      expect(await mode(machine, `${folder}/there`)).toBe('755');
      expect(await mode(machine, `${folder}/there/a`)).toBe('700');
      expect(await mode(machine, `${folder}/there/a/b`)).toBe('700');
    }));

  test('remove takes a file, an empty folder, a link but not what it names; a missing one is fine', () =>
    bench(async ({ machine, folder, link }) => {
      await machine.write(`${folder}/file`, bytes('x'));
      link(`${folder}/link`, 'file');
      await machine.makeFolder(`${folder}/full/sub`, 0o700);
      await machine.remove(`${folder}/link`);
      await machine.remove(`${folder}/none`);
      expect(await code(machine.remove(`${folder}/full`))).toBe('ENOTEMPTY');
      await machine.remove(`${folder}/full/sub`);
      await machine.remove(`${folder}/full`);
      expect(await machine.list(folder)).toEqual(['file']);
    }));

  test('scratch gives its files to the action and takes them away, whatever happens', () =>
    bench(async ({ machine }) => {
      const home = machine.facts.home;
      const before = await machine.list(home);
      const seen = await machine.scratch({ a: bytes('A'), b: bytes('B') }, async (folder) => {
        await machine.write(`${folder}/more`, bytes('C'));
        return [await machine.list(folder), await readText(machine, `${folder}/a`), await mode(machine, `${folder}/a`)];
      });
      expect(seen).toEqual([['a', 'b', 'more'], 'A', '600']);
      const boom = machine.scratch({}, async () => {
        throw new TypeError('a bug');
      });
      await expect(boom).rejects.toThrow('a bug');
      expect(await machine.list(home)).toEqual(before);
    }));
});
