import { describe, expect, test } from 'vitest';
import { UndoingMachine } from '../../../src/applier/undo.ts';
import { editInPlace, KeptFiles } from '../../../src/ccs/own-edits.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';

const FILE = '/home/me/.ccs/cliproxy/config.yaml';
const PLAIN = 'port: 1\nremote-management:\n  secret-key: "ccs"\n';
const HASHED = PLAIN.replace('"ccs"', '$2a$10$hash');
const EDIT = [{ path: ['host'], value: '127.0.0.1' }];

function machineWith(text: string) {
  const machine = new MemoryMachine();
  machine.place(FILE, text, 0o600);
  return { machine, undoing: new UndoingMachine(machine) };
}

describe('an edit in place', () => {
  test('tries again when the gateway writes its hash at the same moment', async () => {
    const { machine, undoing } = machineWith(PLAIN);
    const read = machine.read.bind(machine);
    let reads = 0;
    machine.read = async (...args) => {
      const bytes = await read(...args);
      reads += 1;
      if (reads === 1) machine.place(FILE, HASHED, 0o600);
      return bytes;
    };
    await editInPlace(undoing, FILE, EDIT, undoing.onUndo);
    expect(machine.text(FILE)).toBe(`host: 127.0.0.1\n${HASHED}`);
  });

  test('gives up when that never ends', async () => {
    const { machine, undoing } = machineWith(PLAIN);
    const read = machine.read.bind(machine);
    let count = 0;
    machine.read = async (...args) => {
      const bytes = await read(...args);
      count += 1;
      machine.place(FILE, `${PLAIN}x: ${count}\n`, 0o600);
      return bytes;
    };
    await expect(editInPlace(undoing, FILE, EDIT, undoing.onUndo)).rejects.toMatchObject({ code: 'ECHANGED' });
  });

  test('waits while another program has emptied the file', async () => {
    const { machine, undoing } = machineWith('');
    const sleep = machine.sleep.bind(machine);
    machine.sleep = async (milliseconds) => {
      await sleep(milliseconds);
      machine.place(FILE, HASHED, 0o600);
    };
    await editInPlace(undoing, FILE, EDIT, undoing.onUndo);
    expect(machine.text(FILE)).toBe(`host: 127.0.0.1\n${HASHED}`);
  });

  test('is taken back although the gateway has put a hash and its own layout into the file', async () => {
    const { machine, undoing } = machineWith(PLAIN);
    await editInPlace(undoing, FILE, EDIT, undoing.onUndo);
    machine.place(FILE, 'host: "127.0.0.1"\nport:   1\nremote-management: {secret-key: $2a$10$hash}\n', 0o600);
    expect([await undoing.takeBack(), machine.text(FILE)]).toEqual([[], PLAIN]);
  });

  test('is not taken back over what somebody else has written', async () => {
    const { machine, undoing } = machineWith(PLAIN);
    await editInPlace(undoing, FILE, EDIT, undoing.onUndo);
    machine.place(FILE, 'port: 2\n', 0o600);
    expect([await undoing.takeBack(), machine.text(FILE)]).toEqual([
      [expect.stringContaining(FILE), expect.stringContaining(FILE)],
      'port: 2\n',
    ]);
  });
});

test('a file that was not there before CCS made it goes again, and the other comes back all the same', async () => {
  const { machine } = machineWith(HASHED);
  const kept = await KeptFiles.of(machine, ['/home/me/.ccs/config.yaml', FILE]);
  machine.place('/home/me/.ccs/config.yaml', 'version: 13\n');
  machine.place(FILE, 'port: 2\n', 0o600);
  await kept.settle(machine);
  await kept.putBack(machine);
  expect([machine.text('/home/me/.ccs/config.yaml'), machine.text(FILE)]).toEqual([null, HASHED]);
});
