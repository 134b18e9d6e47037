import { expect, test } from 'vitest';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { readState, stateFolder, writeState } from '../../../src/planner/state.ts';
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

test('XDG_STATE_HOME is where it is', async () => {
  const machine = new MemoryMachine({ env: { HOME: '/home/me', XDG_STATE_HOME: '/elsewhere' } });
  await writeState(machine, FRESH);
  expect(machine.text('/elsewhere/codex-link/state.json')).toContain('"version": 1');
});

test.each([
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '{}',
  '{"version":2}',
  '{"version":1}',
  '{"version":1,"fingerprintKey":"k","applied":null}',
])('a damaged file is an error that says how to go on: %s', async (text) => {
  const machine = new MemoryMachine();
  machine.place(FILE, text);
  const error = await readState(machine).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CodexLinkError);
  expect((error as CodexLinkError).findings).toMatchObject([{ code: 'CL0006', file: FILE, fix: expect.stringContaining(FILE) }]);
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
    await expect(writeState(machine, FRESH)).rejects.toMatchObject({ findings: [{ code: 'CL0007' }], exitCode: 1 });
  }
});
