import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findCommand } from '../../support/system.ts';
import { asOrdinaryUser, inFolder, NOBODY, realMachine } from '../support/real.ts';

const WRITER = fileURLToPath(new URL('../support/writer.mjs', import.meta.url));
const isRoot = process.getuid?.() === 0;
const bytes = (text: string) => new TextEncoder().encode(text);

test.skipIf(!isRoot)("owner and group of a file are kept, also those of a file of one's own", () =>
  inFolder(async (folder) => {
    for (const [name, uid, gid] of [
      ['theirs', 1234, 4321],
      ['ours', 0, 4321],
    ] as const) {
      const file = join(folder, name);
      writeFileSync(file, 'old', { mode: 0o640 });
      chownSync(file, uid, gid);
      await realMachine(folder).write(file, bytes('new'));
      const { uid: owner, gid: group, mode } = statSync(file);
      expect([owner, group, mode & 0o777]).toEqual([uid, gid, 0o640]);
    }
  }),
);

test('a folder that may not be written: nothing changes, and no temporary file is left', () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, 'file'), 'old', { mode: 0o666 });
    chmodSync(join(folder, 'file'), 0o666);
    if (!isRoot) chmodSync(folder, 0o555);
    const machine = realMachine(folder);
    await asOrdinaryUser(async () => {
      await expect(machine.write(join(folder, 'file'), bytes('new'))).rejects.toMatchObject({
        code: 'EACCES',
        path: join(folder, 'file'),
      });
      await expect(machine.create(join(folder, 'made'), bytes('new'), 0o600)).rejects.toMatchObject({ code: 'EACCES' });
      await expect(machine.makeFolder(join(folder, 'sub'), 0o700)).rejects.toMatchObject({ code: 'EACCES' });
      await expect(machine.remove(join(folder, 'file'))).rejects.toMatchObject({ code: 'EACCES' });
    });
    if (!isRoot) chmodSync(folder, 0o755);
    expect(readdirSync(folder)).toEqual(['file']);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  }));

test('a file that may not be read is an error with its name, not an absent file', () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, 'closed'));
    writeFileSync(join(folder, 'closed', 'file'), 'x');
    writeFileSync(join(folder, 'secret'), 'x', { mode: 0o000 });
    chmodSync(join(folder, 'closed'), 0o000);
    const machine = realMachine(folder);
    await asOrdinaryUser(async () => {
      await expect(machine.read(join(folder, 'secret'))).rejects.toMatchObject({ code: 'EACCES' });
      await expect(machine.read(join(folder, 'closed', 'file'))).rejects.toMatchObject({ code: 'EACCES' });
      await expect(machine.stat(join(folder, 'closed', 'file'))).rejects.toMatchObject({ code: 'EACCES' });
    });
    chmodSync(join(folder, 'closed'), 0o700);
  }));

test('a folder that may be written but not listed', () =>
  inFolder(async (folder) => {
    const drop = join(folder, 'drop');
    mkdirSync(drop);
    if (isRoot) chownSync(drop, NOBODY, NOBODY);
    chmodSync(drop, 0o300);
    await asOrdinaryUser(() => realMachine(folder).write(join(drop, 'file'), bytes('new')));
    chmodSync(drop, 0o700);
    expect(readdirSync(drop)).toEqual(['file']);
  }));

test('a pipe in the way is no regular file', () =>
  inFolder(async (folder) => {
    spawnSync('mkfifo', [join(folder, 'pipe')]);
    const machine = realMachine(folder);
    expect((await machine.stat(join(folder, 'pipe')))?.kind).toBe('other');
    await expect(machine.write(join(folder, 'pipe'), bytes('x'))).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(folder)).toEqual(['pipe']);
  }));

test('modes are given despite the umask', () =>
  inFolder(async (folder) => {
    const machine = realMachine(folder);
    const before = process.umask(0o077);
    try {
      await machine.makeFolder(join(folder, 'a', 'b'), 0o755);
      await machine.write(join(folder, 'a', 'file'), bytes('x'), { mode: 0o644 });
      await machine.create(join(folder, 'a', 'made'), bytes('x'), 0o664);
    } finally {
      process.umask(before);
    }
    const mode = (...names: string[]) => (statSync(join(folder, ...names)).mode & 0o7777).toString(8);
    expect([mode('a'), mode('a', 'b'), mode('a', 'file'), mode('a', 'made')]).toEqual(['755', '755', '644', '664']);
  }));

test('of 20 that create the same file at once, one does, and the file is whole', () =>
  inFolder(async (folder) => {
    const machine = realMachine(folder);
    const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
    const made = await Promise.all(contents.map((content) => machine.create(join(folder, 'lock'), bytes(content), 0o600)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(contents[made.indexOf(true)]);
    expect(readdirSync(folder)).toEqual(['lock']);
  }));

test('writers at once: the file is always one of theirs, never a mixture', () =>
  inFolder(async (folder) => {
    const machine = realMachine(folder);
    const file = join(folder, 'file');
    await Promise.all(['a', 'b', 'c', 'd'].map((one) => machine.write(file, bytes(one.repeat(100_000)))));
    expect(readFileSync(file, 'utf8')).toMatch(/^(a+|b+|c+|d+)$/);
    expect(readdirSync(folder)).toEqual(['file']);
  }));

test('of two that swap the same bytes, at least one notices', () =>
  inFolder(async (folder) => {
    const machine = realMachine(folder);
    const file = join(folder, 'file');
    writeFileSync(file, 'old');
    await machine.write(file, bytes('first'), { expect: bytes('old') });
    await expect(machine.write(file, bytes('second'), { expect: bytes('old') })).rejects.toMatchObject({ code: 'ECHANGED' });
    expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['first', ['file']]);
  }));

// A limit on the size of files stands in for a disk that is full: the write fails half-way.
test('a disk that is full half-way through: old bytes, and no temporary file', () =>
  inFolder((folder) => {
    const file = join(folder, 'file');
    writeFileSync(file, 'old');
    const script = 'trap "" XFSZ; ulimit -f 8; exec "$@"';
    const { stdout } = spawnSync('/bin/sh', ['-c', script, 'sh', process.execPath, WRITER, 'once', file, '1000000'], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('EFBIG\n');
    expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['old', ['file']]);
  }));

test('killed at any instant: the file is whole', { timeout: 60_000 }, () =>
  inFolder(async (folder) => {
    const file = join(folder, 'file');
    for (const delay of [0, 3, 7, 12, 20]) {
      const child = spawn(process.execPath, [WRITER, 'forever', file, '2000000'], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((done) => child.stdout.once('data', done));
      await new Promise((done) => setTimeout(done, delay));
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await ended;
      const content = readFileSync(file, 'latin1');
      expect(content.length).toBe(2_000_000);
      expect(new Set(content).size).toBe(1);
    }
  }),
);

describe.skipIf(findCommand('strace') === null)('what reaches the disk', () => {
  test('is the file before it gets its name, and then the folder', () =>
    inFolder((folder) => {
      const trace = join(folder, 'trace');
      mkdirSync(join(folder, 'sub'));
      const file = join(folder, 'sub', 'file');
      const calls = 'trace=fsync,rename,renameat,renameat2';
      const ran = spawnSync('strace', ['-f', '-y', '-e', calls, '-o', trace, process.execPath, WRITER, 'once', file, '10'], {
        encoding: 'utf8',
      });
      if (ran.stderr.includes('ptrace')) throw new Error(`strace cannot trace here: ${ran.stderr}`);
      const lines = readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line.includes(join(folder, 'sub')));
      const steps = lines.map((line) =>
        /fsync/.test(line) ? (line.includes('.tmp') ? 'fsync file' : 'fsync folder') : 'rename',
      );
      expect(steps).toEqual(['fsync file', 'rename', 'fsync folder']);
    }));
});

describe('scratch', () => {
  test('is private, and elsewhere each time', () =>
    inFolder(async (folder) => {
      const machine = realMachine(folder);
      const [one, two] = await Promise.all(
        [1, 2].map(() =>
          machine.scratch({ 'config.toml': bytes('x') }, async (scratch) => {
            await machine.sleep(20);
            return [scratch, (statSync(scratch).mode & 0o777).toString(8), existsSync(join(scratch, 'config.toml'))] as const;
          }),
        ),
      );
      expect(one?.slice(1)).toEqual(['700', true]);
      expect(one?.[0]).not.toBe(two?.[0]);
      expect(existsSync(one?.[0] ?? '') || existsSync(two?.[0] ?? '')).toBe(false);
    }));

  test('takes away the caches that it made', () =>
    inFolder(async (folder) => {
      await realMachine(folder).scratch({ 'config.toml': bytes('x') }, async () => {});
      expect(readdirSync(folder)).toEqual([]);
    }));

  test('takes away what a run that was killed has left, but nothing of one that runs', () =>
    inFolder(async (folder) => {
      const caches = join(folder, '.cache', 'codex-link');
      const dead = spawnSync('/bin/true').pid;
      for (const [name, hours] of [
        [`scratch-${hostname()}-${dead}-abcdef`, 0],
        [`scratch-${hostname()}-${process.ppid}-abcdef`, 0],
        [`scratch-another-host-${dead}-abcdef`, 0],
        ['scratch-old', 2],
        ['scratch-new', 0],
        ['other-old', 2],
      ] as const) {
        mkdirSync(join(caches, name), { recursive: true });
        writeFileSync(join(caches, name, 'config.toml'), 'x');
        const at = new Date(Date.now() - hours * 3_600_000);
        utimesSync(join(caches, name), at, at);
      }
      await realMachine(folder).scratch({}, async () => {});
      expect(readdirSync(caches).sort()).toEqual(
        [
          'other-old',
          `scratch-${hostname()}-${process.ppid}-abcdef`,
          `scratch-another-host-${dead}-abcdef`,
          'scratch-new',
        ].sort(),
      );
    }));

  test('that somebody still writes into is no reason to fail: the next use removes it', () =>
    inFolder(async (folder) => {
      const { pid: dead } = spawnSync('true');
      const left = join(folder, '.cache', 'codex-link', `scratch-${hostname()}-${dead}-abcdef`);
      mkdirSync(left, { recursive: true });
      // One process without children: of a shell's, one could outlive it and write once more.
      const writing = `const { mkdirSync, writeFileSync } = require('node:fs');
        for (let n = 0; ; n++) try { mkdirSync(process.argv[1], { recursive: true }); writeFileSync(process.argv[1] + '/' + n, ''); } catch {}`;
      const busy = spawn(process.execPath, ['-e', writing, join(left, 'a', 'b')], { stdio: 'ignore' });
      try {
        for (let use = 0; use < 5; use++) {
          expect(await realMachine(folder).scratch({ 'config.toml': bytes('x') }, async () => 'used')).toBe('used');
        }
      } finally {
        const ended = new Promise((done) => busy.once('exit', done));
        busy.kill('SIGKILL');
        await ended;
      }
      await realMachine(folder).scratch({}, async () => {});
      expect(existsSync(left)).toBe(false);
    }));

  test('of a dead process whose number is now ours is removed, and one in use is not', () =>
    inFolder(async (folder) => {
      const left = join(folder, '.cache', 'codex-link', `scratch-${hostname()}-${process.pid}-abcdef`);
      mkdirSync(left, { recursive: true });
      await realMachine(folder).scratch({ a: bytes('x') }, async (outer) => {
        expect(existsSync(left)).toBe(false);
        await Promise.all(Array.from({ length: 10 }, () => realMachine(folder).scratch({}, async () => {})));
        expect(readFileSync(join(outer, 'a'), 'utf8')).toBe('x');
      });
    }));

  test('leaves the caches that others have', () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, '.cache', 'other'), { recursive: true });
      await realMachine(folder).scratch({}, async () => {});
      expect(readdirSync(join(folder, '.cache'))).toEqual(['other']);
    }));
});

describe('processStart', () => {
  const machine = () => realMachine('/nonexistent');

  test('tells a process from a dead one and from a zombie', async () => {
    const own = await machine().processStart(process.pid);
    expect(own).toMatch(/^\d+$/);
    expect(await machine().processStart(process.pid)).toBe(own);
    const dead = spawnSync('/bin/true');
    expect(await machine().processStart(dead.pid)).toBe(null);
    // The shell becomes a sleep that never asks after the child it inherits.
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const zombie = Number(await new Promise((done) => parent.stdout.once('data', (data) => done(String(data)))));
      await expect.poll(() => readFileSync(`/proc/${zombie}/stat`, 'utf8')).toMatch(/^\d+ \(sleep\) Z/);
      expect(await machine().processStart(zombie)).toBe(null);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  test('reads past a name with parentheses', () =>
    inFolder(async (folder) => {
      const strange = join(folder, 'a) R (b');
      writeFileSync(strange, readFileSync('/bin/sleep'), { mode: 0o755 });
      const child = spawn(strange, ['30']);
      await new Promise((done) => child.once('spawn', done));
      const [mark, own] = [await machine().processStart(Number(child.pid)), await machine().processStart(process.pid)];
      child.kill('SIGKILL');
      expect(Number(mark)).toBeGreaterThanOrEqual(Number(own));
    }));
});
