import { describe, expect, test } from 'vitest';
import { apply } from '../../../src/applier/apply.ts';
import { finding } from '../../../src/diagnostics/diagnostics.ts';
import { MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import type { Plan } from '../../../src/planner/plan.ts';
import { type Status, verdict } from '../../../src/resources/resource.ts';
import { planOf, resource, step } from '../support/resources.ts';

const quiet = { started: () => {}, settled: () => {} };
const run = (plan: Plan) => apply(new MemoryMachine(), plan, quiet, new AbortController().signal);
const boom = async () => {
  throw new MachineError('EIO', 'the disk is broken', '/x');
};

describe('the account of an apply', () => {
  const slow = (address: string, milliseconds: number, then: () => Promise<void> = async () => {}) =>
    step(address, [], 'update', async (machine) => {
      await machine.sleep(milliseconds);
      await then();
    });

  test('has how long it took, and nothing else when all went well', async () => {
    const { resources, ...rest } = await run(planOf(slow('a', 30)));
    expect(rest).toEqual({ outcome: 'converged', verified: false, findings: [], notPutBack: [], durationMs: 30 });
    expect(resources).toMatchObject([{ result: 'done', findings: [], durationMs: 30 }]);
  });

  test('has nothing of its own when a resource failed, for that has its findings', async () => {
    const { resources, ...rest } = await run(planOf(slow('a', 30, boom)));
    expect(rest).toEqual({ outcome: 'failed', verified: false, findings: [], notPutBack: [], durationMs: 30 });
    expect(resources).toMatchObject([{ result: 'failed', findings: [{ code: 'CL0014' }], durationMs: 30 }]);
  });

  test('has what a resource finds worth telling', async () => {
    const telling = resource('a', [], {
      diff: () => verdict('update', ''),
      converge: async () => [finding('CL1005', 'by the way')],
    });
    const { resources, outcome } = await run(planOf(telling));
    expect([outcome, resources[0]?.findings.map((one) => one.message)]).toEqual(['converged', ['by the way']]);
  });

  test.each<[Status]>([['in-sync'], ['skipped'], ['manual'], ['deferred']])(
    'has nothing to say of what is %s',
    async (status) => {
      expect((await run(planOf(step('a', [], status)))).resources[0]?.findings).toEqual([]);
    },
  );

  test('names what is a bug of ours, and whose', async () => {
    const plan = planOf(step('a', [], 'update', () => Promise.reject(new TypeError('x is undefined'))));
    expect((await run(plan)).resources[0]?.findings).toMatchObject([{ code: 'CL0016', resource: 'a' }]);
    const bare = Object.assign(new Error('without a stack'), { stack: undefined });
    const other = await run(planOf(step('a', [], 'update', () => Promise.reject(bare))));
    expect(other.resources[0]?.findings[0]?.message).toBe('without a stack');
  });
});
