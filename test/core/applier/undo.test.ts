import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UndoingMachine } from '../../../src/applier/undo.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function memory(): MemoryMachine {
  const machine = new MemoryMachine();
  machine.place('/d/file', 'old', 0o640);
  machine.place('/d/run', 'old', 0o755);
  machine.placeLink('/d/link', 'dotfiles/real');
  machine.place('/d/dotfiles/real', 'old', 0o644);
  machine.placeLink('/d/dangling', 'dotfiles/none');
  machine.placeFolder('/d/empty', 0o750);
  return machine;
}

/** Everything that a resource may do to files. */
const ACTIONS: Readonly<Record<string, (machine: Machine) => Promise<unknown>>> = {
  'a file is replaced': (machine) => machine.write('/d/file', bytes('new')),
  'a file is replaced with another mode': (machine) => machine.write('/d/run', bytes('new'), { mode: 0o600 }),
  'only the mode changes': (machine) => machine.write('/d/file', bytes('old'), { mode: 0o600 }),
  'a file is written twice': async (machine) => {
    await machine.write('/d/file', bytes('first'));
    await machine.write('/d/file', bytes('second'), { mode: 0o600 });
  },
  'a file is made': (machine) => machine.write('/d/made', bytes('new')),
  'a file is made, and removed again': async (machine) => {
    await machine.write('/d/made', bytes('new'));
    await machine.remove('/d/made');
  },
  'a file is created': (machine) => machine.create('/d/created', bytes('new'), 0o600),
  'a file is not created, for one is there': (machine) => machine.create('/d/file', bytes('new'), 0o600),
  'a file is removed': (machine) => machine.remove('/d/run'),
  'a file is removed, and made anew': async (machine) => {
    await machine.remove('/d/run');
    await machine.write('/d/run', bytes('new'));
  },
  'what a link names is replaced': (machine) => machine.write('/d/link', bytes('new')),
  'what a dangling link names is made': (machine) => machine.write('/d/dangling', bytes('new')),
  'the mode of a file is changed': (machine) => machine.chmod('/d/file', 0o600),
  'the mode of a folder is changed': (machine) => machine.chmod('/d/empty', 0o700),
  'folders are made, and a file in them': async (machine) => {
    await machine.makeFolder('/d/a/b/c', 0o700);
    await machine.write('/d/a/b/c/file', bytes('new'));
  },
  'a folder is made that is there': (machine) => machine.makeFolder('/d/empty', 0o700),
  'nothing is removed': (machine) => machine.remove('/d/none'),
};

test.each(Object.entries(ACTIONS))('it happens first of all: %s', async (_what, action) => {
  const [plain, inner] = [memory(), memory()];
  const undoing = new UndoingMachine(inner);
  expect(await action(undoing)).toEqual(await action(plain));
  expect(inner.snapshot()).toEqual(plain.snapshot());
});

describe('taken back, everything is as it was', () => {
  test.each(Object.entries(ACTIONS))('after %s', async (_what, action) => {
    const inner = memory();
    const undoing = new UndoingMachine(inner);
    await action(undoing);
    expect(await undoing.takeBack()).toEqual([]);
    expect(inner.snapshot()).toEqual(memory().snapshot());
  });

  test('after any of it, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...Object.values(ACTIONS)), { maxLength: 12 }), async (actions) => {
        const inner = memory();
        const undoing = new UndoingMachine(inner);
        for (const action of actions) await action(undoing);
        expect(await undoing.takeBack()).toEqual([]);
        expect(inner.snapshot()).toEqual(memory().snapshot());
      }),
    );
  });

  test.each(Object.entries(ACTIONS))('after an error in the middle of: %s', async (_what, action) => {
    const recording = new RecordingMachine(memory());
    await action(recording);
    for (const when of ['before', 'after'] as const) {
      for (let at = 1; at <= recording.operations.length; at++) {
        const inner = memory();
        const undoing = new UndoingMachine(new FaultyMachine(inner, { at, when, code: 'EIO' }));
        await action(undoing).catch(() => {});
        expect(await undoing.takeBack()).toEqual([]);
        expect(inner.snapshot()).toEqual(memory().snapshot());
      }
    }
  });
});

describe("somebody else's work is left alone", () => {
  test.each<[string, (machine: Machine) => Promise<unknown>, (inner: MemoryMachine) => void, string]>([
    ['an edit after ours', (on) => on.write('/d/file', bytes('new')), (inner) => inner.place('/d/file', 'theirs'), '/d/file'],
    [
      'an edit of a file that we made',
      (on) => on.write('/d/made', bytes('new')),
      (inner) => inner.place('/d/made', 'theirs'),
      '/d/made',
    ],
    ['a file where we removed one', (on) => on.remove('/d/file'), (inner) => inner.place('/d/file', 'theirs'), '/d/file'],
    [
      'an edit of a created file',
      (on) => on.create('/d/made', bytes('new'), 0o600),
      (inner) => inner.place('/d/made', 'theirs'),
      '/d/made',
    ],
  ])('%s', async (_what, ours, theirs, path) => {
    const inner = memory();
    const undoing = new UndoingMachine(inner);
    await ours(undoing);
    theirs(inner);
    const failures = await undoing.takeBack();
    expect(failures).toEqual([expect.stringContaining(path)]);
    expect(failures[0]).toContain('somebody else');
    expect(inner.text(path)).toBe('theirs');
  });

  test('what somebody put into a folder that we made keeps the folder', async () => {
    const inner = memory();
    const undoing = new UndoingMachine(inner);
    await undoing.makeFolder('/d/a/b', 0o700);
    inner.place('/d/a/theirs', 'x');
    expect(await undoing.takeBack()).toEqual([]);
    expect([await inner.stat('/d/a/b'), inner.text('/d/a/theirs')]).toEqual([null, 'x']);
  });

  test("somebody else's putting back is as good as ours", async () => {
    const inner = memory();
    const undoing = new UndoingMachine(inner);
    await undoing.write('/d/file', bytes('new'));
    inner.place('/d/file', 'old', 0o640);
    expect(await undoing.takeBack()).toEqual([]);
    expect(inner.snapshot()).toEqual(memory().snapshot());
  });
});

describe('nothing is taken back', () => {
  test.each<[string, (machine: Machine) => Promise<unknown>]>([
    ['of a file that was not created, for one is there', (on) => on.create('/d/file', bytes('new'), 0o600)],
    ['of a folder that is there', (on) => on.makeFolder('/d/empty', 0o700)],
    ['of a mode that could not be changed, for nothing is there', (on) => on.chmod('/d/none', 0o600).catch(() => {})],
    ['of a program', (on) => on.run({ file: '/none', env: {}, timeoutMs: 1, effect: 'write' }).catch(() => {})],
  ])('%s', async (_what, action) => {
    const undoing = new UndoingMachine(memory());
    await action(undoing);
    expect([undoing.changed, await undoing.takeBack()]).toEqual([false, []]);
  });

  test('of a file that is as it was, mode and all', async () => {
    const inner = memory();
    const recording = new RecordingMachine(inner);
    const undoing = new UndoingMachine(recording);
    await undoing.write('/d/file', bytes('new'));
    inner.place('/d/file', 'old', 0o640);
    expect(await undoing.takeBack()).toEqual([]);
    expect(recording.operations.map((one) => one.kind)).toEqual(['write']);
  });
});

test('what could not be put back is named, with the reason', async () => {
  const inner = memory();
  const undoing = new UndoingMachine(new FaultyMachine(inner, { at: 3, when: 'before', code: 'EBUSY' }));
  await undoing.makeFolder('/d/a', 0o700);
  await undoing.chmod('/d/file', 0o600);
  const gone = new UndoingMachine(inner);
  await gone.chmod('/d/run', 0o600);
  await inner.remove('/d/run');
  expect(await gone.takeBack()).toEqual(['mode of /d/run: /d/run: ENOENT']);
  expect(await undoing.takeBack()).toEqual(['mode of /d/file: chmod /d/file: planted EBUSY']);
  const stuck = new UndoingMachine(new FaultyMachine(inner, { at: 2, when: 'before', code: 'EBUSY' }));
  await stuck.makeFolder('/d/b', 0o700);
  stuck.onUndo('a text is thrown', async () => {
    throw 'no error at all';
  });
  expect(await stuck.takeBack()).toEqual([
    'a text is thrown: no error at all',
    'remove the folder /d/b: remove /d/b: planted EBUSY',
  ]);
});

test('registered steps run last first, among the files, and one that fails stops no other', async () => {
  const inner = memory();
  const undoing = new UndoingMachine(inner);
  const seen: string[] = [];
  expect(undoing.changed).toBe(false);
  undoing.onUndo('first', async () => void seen.push(`first sees ${inner.text('/d/file')}`));
  await undoing.write('/d/file', bytes('new'));
  undoing.onUndo('second', async () => {
    throw new Error('no way');
  });
  undoing.onUndo('third', async () => void seen.push(`third sees ${inner.text('/d/file')}`));
  expect(undoing.changed).toBe(true);
  expect(await undoing.takeBack()).toEqual(['second: no way']);
  expect(seen).toEqual(['third sees new', 'first sees old']);
  expect(await undoing.takeBack()).toEqual([]);
});

test('a file whose writer takes it back himself is left to him', async () => {
  const machine = memory();
  const undoing = new UndoingMachine(machine);
  undoing.onUndo('his own way', (later) => later.write('/d/file', bytes('his')));
  await undoing.write('/d/file', bytes('new'), { undo: 'by-caller' });
  machine.place('/d/file', 'rewritten by another program');
  expect(await undoing.takeBack()).toEqual([]);
  expect(machine.text('/d/file')).toBe('his');
});
