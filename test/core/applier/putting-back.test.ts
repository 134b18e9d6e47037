import { describe, expect, test } from 'vitest';
import { type AppliedResource, apply } from '../../../src/applier/apply.ts';
import type { Journal } from '../../../src/applier/undo.ts';
import { CodexLinkError, finding } from '../../../src/diagnostics/diagnostics.ts';
import { type Machine, MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { planOf, step } from '../support/resources.ts';

type Remember = (machine: Machine, resources: readonly AppliedResource[]) => Promise<void>;

const FILE = '/home/me/file';
const bytes = (text: string) => new TextEncoder().encode(text);
const writes = step('a', [], 'create', (on) => on.write(FILE, bytes('new')));
const boom = async () => {
  throw new MachineError('EIO', 'the disk is broken', '/x');
};

function run(machine: Machine, plan: ReturnType<typeof planOf>, remember: Remember = async () => {}, end = async () => {}) {
  const ended: boolean[] = [];
  const journal: Journal = {
    beforeChange: async () => {},
    beforeFile: async () => {},
    beforeFolders: async () => {},
    end: () => {
      ended.push(true);
      return end();
    },
  };
  const quiet = { started: () => {}, settled: () => {} };
  const result = apply(machine, plan, quiet, new AbortController().signal, remember, journal);
  return result.then((one) => ({ ...one, ended: ended.length }));
}

describe('what was done is written down', () => {
  test('after all of it, on the machine that takes back', async () => {
    const machine = new MemoryMachine();
    const seen: unknown[] = [];
    const result = await run(machine, planOf(writes), async (on, resources) => {
      seen.push(
        resources.map((one) => one.result),
        machine.text(FILE),
      );
      await on.write('/home/me/remembered', bytes('yes'));
    });
    expect([result.outcome, result.ended, seen]).toEqual(['converged', 1, [['done'], 'new']]);
    expect(machine.text('/home/me/remembered')).toBe('yes');
  });

  test('and when that fails, all of it is put back', async () => {
    const machine = new MemoryMachine();
    const before = machine.snapshot();
    const result = await run(machine, planOf(writes), async (on) => {
      await on.write('/home/me/remembered', bytes('half'));
      throw new CodexLinkError(finding('CL0007', 'the state cannot be written'));
    });
    expect(result).toMatchObject({ outcome: 'failed', ended: 1, notPutBack: [], verified: false });
    expect(result.findings).toMatchObject([{ code: 'CL0007', resource: null }]);
    expect(result.resources.map((one) => one.result)).toEqual(['rolled-back']);
    expect(machine.snapshot()).toEqual(before);
  });

  test('not after a failure', async () => {
    const result = await run(new MemoryMachine(), planOf(step('a', [], 'update', boom)), async () => {
      throw new Error('must not be remembered');
    });
    expect([result.outcome, result.findings]).toEqual(['failed', []]);
  });
});

describe('the journal', () => {
  const failing = (theirs: (machine: MemoryMachine) => void) => {
    const machine = new MemoryMachine();
    const late = step('b', ['a'], 'update', async () => {
      theirs(machine);
      await boom();
    });
    return run(machine, planOf(writes, late));
  };

  test('ends when everything was put back', async () => {
    expect(await failing(() => {})).toMatchObject({ outcome: 'failed', notPutBack: [], ended: 1 });
  });

  test('stays when something was not, and that is named', async () => {
    const result = await failing((machine) => machine.place(FILE, 'theirs'));
    expect(result).toMatchObject({ outcome: 'failed', ended: 0 });
    expect(result.notPutBack).toMatchObject([
      { code: 'CL0010', message: `could not put back ${FILE}: somebody else has changed it since; it was left alone` },
    ]);
  });

  test('that cannot be ended spoils nothing: the next run sees that all is done', async () => {
    const stuck = () => Promise.reject(new MachineError('EIO', 'the journal cannot be removed'));
    const done = await run(new MemoryMachine(), planOf(writes), undefined, stuck);
    expect([done.outcome, done.ended]).toEqual(['converged', 1]);
    const failed = await run(new MemoryMachine(), planOf(step('a', [], 'update', boom)), undefined, stuck);
    expect([failed.outcome, failed.ended, failed.notPutBack]).toEqual(['failed', 1, []]);
  });
});
