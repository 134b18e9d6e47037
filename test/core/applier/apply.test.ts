import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ApplyResult, apply, obstacles } from '../../../src/applier/apply.ts';
import { CodexLinkError, Deferred, finding, ManualStep } from '../../../src/diagnostics/diagnostics.ts';
import { type Machine, MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import type { Plan } from '../../../src/planner/plan.ts';
import { type Status, verdict } from '../../../src/resources/resource.ts';
import { planOf, resource, step } from '../support/resources.ts';

const quiet = { started: () => {}, settled: () => {} };
const run = (plan: Plan, machine: Machine = new MemoryMachine(), signal = new AbortController().signal) =>
  apply(machine, plan, quiet, signal);
const results = (result: ApplyResult) =>
  Object.fromEntries(result.resources.map((one) => [one.planned.resource.address, one.result]));
const bytes = (text: string) => new TextEncoder().encode(text);
const boom = async () => {
  throw new MachineError('EIO', 'the disk is broken', '/x');
};

describe('order', () => {
  test('each comes after what it depends on, and independent ones run side by side', async () => {
    const events: string[] = [];
    const slow = (address: string, dependsOn: string[]) =>
      step(address, dependsOn, 'update', async () => {
        events.push(`${address} begins`);
        await new Promise((done) => setTimeout(done, 5));
        events.push(`${address} ends`);
      });
    const result = await run(planOf(slow('a', []), slow('b', []), slow('c', ['a', 'b']), slow('d', ['c'])));
    expect(events).toEqual(['a begins', 'b begins', 'a ends', 'b ends', 'c begins', 'c ends', 'd begins', 'd ends']);
    expect([result.outcome, results(result)]).toEqual(['converged', { a: 'done', b: 'done', c: 'done', d: 'done' }]);
  });

  test('what needs nothing is not touched, and holds nobody up', async () => {
    const never = async () => {
      throw new Error('must not be converged');
    };
    const result = await run(
      planOf(
        step('a', [], 'in-sync', never),
        step('b', ['a'], 'unmanaged', never),
        step('c', ['b'], 'skipped', never),
        step('d', ['c'], 'run'),
      ),
    );
    expect(results(result)).toEqual({ a: 'unchanged', b: 'unchanged', c: 'skipped', d: 'done' });
    expect(result.outcome).toBe('converged');
  });

  test('the observer hears of each that starts, and of each that is settled', async () => {
    const heard: string[] = [];
    const observer = {
      started: (address: string) => void heard.push(`${address} started`),
      settled: (applied: ApplyResult['resources'][number]) =>
        void heard.push(`${applied.planned.resource.address} ${applied.result}`),
    };
    await apply(
      new MemoryMachine(),
      planOf(step('a', [], 'in-sync'), step('b', ['a'], 'update')),
      observer,
      new AbortController().signal,
    );
    expect(heard).toEqual(['a unchanged', 'b started', 'b done']);
  });
});

describe('a failure', () => {
  test('skips what depends on it, directly or not, and nothing else', async () => {
    const plan = planOf(
      step('a', [], 'update', boom),
      step('b', ['a'], 'update'),
      step('c', ['b'], 'update'),
      step('d', [], 'update'),
      step('e', ['d'], 'update'),
      step('f', ['d', 'a'], 'update'),
    );
    const result = await run(plan);
    expect(result.outcome).toBe('failed');
    expect(results(result)).toEqual({
      a: 'failed',
      b: 'skipped',
      c: 'skipped',
      d: 'rolled-back',
      e: 'rolled-back',
      f: 'skipped',
    });
    expect(result.resources[0]?.findings).toMatchObject([
      { code: 'CL0014', message: 'the disk is broken', file: '/x', resource: 'a' },
    ]);
  });

  test('in any graph, exactly what depends on it is skipped', async () => {
    const graph = fc
      .integer({ min: 1, max: 8 })
      .chain((size) => fc.tuple(fc.nat(size - 1), fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1))), fc.constant(size)));
    await fc.assert(
      fc.asyncProperty(graph, async ([bad, edges, size]) => {
        const dependsOn = (node: number) => edges.filter(([from, to]) => from === node && to < node).map(([, to]) => to);
        const hit = new Set([bad]);
        for (let node = 0; node < size; node++) if (dependsOn(node).some((one) => hit.has(one))) hit.add(node);
        const plan = planOf(
          ...Array.from({ length: size }, (_, node) =>
            step(
              `n${node}`,
              dependsOn(node).map((one) => `n${one}`),
              'update',
              node === bad ? boom : undefined,
            ),
          ),
        );
        const expected = Object.fromEntries(
          Array.from({ length: size }, (_, node) => [
            `n${node}`,
            node === bad ? 'failed' : hit.has(node) ? 'skipped' : 'rolled-back',
          ]),
        );
        expect(results(await run(plan))).toEqual(expected);
      }),
    );
  });

  test.each([
    [
      'that is known keeps its findings',
      new CodexLinkError([finding('CL3004', 'one'), finding('CL3005', 'two', { resource: 'secret' })]),
      [
        { code: 'CL3004', resource: 'a' },
        { code: 'CL3005', resource: 'secret' },
      ],
    ],
    ['of an edit in between', new MachineError('ECHANGED', 'changed', '/f'), [{ code: 'CL0008', file: '/f', resource: 'a' }]],
    ['of the machine', new MachineError('ENOSPC', 'full', '/f'), [{ code: 'CL0014', file: '/f' }]],
    [
      'that is a bug',
      new TypeError('x is undefined'),
      [{ code: 'CL0016', message: expect.stringMatching(/^TypeError: x is undefined\n\s+at /) }],
    ],
    ['that is no error at all', 'a text', [{ code: 'CL0016', message: 'a text' }]],
  ])('%s', async (_what, error, findings) => {
    const machine = new MemoryMachine();
    const before = machine.snapshot();
    const plan = planOf(
      step('before', [], 'create', (on) => on.write('/home/me/file', bytes('new'))),
      step('a', ['before'], 'update', async () => {
        throw error;
      }),
    );
    const result = await run(plan, machine);
    expect(result.resources[1]?.findings).toMatchObject(findings);
    expect([result.outcome, results(result), result.verified]).toEqual(['failed', { before: 'rolled-back', a: 'failed' }, false]);
    expect(machine.snapshot()).toEqual(before);
  });
});

describe('steps for a person', () => {
  test.each<[Status]>([['manual'], ['deferred']])('%s is not touched, and what depends on it waits', async (status) => {
    const result = await run(planOf(step('a', [], status, boom), step('b', ['a'], 'update', boom), step('c', [], 'update')));
    expect([result.outcome, results(result)]).toEqual(['steps-remain', { a: status, b: 'skipped', c: 'done' }]);
  });

  test('a resource that did what it may takes nothing back', async () => {
    const machine = new MemoryMachine();
    const plan = planOf(
      step('a', [], 'update', async (on) => {
        await on.write('/home/me/file', bytes('new'));
        throw new ManualStep(finding('CL6001', 'it did not quit'));
      }),
    );
    const result = await run(plan, machine);
    expect([result.outcome, results(result), result.resources[0]?.findings[0]?.code]).toEqual([
      'steps-remain',
      { a: 'manual' },
      'CL6001',
    ]);
    expect(machine.text('/home/me/file')).toBe('new');
  });

  test('one that can only be done from somewhere else is deferred, and what depends on it waits', async () => {
    const plan = planOf(
      step('a', [], 'update', async () => {
        throw new Deferred(finding('CL0011', 'not over ssh'));
      }),
      step('b', ['a'], 'update', boom),
    );
    const result = await run(plan);
    expect([result.outcome, results(result)]).toEqual(['steps-remain', { a: 'deferred', b: 'skipped' }]);
    expect(result.resources[0]?.findings).toMatchObject([{ message: 'not over ssh', resource: 'a' }]);
  });

  test('a failure weighs more', async () => {
    expect((await run(planOf(step('a', [], 'manual'), step('b', [], 'update', boom)))).outcome).toBe('failed');
  });
});

describe('an interrupt', () => {
  test('lets the running step end, starts no other, and puts everything back', async () => {
    const machine = new MemoryMachine();
    const before = machine.snapshot();
    const stop = new AbortController();
    const plan = planOf(
      step('a', [], 'update', async (on) => {
        stop.abort();
        await on.write('/home/me/file', bytes('new'));
      }),
      step('b', ['a'], 'update', boom),
    );
    const result = await run(plan, machine, stop.signal);
    expect([result.outcome, results(result)]).toEqual(['interrupted', { a: 'rolled-back', b: 'skipped' }]);
    expect(machine.snapshot()).toEqual(before);
  });

  test('before the start does nothing', async () => {
    const stop = new AbortController();
    stop.abort();
    const result = await run(planOf(step('a', [], 'update', boom)), new MemoryMachine(), stop.signal);
    expect([result.outcome, results(result)]).toEqual(['interrupted', { a: 'skipped' }]);
  });
});

test('what is not in the plan holds nobody up', async () => {
  expect(results(await run(planOf(step('a', ['elsewhere'], 'update'))))).toEqual({ a: 'done' });
});

test('verified says that the verification ran and passed', async () => {
  const verification = (status: Status, converge = async () => {}) =>
    resource('verification', [], { kind: 'verification', diff: () => verdict(status, ''), converge });
  expect((await run(planOf(verification('run')))).verified).toBe(true);
  expect((await run(planOf(verification('in-sync')))).verified).toBe(false);
  expect((await run(planOf(verification('run', boom)))).verified).toBe(false);
  expect((await run(planOf(step('a', [], 'update'), verification('run')))).verified).toBe(true);
  expect((await run(planOf(step('a', [], 'update')))).verified).toBe(false);
});

describe('obstacles', () => {
  const plan = (status: Status, ...findings: ReturnType<typeof finding>[]): Plan => {
    const one = resource('a', [], { diff: () => verdict(status, '', { findings }) });
    return { ...planOf(one), findings };
  };

  test('are errors, and whatever could not be read', () => {
    const [error, warning, info] = [finding('CL1002', 'e'), finding('CL3003', 'w'), finding('CL1005', 'i')];
    expect(obstacles(plan('update', error, warning, info))).toEqual([error]);
    expect(obstacles(plan('update', warning, info))).toEqual([]);
    expect(obstacles(plan('unknown', warning))).toEqual([warning]);
    expect(obstacles(plan('unknown', error))).toEqual([error]); // once
  });
});
