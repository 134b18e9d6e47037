/** A clock that goes backwards, as after a wrong battery or a restored virtual machine: numbers order what happened, not times. */
import { describe, expect, test } from 'vitest';
import { readGenerations } from '../../src/generations/generation.ts';
import { FaultyMachine } from '../../src/machine/faulty.ts';
import { desired } from '../core/support/desired.ts';
import { applyTo, CONFIG, destroyOn, HELPER, planOf, rollBackOn, STATE, world } from '../core/support/world.ts';
import { ended } from './judging.ts';

const YEAR = 365 * 86_400_000;
const THEIRS = '# by hand\nmodel = "gpt-5.5"\n';
const FIRST = desired({ provider: { model: 'gpt-5.5' } });
const SECOND = desired({ provider: { model: 'gpt-5.4' } });

function lived() {
  const { machine } = world();
  machine.place(CONFIG, THEIRS, 0o640);
  return machine;
}

describe.each([
  ['backwards', -YEAR],
  ['far ahead', 10 * YEAR],
  ['nowhere', 0],
])('a clock that goes %s between two runs', (_where, step) => {
  test('changes nothing about what they do', async () => {
    const machine = lived();
    const pristine = machine.snapshot();
    expect((await applyTo(machine, FIRST)).code).toBe(0);
    const first = machine.text(CONFIG);
    machine.clock += step;
    expect((await planOf(machine, FIRST)).outcome).toBe('in-sync');
    expect((await applyTo(machine, SECOND)).code).toBe(0);
    machine.clock += step;
    expect((await rollBackOn(machine, SECOND, 1)).code).toBe(0);
    expect(machine.text(CONFIG)).toBe(first);
    expect((await readGenerations(machine)).map((one) => one.number)).toEqual([1, 2, 3]);
    machine.clock += step;
    expect((await destroyOn(machine, SECOND)).code).toBe(0);
    expect(machine.snapshot()).toEqual(pristine);
  });

  test('is no reason to lose a run that was killed, or to wait for its lock', async () => {
    const machine = lived();
    const pristine = machine.snapshot();
    const faulty = new FaultyMachine(machine, { at: 9, when: 'torn', code: 'CRASH' });
    await applyTo(faulty, FIRST).catch(() => {});
    expect(machine.text(`${STATE}/lock`)).not.toBeNull();
    machine.clock += step;
    ended(machine);
    const began = machine.clock;
    expect((await applyTo(machine, FIRST)).code).toBe(0);
    expect(machine.clock - began).toBeLessThan(1000);
    expect(machine.text(HELPER)).not.toBeNull();
    expect((await destroyOn(machine, FIRST)).code).toBe(0);
    expect(machine.snapshot()).toEqual(pristine);
  });

  test('does not let go of recent generations', async () => {
    const machine = lived();
    for (let count = 0; count < 12; count++) {
      expect((await applyTo(machine, count % 2 === 0 ? FIRST : SECOND)).code).toBe(0);
      machine.clock += step / 12;
    }
    expect((await readGenerations(machine)).length).toBeGreaterThanOrEqual(10);
  });

  test('lets a take-over go on that was killed half-way', async () => {
    const machine = lived();
    await applyTo(new FaultyMachine(machine, { at: 9, when: 'before', code: 'CRASH' }), FIRST).catch(() => {});
    machine.place(`${STATE}/lock.breaking`, '');
    machine.clock += step;
    ended(machine);
    let code: number | undefined;
    // Somebody may be at it, so it counts by its age: at first exit 4, and never for long.
    for (let minute = 0; minute < 3 && code !== 0; minute++) {
      code = await applyTo(machine, FIRST).then(
        (done) => done.code,
        () => 4,
      );
      machine.clock += 60_000;
    }
    expect(code).toBe(0);
  });
});
