import { describe, expect, test } from 'vitest';
import { readPool } from '../../../src/ccs/pool.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { desired } from '../support/desired.ts';
import { placePool, REGISTRY } from '../support/pool.ts';
import { applyTo, planOf, rebooted, STATE, world } from '../support/world.ts';

const ANN = 'ann@example.com';
const BOB = 'bob@example.com';
const EVE = 'eve@example.com';

/** Every kind of change at once, the traded nickname among them. */
const WANTED = desired({
  rest: {
    accounts: [
      { email: BOB, nickname: 'ann', default: true, paused: false },
      { email: ANN, nickname: 'bob', default: false, paused: true },
      { email: EVE, nickname: null, default: false, paused: false },
    ],
  },
});

function lived(registry: boolean): MemoryMachine {
  const { machine } = world();
  placePool(machine, [{ email: ANN }, { email: BOB }, { email: EVE, paused: registry }]);
  if (!registry) void machine.remove(REGISTRY);
  return machine;
}

async function state(machine: MemoryMachine) {
  const { accounts } = await readPool(machine, '/home/me/.ccs');
  return accounts.map(({ id, nickname, isDefault, paused, inRotation }) => [id, nickname, isDefault, paused, inRotation]);
}

describe.each([
  ['with a registry', true],
  ['without a registry', false],
] as const)('%s', (_name, registry) => {
  test('whatever goes wrong at whichever change, the accounts are as before or as wanted', { timeout: 60_000 }, async () => {
    const machine = lived(registry);
    const before = await state(machine);
    const recording = new RecordingMachine(machine);
    expect((await applyTo(recording, WANTED)).code).toBe(0);
    const after = await state(machine);
    expect(after).not.toEqual(before);
    expect(recording.operations.length).toBeGreaterThan(15);
    for (const [index, { kind, path }] of recording.operations.entries()) {
      for (const code of ['EIO', 'CRASH']) {
        for (const when of ['before', 'after'] as const) {
          const label = `${code} ${when} change ${index + 1}: ${kind} ${path}`;
          const now = lived(registry);
          const faulty = new FaultyMachine(now, { at: index + 1, when, code });
          const result = await applyTo(faulty, WANTED).catch(() => null); // as when a process ends
          expect(() => JSON.parse(now.text(REGISTRY) ?? '{}'), label).not.toThrow();
          const isOurs = !path.startsWith(STATE) || path.endsWith('state.json');
          if (code === 'EIO' && isOurs && result?.document.outcome === 'failed') {
            expect(await state(now), label).toEqual(before);
            expect(now.text(REGISTRY) === null, label).toBe(!registry);
            expect(
              result.document.findings.map((one) => one.code),
              label,
            ).not.toContain('CL0010');
          }
          rebooted(now);
          now.clock += 20_000; // a lock that was left is old by then
          expect((await applyTo(now, WANTED)).code, label).toBe(0);
          expect(await state(now), label).toEqual(after);
          expect((await planOf(now, WANTED)).outcome, label).toBe('in-sync');
        }
      }
    }
  });
});
