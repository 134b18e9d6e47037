import { expect, test } from 'vitest';
import { takeLock } from '../../../src/applier/lock.ts';
import { EXIT_CODES, isDrift } from '../../../src/drift/run.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { driftText } from '../../../src/report/drift-text.ts';
import { plain } from '../../../src/report/terminal.ts';
import type { Status } from '../../../src/resources/resource.ts';
import { desired } from '../support/desired.ts';
import { drifted, driftOf, HISTORY, HOUR, historyOn, RUNS, resourceOf, runsOn } from '../support/drift.ts';
import { applyTo, CONFIG, HELPER, KEY, rebooted, STATE, TOKEN_FILE, world } from '../support/world.ts';

const AT = '2026-11-21T12:00:00.000Z';

async function inSync() {
  const made = world();
  await applyTo(made.machine, desired());
  return made;
}

test('the exit codes are those of the contract', () => {
  expect(EXIT_CODES).toEqual({ 'in-sync': 0, drift: 2, unknown: 3, error: 1 });
});

test.each<[Status, boolean]>([
  ['in-sync', false],
  ['create', true],
  ['update', true],
  ['delete', true],
  ['manual', true],
  ['run', false],
  ['deferred', false],
  ['unknown', false],
  ['skipped', false],
  ['unmanaged', false],
])('%s is drift: %s', (status, is) => expect(isDrift(status)).toBe(is));

test('in sync it says nothing, starts nothing, and writes its history alone', async () => {
  const { machine } = await inSync();
  const recording = new RecordingMachine(machine);
  const seen = await driftOf(recording, desired());
  expect(seen.run).toMatchObject({
    outcome: 'in-sync',
    changed: false,
    inSyncSince: AT,
    lastInSync: AT,
    healed: [],
    fallback: null,
  });
  expect(driftText(seen.run, plain)).toBe('');
  expect(recording.operations.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    `makeFolder ${STATE}`,
    `write ${HISTORY}`,
    `append ${RUNS}`,
  ]);
  const later = new RecordingMachine(machine);
  await driftOf(later, desired());
  expect(later.operations).toEqual([{ kind: 'append', path: RUNS }]);
});

test('in sync since the first of the runs in a row', async () => {
  const { machine } = await inSync();
  await driftOf(machine, desired());
  machine.clock += 5 * HOUR;
  const { run } = await driftOf(machine, desired());
  expect(run).toMatchObject({ inSyncSince: AT, lastInSync: '2026-11-21T17:00:00.000Z' });
});

test('an edit of our table is drift, since when it was first seen, and the same later', async () => {
  const { machine } = await inSync();
  await driftOf(machine, desired());
  machine.clock += HOUR;
  machine.place(CONFIG, (machine.text(CONFIG) ?? '').replace('"cliproxy"', '"openai"'), 0o600);
  const first = await driftOf(machine, desired());
  machine.clock += HOUR;
  const second = await driftOf(machine, desired());
  expect(first.run).toMatchObject({ outcome: 'drift', changed: true, inSyncSince: null, lastInSync: AT });
  expect(second.run).toMatchObject({ outcome: 'drift', changed: false });
  const found = resourceOf(second, 'provider');
  expect(found).toMatchObject({
    drifted: true,
    cause: 'drift',
    command: 'codex-link apply',
    since: resourceOf(first, 'provider').since,
  });
  expect(found.since).toBe('2026-11-21T13:00:00.000Z');
  const said = driftText(second.run, plain);
  expect(said).toContain('Drift on testhost: 1 resource differs; last in sync ');
  expect(said).toContain('~ provider (drift), since ');
  expect(said).toContain('model_provider: openai → cliproxy');
  expect(said).toContain('next: codex-link apply');
  expect(runsOn(machine)).toMatchObject([
    { outcome: 'in-sync', wrong: 0 },
    { outcome: 'drift', wrong: 1 },
    { outcome: 'drift', wrong: 1 },
  ]);
});

test('it is in sync again after it was put right, and that is a change', async () => {
  const { machine } = await inSync();
  machine.place(HELPER, 'edited', 0o700);
  await driftOf(machine, desired());
  await applyTo(machine, desired());
  machine.clock += HOUR;
  const { run } = await driftOf(machine, desired());
  expect(run).toMatchObject({ outcome: 'in-sync', changed: true, inSyncSince: '2026-11-21T13:00:01.500Z' });
  expect(historyOn(machine).open).toEqual({});
});

test('another wrong value is no news, another wrong field is', async () => {
  const { machine } = await inSync();
  const text = machine.text(CONFIG) ?? '';
  machine.place(CONFIG, text.replace('name = "CLIProxy"', 'name = "A"'), 0o600);
  await driftOf(machine, desired());
  machine.place(CONFIG, text.replace('name = "CLIProxy"', 'name = "B"'), 0o600);
  expect((await driftOf(machine, desired())).run.changed).toBe(false);
  machine.place(CONFIG, text.replace('name = "CLIProxy"', 'name = "B"').replace('"responses"', '"chat"'), 0o600);
  expect((await driftOf(machine, desired())).run.changed).toBe(true);
});

test('a YAML that was changed, and one that was never applied, are not the machine as stated either', async () => {
  const { machine } = await inSync();
  const changed = await driftOf(machine, desired({ provider: { model: 'gpt-5.5' } }));
  expect([changed.run.outcome, resourceOf(changed, 'provider').cause]).toEqual(['drift', 'config']);
  expect(driftText(changed.run, plain)).toContain('the YAML has changed and was not applied');
  const never = await driftOf(world().machine, desired());
  expect([never.run.outcome, resourceOf(never, 'provider').cause]).toEqual(['drift', 'initial']);
  expect(resourceOf(never, 'verification')).toMatchObject({ status: 'run', drifted: false });
});

test('a gateway that is down is drift; a store that cannot be asked is not known', async () => {
  const { machine } = await inSync();
  machine.servers.clear();
  const down = await driftOf(machine, desired());
  expect([down.run.outcome, drifted(down)]).toEqual(['drift', ['gateway']]);
  const locked = await inSync();
  locked.machine.place(TOKEN_FILE, KEY, 0o000);
  const silent = await driftOf(locked.machine, desired());
  expect([silent.run.outcome, drifted(silent), resourceOf(silent, 'secret').status]).toEqual(['unknown', [], 'unknown']);
  expect(driftText(silent.run, plain)).toMatch(/^Not known on testhost: \d resources? cannot be looked at/);
});

test('what is gone a moment later was a write under way', async () => {
  const { machine } = await inSync();
  const text = machine.text(CONFIG) ?? '';
  machine.place(CONFIG, 'model = "half', 0o600);
  const sleep = machine.sleep.bind(machine);
  machine.sleep = async (ms) => {
    machine.place(CONFIG, text, 0o600);
    await sleep(ms);
  };
  expect((await driftOf(machine, desired())).run.outcome).toBe('in-sync');
});

test('while an apply runs nothing is said of the machine', async () => {
  const { machine } = await inSync();
  machine.place(HELPER, 'edited', 0o700);
  const pid = machine.facts.pid;
  const facts = machine.facts as { pid: number };
  facts.pid = pid + 1;
  machine.processes.set(facts.pid, 'other');
  await takeLock(machine, 'apply');
  facts.pid = pid;
  await expect(driftOf(machine, desired())).rejects.toMatchObject({ exitCode: 4, findings: [{ code: 'CL0003' }] });
  machine.processes.delete(pid + 1);
  rebooted(machine);
  expect((await driftOf(machine, desired())).run.outcome).toBe('drift');
});

test('an edit of a file whose mode was wrong already is another difference', async () => {
  const { machine } = await inSync();
  await machine.chmod(HELPER, 0o644);
  const { digest } = await driftOf(machine, desired());
  expect((await driftOf(machine, desired())).digest).toBe(digest);
  machine.place(HELPER, '#!/bin/sh\necho leaked\n', 0o644);
  expect((await driftOf(machine, desired())).digest).not.toBe(digest);
});

const SOUND = { version: 1, open: {} };
const LAST = { last: AT, times: 1, what: 'x', writer: null };

test.each([
  '{"version":1,"open":{',
  '',
  'null',
  '[]',
  '"x"',
  JSON.stringify({ ...SOUND, open: { helper: null } }),
  JSON.stringify({ ...SOUND, open: { helper: { since: AT } } }),
  JSON.stringify({ ...SOUND, open: [] }),
  JSON.stringify({ ...SOUND, expired: null }),
  JSON.stringify({ ...SOUND, expired: {} }),
  JSON.stringify({ ...SOUND, heals: null }),
  JSON.stringify({ ...SOUND, heals: { helper: { ...LAST, last: 5 } } }),
  JSON.stringify({ ...SOUND, route: null }),
  JSON.stringify({ ...SOUND, route: { failures: 0, successes: 0, since: null } }),
  JSON.stringify({ ...SOUND, route: { failures: 0, successes: 0, since: null, moves: [null] } }),
  JSON.stringify({ ...SOUND, inSyncSince: 5 }),
  JSON.stringify({ ...SOUND, printed: {} }),
])('a damaged history is replaced and noted, and does not fail the run: %s', async (damaged) => {
  const { machine } = await inSync();
  machine.place(HISTORY, damaged, 0o600);
  const { run } = await driftOf(machine, desired());
  expect([run.outcome, run.findings.map((one) => one.code)]).toEqual(['in-sync', expect.arrayContaining(['CL8002'])]);
  expect(driftText(run, plain)).toBe(''); // all is well, and that is what was asked
  const again = await driftOf(machine, desired());
  expect(again.run.findings.map((one) => one.code)).not.toContain('CL8002');
});

test('a program that the YAML names is not run: it could ask somebody', async () => {
  const { machine } = await inSync();
  let ran = 0;
  machine.place('/usr/bin/op', '', 0o755);
  machine.programs.set('/usr/bin/op', () => {
    ran++;
    return { code: 0, stdout: KEY, stderr: '', timedOut: false };
  });
  const wanted = desired({ secret: { source: { kind: 'command', argv: ['op', 'read', 'x'] } } });
  expect((await driftOf(machine, wanted)).run.outcome).toBe('in-sync');
  expect(ran).toBe(0);
});

test('runs at once are all remembered, and a run that cannot write says so', async () => {
  const { machine } = await inSync();
  await Promise.all(Array.from({ length: 4 }, () => driftOf(machine, desired())));
  expect(runsOn(machine).length).toBe(4);
  await machine.remove(RUNS);
  await machine.chmod(STATE, 0o500);
  const { run } = await driftOf(machine, desired());
  expect([run.outcome, run.findings.map((one) => one.code)]).toEqual(['in-sync', expect.arrayContaining(['CL8002'])]);
  expect(driftText(run, plain)).toBe('');
  await machine.remove(HELPER);
  expect(driftText((await driftOf(machine, desired())).run, plain)).toContain('CL8002');
});
