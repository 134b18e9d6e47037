import { describe, expect, test } from 'vitest';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { ANN, BOB, EVE, heldAnn, placePool, pool, quotaNote, REGISTRY, wish } from '../support/pool.ts';
import { applyTo, CCS, exit, HELPER, planOf } from '../support/world.ts';

describe('a change', () => {
  const state = (machine: MemoryMachine) => {
    const { codex } = JSON.parse(machine.text(REGISTRY) ?? '').providers;
    const words = Object.entries<{ nickname: string; paused?: boolean }>(codex.accounts);
    return Object.fromEntries(
      words.map(([id, one]) => [id, `${one.nickname}${codex.default === id ? ' default' : ''}${one.paused ? ' paused' : ''}`]),
    );
  };
  const wanted = wish([
    { email: BOB, default: true, nickname: 'ann' },
    { email: ANN, paused: true, nickname: 'bob' },
  ]);

  test('is made once, and is no change the next time', async () => {
    const machine = pool([{ email: ANN }, { email: BOB }]);
    const { code } = await applyTo(machine, wanted);
    expect([code, state(machine)]).toEqual([0, { [ANN]: 'bob paused', [BOB]: 'ann default' }]);
    const before = machine.text(REGISTRY);
    const again = await planOf(machine, wanted);
    expect(again.outcome).toBe('in-sync');
    await applyTo(machine, wanted);
    expect(machine.text(REGISTRY)).toBe(before);
  });

  test('never leaves the default at a paused account, whichever is listed first', async () => {
    for (const turn of [0, 1]) {
      const machine = pool([{ email: ANN }, { email: BOB, paused: true }]);
      const real = machine.programs.get(CCS);
      const ran: string[] = [];
      machine.programs.set(CCS, (command, on) => {
        const [, verb, id] = command.args ?? [];
        ran.push(`${verb} ${id}`);
        return real?.(command, on) ?? exit(1);
      });
      const accounts = [
        { email: ANN, paused: true },
        { email: BOB, default: true },
      ];
      await applyTo(machine, wish(turn === 0 ? accounts : accounts.reverse()));
      expect(ran).toEqual([`resume ${BOB}`, `default ${BOB}`, `pause ${ANN}`]);
    }
  });

  test('is taken back when something else fails', async () => {
    const machine = pool([{ email: ANN }, { email: BOB }]);
    const before = state(machine);
    machine.programs.set(HELPER, () => exit(0, 'two words\n')); // the route does not work
    const { document } = await applyTo(machine, wanted);
    const results = document.resources.filter(({ address }) => address.startsWith('accounts/')).map(({ result }) => result);
    expect([document.outcome, results]).toEqual(['failed', ['rolled-back', 'rolled-back']]);
    expect(state(machine)).toEqual(before);
  });

  test('of a missing account is a person’s, and does not keep the rest back', async () => {
    const machine = pool([{ email: ANN }]);
    const { code, document } = await applyTo(machine, wish([{ email: EVE }, { email: ANN, nickname: 'work' }]));
    expect([code, document.outcome, state(machine)]).toEqual([2, 'steps-remain', { [ANN]: 'work default' }]);
  });

  test('that CCS only claims to have made is a failure with its words', async () => {
    const machine = pool([{ email: ANN }], (made) =>
      made.programs.set(CCS, () => exit(0, 'fine\n[X] Failed to pause account\n')),
    );
    const { code, document } = await applyTo(machine, wish([{ email: ANN, paused: true }]));
    expect(code).toBe(1);
    expect(document.findings).toContainEqual(
      expect.objectContaining({ code: 'CL7016', message: `${ANN} is not paused: [X] Failed to pause account` }),
    );
  });

  test('waits for a ccs that is busy, and gives up with exit 4', async () => {
    let busy = 3;
    const machine = pool([{ email: ANN }, { email: BOB }]);
    const real = machine.programs.get(CCS);
    machine.programs.set(CCS, (command, on) =>
      busy-- > 0 ? exit(1, '[X] Lock file is already being held') : (real?.(command, on) ?? exit(1)),
    );
    expect((await applyTo(machine, wish([{ email: BOB, default: true }]))).code).toBe(0);
    busy = Number.POSITIVE_INFINITY;
    const { code, document } = await applyTo(machine, wish([{ email: ANN, default: true }, { email: BOB }]));
    expect([code, document.findings.map((one) => one.code)]).toEqual([4, ['CL7002']]);
  });

  test('is not made over a hold that has begun since the plan', async () => {
    const machine = pool([{ email: ANN }, { email: BOB }]);
    const real = machine.programs.get(CCS);
    // CCS pauses the account for its quota just before our first command.
    const { read } = machine;
    let planned = false;
    machine.read = async (path, limit) => {
      if (planned && path === REGISTRY) {
        planned = false;
        placePool(machine, [{ email: BOB }, heldAnn]);
        quotaNote(machine);
      }
      return read.call(machine, path, limit);
    };
    machine.programs.set(CCS, (command, on) => real?.(command, on) ?? exit(1));
    const made = await planOf(
      machine,
      wish([
        { email: ANN, default: true },
        { email: BOB, nickname: 'work' },
      ]),
    );
    planned = true;
    for (const { resource, verdict, actual } of made.resources)
      if (resource.kind === 'accounts' && verdict.status === 'update') await resource.converge(machine, actual, () => {});
    expect(state(machine)).toEqual({ [ANN]: 'ann paused', [BOB]: 'work default' });
  });
});
