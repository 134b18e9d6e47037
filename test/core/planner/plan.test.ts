import { describe, expect, test } from 'vitest';
import { CodexLinkError, Deferred, finding } from '../../../src/diagnostics/diagnostics.ts';
import { MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { makePlan, type Outcome, sameJson } from '../../../src/planner/plan.ts';
import { type Cause, type Json, type Resource, type Status, verdict } from '../../../src/resources/resource.ts';
import { EVERYTHING, FRESH, resource, step } from '../support/resources.ts';

const machine = new MemoryMachine();
const plan = (...resources: Resource[]) => makePlan(machine, resources, FRESH, EVERYTHING);

test.each<[Status[], Outcome]>([
  [[], 'in-sync'],
  [['in-sync', 'unmanaged', 'skipped'], 'in-sync'],
  [['in-sync', 'create'], 'changes'],
  [['update'], 'changes'],
  [['delete'], 'changes'],
  [['run'], 'changes'],
  [['manual'], 'changes'],
  [['deferred'], 'changes'],
  [['unknown'], 'unknown'],
  [['unknown', 'in-sync'], 'unknown'],
  [['unknown', 'update'], 'changes'],
  [['unknown', 'manual'], 'changes'],
])('%j comes to %s', async (list, outcome) => {
  expect((await plan(...list.map((status, index) => step(`r${index}`, [], status)))).outcome).toBe(outcome);
});

describe('a resource that cannot be read', () => {
  const unreadable = (error: unknown) =>
    resource('helper', [], {
      read: async () => {
        throw error;
      },
      diff: () => {
        throw new Error('must not be compared: it would count as absent');
      },
    });

  test('is unknown with the finding that was given, and owns it', async () => {
    const { resources, outcome, findings } = await plan(unreadable(new CodexLinkError([finding('CL3003', 'locked')])));
    expect([outcome, resources[0]?.verdict.status, resources[0]?.verdict.reason, resources[0]?.cause]).toEqual([
      'unknown',
      'unknown',
      'locked',
      null,
    ]);
    expect(findings).toMatchObject([{ code: 'CL3003', resource: 'helper' }]);
  });

  test('is deferred, with what will do it, when it could be read from somewhere else', async () => {
    const { resources, outcome, findings } = await plan(
      unreadable(new Deferred(finding('CL0011', 'not from here', { fix: 'log in' }))),
    );
    expect(outcome).toBe('changes');
    expect(resources[0]).toMatchObject({
      verdict: { status: 'deferred', reason: 'not from here', command: 'log in' },
      cause: null,
    });
    expect(findings).toMatchObject([{ code: 'CL0011', resource: 'helper' }]);
  });

  test('keeps an owner that was named', async () => {
    const { findings } = await plan(unreadable(new CodexLinkError(finding('CL3003', 'locked', { resource: 'secret' }))));
    expect(findings).toMatchObject([{ resource: 'secret' }]);
  });

  test.each(['EACCES', 'EIO', 'EISDIR', 'ELOOP', 'EILSEQ', 'ETIMEDOUT'])('is unknown for %s, with the file', async (code) => {
    const { resources, findings } = await plan(unreadable(new MachineError(code, 'no such luck', '/etc/x')));
    expect(resources[0]?.verdict).toMatchObject({ status: 'unknown', reason: 'no such luck' });
    expect(findings).toMatchObject([{ code: 'CL0005', file: '/etc/x', resource: 'helper', severity: 'error' }]);
  });

  test('is unknown even when the error has nothing to say', async () => {
    const { resources, findings } = await plan(unreadable(new CodexLinkError([])));
    expect(resources[0]?.verdict).toMatchObject({ status: 'unknown', reason: 'it cannot be read' });
    expect(findings).toEqual([]);
  });

  test('hides no bug', async () => {
    await expect(plan(unreadable(new TypeError('undefined is not a function')))).rejects.toThrow(TypeError);
    await expect(plan(unreadable(new MachineError('EREADONLY', 'tried to write')))).rejects.toThrow('tried to write');
  });
});

test('nothing is read that was not selected, and it is skipped', async () => {
  const read: string[] = [];
  const one = (address: string, dependsOn: string[] = []) =>
    resource(address, dependsOn, {
      read: async () => {
        read.push(address);
        return null;
      },
    });
  const { resources } = await makePlan(machine, [one('c', ['b']), one('b', ['a']), one('a'), one('d')], FRESH, {
    targets: ['b'],
    excludes: [],
  });
  expect(read).toEqual(['a', 'b']);
  expect(resources.map((planned) => [planned.resource.address, planned.verdict.status])).toEqual([
    ['a', 'in-sync'],
    ['b', 'in-sync'],
    ['c', 'skipped'],
    ['d', 'skipped'],
  ]);
  expect(resources[2]?.verdict.reason).toBe('not selected');
});

test('each is told what changes before it', async () => {
  const told: Record<string, string[]> = {};
  const telling = (address: string, dependsOn: string[], status: Status) =>
    resource(address, dependsOn, {
      diff: (_actual, changing) => {
        told[address] = [...changing];
        return verdict(status, '');
      },
    });
  await plan(
    telling('app', ['provider', 'gateway'], 'run'),
    telling('provider', ['secret'], 'update'),
    telling('secret', [], 'in-sync'),
    telling('gateway', [], 'manual'),
  );
  expect(told).toEqual({ secret: [], provider: [], gateway: ['provider'], app: ['provider'] });
});

test('all are read side by side', async () => {
  let running = 0;
  let most = 0;
  const slow = (address: string) =>
    resource(address, [], {
      read: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((done) => setTimeout(done, 5));
        running -= 1;
      },
    });
  await plan(...['a', 'b', 'c', 'd'].map(slow));
  expect(most).toBe(4);
});

test('general findings come first', async () => {
  const general = finding('CL0011', 'held');
  const own = resource('a', [], { diff: () => verdict('in-sync', '', { findings: [finding('CL1005', 'hides')] }) });
  const { findings } = await makePlan(new ReadOnlyMachine(machine), [own], FRESH, EVERYTHING, [general]);
  expect(findings.map((one) => one.code)).toEqual(['CL0011', 'CL1005']);
});

test('the same trouble of several resources is told once, other trouble each time', async () => {
  const troubled = (address: string, message: string, file: string | null = null) =>
    resource(address, [], {
      diff: () => verdict('in-sync', '', { findings: [finding('CL1005', message, { file, resource: address })] }),
    });
  const { findings } = await plan(
    troubled('a', 'hides'),
    troubled('b', 'hides'),
    troubled('c', 'hides', '/etc/x'),
    troubled('d', 'another'),
  );
  expect(findings.map((one) => one.resource)).toEqual(['a', 'c', 'd']);
});

test.each<[string, Status, Json | undefined, Json, Cause | null]>([
  ['never applied here', 'update', undefined, { a: 1 }, 'initial'],
  ['the world moved', 'update', { a: 1, b: [2] }, { b: [2], a: 1 }, 'drift'],
  ['the YAML moved', 'update', { a: 1 }, { a: 2 }, 'config'],
  ['somebody took it away', 'create', { a: 1 }, { a: 1 }, 'drift'],
  ['it is not wanted any more', 'delete', { a: 1 }, {}, 'config'],
  ['an action has no cause', 'run', { a: 1 }, { a: 2 }, null],
  ['in sync has no cause', 'in-sync', { a: 1 }, { a: 2 }, null],
  ['a manual step has no cause', 'manual', { a: 1 }, { a: 1 }, null],
])('cause: %s', async (_what, status, applied, wanted, cause) => {
  const state = { ...FRESH, applied: applied === undefined ? {} : { helper: applied } };
  const one = resource('helper', [], { diff: () => verdict(status, ''), wanted: () => wanted });
  const { resources } = await makePlan(machine, [one], state, EVERYTHING);
  expect(resources[0]?.cause).toBe(cause);
});

test.each<[Json, Json, boolean]>([
  [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }, true],
  [[1, 2], [2, 1], false],
  [null, {}, false],
  [{ a: null }, {}, false],
  ['1', 1, false],
])('sameJson(%j, %j) is %s', (a, b, same) => {
  expect(sameJson(a, b)).toBe(same);
});
