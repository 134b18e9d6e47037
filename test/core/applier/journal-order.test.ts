import { expect, test } from 'vitest';
import { type Journal, UndoingMachine } from '../../../src/applier/undo.ts';
import { ChangeDecorator, type Operation } from '../../../src/machine/decorator.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const command = (effect: 'read' | 'write') => ({ file: '/bin/tool', env: {}, timeoutMs: 1, effect });

/** Changes and what the journal was told, in the order in which they came. */
function journaled(): { readonly machine: UndoingMachine; readonly events: string[] } {
  const events: string[] = [];
  const text = (content: Uint8Array | null) => (content === null ? 'nothing' : new TextDecoder().decode(content));
  const journal: Journal = {
    beforeChange: async () => void events.push('journal: a change'),
    beforeFile: async (path, before, mode) =>
      void events.push(`journal: ${path} was ${text(before)} ${mode?.toString(8) ?? '-'}`),
    beforeFolders: async (folders) => void events.push(`journal: folders ${folders.join(' ')}`),
    end: async () => void events.push('journal: the end'),
  };
  class Watching extends ChangeDecorator {
    protected around<T>({ kind, path }: Operation, action: () => Promise<T>): Promise<T> {
      events.push(`${kind} ${path}`);
      return action();
    }
  }
  const memory = new MemoryMachine();
  memory.place('/d/file', 'old', 0o640);
  memory.placeLink('/d/link', 'file');
  memory.placeFolder('/d/empty');
  memory.programs.set('/bin/tool', () => ({ code: 0, stdout: 'ran', stderr: '', timedOut: false }));
  return { machine: new UndoingMachine(new Watching(memory), journal), events };
}

test.each<[string, (machine: Machine) => Promise<unknown>, string[]]>([
  ['a file is replaced', (on) => on.write('/d/file', bytes('new')), ['journal: /d/file was old 640', 'write /d/file']],
  ['what a link names is replaced', (on) => on.write('/d/link', bytes('new')), ['journal: /d/file was old 640', 'write /d/link']],
  ['a file is made', (on) => on.write('/d/made', bytes('new')), ['journal: /d/made was nothing -', 'write /d/made']],
  [
    'a file is replaced that its writer takes back himself',
    (on) => on.write('/d/file', bytes('new'), { undo: 'by-caller' }),
    ['journal: /d/file was old -', 'write /d/file'],
  ],
  ['a file is created', (on) => on.create('/d/made', bytes('new'), 0o600), ['journal: /d/made was nothing -', 'create /d/made']],
  ['a file is not created, for one is there', (on) => on.create('/d/file', bytes('new'), 0o600), ['create /d/file']],
  ['a mode is changed', (on) => on.chmod('/d/file', 0o600), ['journal: a change', 'chmod /d/file']],
  ['a file is removed', (on) => on.remove('/d/file'), ['journal: /d/file was old 640', 'remove /d/file']],
  ['folders are made', (on) => on.makeFolder('/d/a/b', 0o700), ['journal: folders /d/a /d/a/b', 'makeFolder /d/a/b']],
  ['no folder has to be made', (on) => on.makeFolder('/d/empty', 0o700), ['makeFolder /d/empty']],
  ['a program changes something', (on) => on.run(command('write')), ['journal: a change', 'run /bin/tool']],
  ['a program only reads', (on) => on.run(command('read')), []],
])('the journal hears first when %s', async (_what, action, expected) => {
  const { machine, events } = journaled();
  await action(machine);
  expect(events).toEqual(expected);
});

test.each(['read', 'write'] as const)('without a journal a program that is to %s runs all the same', async (effect) => {
  const memory = new MemoryMachine();
  memory.programs.set('/bin/tool', () => ({ code: 0, stdout: 'ran', stderr: '', timedOut: false }));
  expect((await new UndoingMachine(memory).run(command(effect))).stdout).toBe('ran');
});
