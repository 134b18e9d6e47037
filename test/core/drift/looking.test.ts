/** `drift --dry-run`: what a run would find, on a machine whose YAML would let it put back and move things. */
import { expect, test } from 'vitest';
import { driftRun } from '../../../src/cli/drift-run.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { desired } from '../support/desired.ts';
import { doorsTo, driftOf, HOUR, resourceOf } from '../support/drift.ts';
import { applyTo, CONFIG, world } from '../support/world.ts';

const HANDS_ON = desired({ drift: { heal: 'safe', fallback: 'openai' } });

async function broken() {
  const made = world();
  made.gateway.models = ['gpt-5.5'];
  await applyTo(made.machine, HANDS_ON);
  await driftOf(made.machine, HANDS_ON);
  made.machine.clock += HOUR;
  const text = made.machine.text(CONFIG) ?? '';
  made.machine.place(CONFIG, text.replace('name = "CLIProxy"', 'name = "Mine"'), 0o600);
  return { ...made, look: new RecordingMachine(made.machine) };
}

test('finds the same and changes nothing, not even its memory', async () => {
  const { machine, look } = await broken();
  const seen = await driftRun({ ...doorsTo(look, HANDS_ON), looking: true });
  expect(seen.run).toMatchObject({ outcome: 'drift', changed: true, healed: [] });
  expect(resourceOf(seen, 'provider')).toMatchObject({ drifted: true, cause: 'drift', since: seen.run.started });
  expect(look.operations).toEqual([]);
  expect((await driftOf(machine, HANDS_ON)).run.healed).toMatchObject([{ address: 'provider' }]);
});

test('counts no failed check of the route, and moves nothing', async () => {
  const { machine, look } = await broken();
  machine.place('/home/me/.codex/auth.json', JSON.stringify({ tokens: { access_token: 'made-up-for-a-test' } }), 0o600);
  machine.servers.clear();
  const counts: unknown[] = [];
  for (let times = 0; times < 5; times++) {
    const { run } = await driftRun({ ...doorsTo(look, HANDS_ON), looking: true });
    expect(run.fallback).toMatchObject({ route: 'cliproxy', move: 'watching' });
    counts.push(run.fallback?.count);
    machine.clock += HOUR;
  }
  expect(counts).toEqual([1, 1, 1, 1, 1]);
  expect(look.operations).toEqual([]);
});
