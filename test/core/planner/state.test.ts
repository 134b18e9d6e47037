import { expect, test } from 'vitest';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { journalPath, lockPath, readState, stateFolder, writeState } from '../../../src/planner/state.ts';
import { FRESH } from '../support/resources.ts';

const FILE = '/home/me/.local/state/codex-link/state.json';

test('what is written is read again, private, and written once', async () => {
  const machine = new RecordingMachine(new MemoryMachine());
  const state = { ...FRESH, applied: { helper: { path: '/x' } }, store: 'file', lastApply: '2026-11-21T12:00:00.000Z' };
  await writeState(machine, state);
  expect(await readState(machine)).toEqual(state);
  expect((await machine.stat(FILE))?.mode).toBe(0o600);
  expect((await machine.stat(stateFolder(machine)))?.mode).toBe(0o700);
  const operations = machine.operations.length;
  await writeState(machine, state);
  expect(machine.operations.length).toBe(operations);
});

test('without a file it is fresh, with a key of its own', async () => {
  const [one, two] = [await readState(new MemoryMachine()), await readState(new MemoryMachine())];
  expect(one).toEqual({ ...FRESH, fingerprintKey: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(one.fingerprintKey).not.toBe(two.fingerprintKey);
});

test('without a file, the key of a first run that was interrupted is taken up', async () => {
  const machine = new MemoryMachine();
  const key = '0123456789abcdef'.repeat(2);
  machine.place(journalPath(machine), `{\n  "fingerprintKey": "${key}",\n  "at": "then"\n}\n`);
  expect((await readState(machine)).fingerprintKey).toBe(key);
  for (const text of ['{}', '{"fingerprintKey": ""}', `{"fingerprintKey": "${key}0"}`, '']) {
    machine.place(journalPath(machine), text);
    expect((await readState(machine)).fingerprintKey).toMatch(/^[0-9a-f]{32}$/);
  }
});

test('state, lock and journal stand beside each other', () => {
  const machine = new MemoryMachine();
  const folder = '/home/me/.local/state/codex-link';
  expect([stateFolder(machine), lockPath(machine), journalPath(machine)]).toEqual([
    folder,
    `${folder}/lock`,
    `${folder}/journal.json`,
  ]);
});

test('a file that others could read is private once it is written', async () => {
  const machine = new MemoryMachine();
  machine.place(FILE, '{}', 0o644);
  await writeState(machine, FRESH);
  expect((await machine.stat(FILE))?.mode).toBe(0o600);
});

test('XDG_STATE_HOME is where it is', async () => {
  const machine = new MemoryMachine({ env: { HOME: '/home/me', XDG_STATE_HOME: '/elsewhere' } });
  await writeState(machine, FRESH);
  expect(machine.text('/elsewhere/codex-link/state.json')).toContain('"version": 1');
});

test.each([
  ['', 'JSON'],
  ['{', 'JSON'],
  ['null', 'null'],
  ['[]', 'version undefined'],
  ['"text"', 'version undefined'],
  ['{}', 'version undefined'],
  ['{"version":2,"fingerprintKey":"k","applied":{}}', 'version 2'],
  ['{"version":1}', 'a part of it is missing'],
  ['{"version":1,"applied":{}}', 'a part of it is missing'],
  ['{"version":1,"fingerprintKey":"k"}', 'a part of it is missing'],
  ['{"version":1,"fingerprintKey":"k","applied":"x"}', 'a part of it is missing'],
  ['{"version":1,"fingerprintKey":"k","applied":null}', 'a part of it is missing'],
])('a damaged file is an error that says why, and how to go on: %s', async (text, why) => {
  const machine = new MemoryMachine();
  machine.place(FILE, text);
  const error = await readState(machine).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CodexLinkError);
  const { findings } = error as CodexLinkError;
  expect(findings).toMatchObject([{ code: 'CL0006', file: FILE, fix: expect.stringContaining(FILE) }]);
  expect(findings[0]?.message).toMatch(/^the state file cannot be understood: ./);
  expect(findings[0]?.message).toContain(why);
});

test('what an older version did not know gets its default', async () => {
  const machine = new MemoryMachine();
  machine.place(FILE, '{"version":1,"fingerprintKey":"k","applied":{"helper":{}}}');
  expect(await readState(machine)).toEqual({ ...FRESH, fingerprintKey: 'k', applied: { helper: {} } });
});

test('a file that cannot be read is no fresh start', async () => {
  const machine = new MemoryMachine();
  machine.place(FILE, '{"version":1}', 0o000);
  await expect(readState(machine)).rejects.toMatchObject({ code: 'EACCES' });
});

test.each(['EACCES', 'EROFS', 'ENOSPC', 'EDQUOT'])('%s when writing has a code of its own', async (code) => {
  for (const at of [1, 2]) {
    const machine = new FaultyMachine(new MemoryMachine(), { at, when: 'before', code });
    await expect(writeState(machine, FRESH)).rejects.toMatchObject({
      findings: [{ code: 'CL0007', message: expect.stringMatching(`cannot be written: .*planted ${code}`), file: FILE }],
      exitCode: 1,
      cause: { code },
    });
  }
});

test('a bug when writing keeps its stack', async () => {
  const machine = new MemoryMachine();
  machine.write = async () => {
    throw new TypeError('undefined is not a function');
  };
  await expect(writeState(machine, FRESH)).rejects.toThrow(TypeError);
});
