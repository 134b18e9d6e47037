import { describe, expect, test } from 'vitest';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { inOrder } from '../../../src/planner/graph.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import { ADDRESSES } from '../../../src/resources/addresses.ts';
import { allResources, makeWorld } from '../../../src/resources/all.ts';
import { desired } from '../support/desired.ts';
import { FRESH } from '../support/resources.ts';
import { applyTo, exit, HELPER, planOf, statuses, world } from '../support/world.ts';

const all = async (wanted = desired(), rotate = false) => {
  const { machine } = world();
  return allResources(machine, await makeWorld(machine, { desired: wanted, platform: linux, state: FRESH, rotate }));
};

describe.each(['helper', 'dotenv', 'env'] as const)('with auth %s', (auth) => {
  test.each(['cliproxy', 'openai'] as const)('and %s, there is an order, and the App comes last', async (active) => {
    const resources = await all(desired({ provider: { auth, active } }));
    const ordered = inOrder(resources).map((one) => one.address);
    expect(ordered.slice(-2)).toEqual(['verification', 'app']);
    expect(new Set(ordered).size).toBe(ordered.length);
    for (const one of resources) for (const dependency of one.dependsOn) expect(ordered).toContain(dependency);
    const provider = resources.find((one) => one.address === 'provider');
    expect(provider?.dependsOn.includes('gateway')).toBe(active === 'cliproxy');
  });

  test.each([false, true])(
    'the App waits for the proof of the route, and the proof for all of the route; rotating: %s',
    async (rotate) => {
      const resources = await all(desired({ provider: { auth }, secret: { source: { kind: 'keep' } } }), rotate);
      const waitsFor = (address: string) => resources.find((one) => one.address === address)?.dependsOn ?? [];
      const kinds = ['secret', 'helper', 'dotenv', 'environment', 'gateway', 'provider'];
      const route = resources.flatMap((one) => (kinds.includes(one.kind) ? [one.address] : []));
      expect(waitsFor('verification')).toEqual(expect.arrayContaining(route));
      expect(waitsFor('app')).toEqual(expect.arrayContaining([...route, 'verification', ...(rotate ? ['gateway-key/old'] : [])]));
    },
  );
});

test('every resource that there can be is explained', async () => {
  const ways = ['helper', 'dotenv', 'env'] as const;
  const source = { kind: 'keep' } as const; // a key that rotate may replace
  const rest = {
    accounts: [{ email: 'work@example.com', nickname: null, default: false, paused: false }],
    routing: { strategy: null, sessionAffinity: null, sessionAffinityTtl: null },
    variants: [{ name: 'codex-fast', model: 'gpt-5.4-fast' }],
  };
  const wanted = (auth: (typeof ways)[number]) =>
    desired({ provider: { auth }, secret: { source }, drift: { schedule: { every: '1h' } }, rest });
  const resources = await Promise.all(ways.map((auth) => all(wanted(auth), true)));
  const kinds = resources.flat().map((one) => one.kind);
  expect([...new Set(kinds)].sort()).toEqual(Object.keys(ADDRESSES).sort());
});

describe('promises', () => {
  test('a plan changes nothing and starts nothing that writes', async () => {
    const { machine } = world();
    const before = machine.snapshot();
    const recording = new RecordingMachine(machine);
    await planOf(recording, desired());
    expect([recording.operations, machine.snapshot()]).toEqual([[], before]);
  });

  test('what the plan announced is what the apply did, and nothing is left for the next', async () => {
    for (const auth of ['helper', 'dotenv', 'env'] as const) {
      const { machine } = world();
      const wanted = desired({ provider: { auth } });
      const announced = await planOf(machine, wanted);
      const { plan, document } = await applyTo(machine, wanted);
      expect(statuses(plan)).toEqual(statuses(announced));
      for (const { address, status, result } of document.resources) {
        const changes = ['create', 'update', 'delete', 'run'].includes(status);
        expect([address, result]).toEqual([address, changes ? 'done' : 'unchanged']);
      }
      const after = await planOf(machine, wanted);
      expect([after.outcome, after.resources.map((one) => one.cause).filter(Boolean)]).toEqual(['in-sync', []]);
    }
  });

  test('a route that does not work is not applied: everything is put back', async () => {
    const { machine } = world();
    machine.place('/home/me/.codex/config.toml', 'model = "mine"\n', 0o640);
    machine.programs.set(HELPER, () => exit(0, 'two words\n'));
    const before = machine.snapshot();
    const { code, document } = await applyTo(machine, desired());
    expect([code, document.outcome, document.verified]).toEqual([1, 'failed', false]);
    expect(document.findings.map((one) => one.code)).toContain('CL5001');
    const after = Object.entries(machine.snapshot()).filter(([path]) => !path.startsWith('/home/me/.local'));
    expect(Object.fromEntries(after)).toEqual(before);
  });

  test('the cause of a difference: the YAML first, then the world', async () => {
    const { machine } = world();
    await applyTo(machine, desired());
    const cause = async (wanted: Parameters<typeof planOf>[1], address: string) =>
      (await planOf(machine, wanted)).resources.find((one) => one.resource.address === address)?.cause;
    expect(await cause(desired({ provider: { model: 'other' } }), 'provider')).toBe('config');
    machine.place('/home/me/.codex/config.toml', 'model = "mine"\n', 0o600);
    machine.place(HELPER, 'edited', 0o700);
    expect([await cause(desired(), 'provider'), await cause(desired(), 'helper'), await cause(desired(), 'gateway')]).toEqual([
      'drift',
      'drift',
      null,
    ]);
  });
});
