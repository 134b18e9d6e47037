import { describe, expect, test } from 'vitest';
import { standingOf } from '../../../src/cli/standing.ts';
import type { Desired } from '../../../src/config/desired.ts';
import { driftJson } from '../../../src/report/drift-json.ts';
import { driftLine } from '../../../src/report/drift-text.ts';
import { statusJson, statusText } from '../../../src/report/status.ts';
import { plain } from '../../../src/report/terminal.ts';
import { desired } from '../support/desired.ts';
import { doorsTo, driftOf, HOUR } from '../support/drift.ts';
import { placePool } from '../support/pool.ts';
import { problems } from '../support/schemas.ts';
import { applyTo, CONFIG, HELPER, TOKEN_FILE, useOn, type World, world } from '../support/world.ts';

const IGNORE = [{ resource: 'provider', field: 'model_provider', until: null, reason: 'a test' }];
const HEAL = desired({ drift: { heal: 'safe' } });
const FALL = desired({ drift: { fallback: 'openai' } });
const spoil = ({ machine }: World) =>
  machine.place(CONFIG, (machine.text(CONFIG) ?? '').replace('"cliproxy"', '"openai"'), 0o600);
const LOGIN = '{"tokens":{"access_token":"made-up-for-a-test"}}';

/** Machines in every state that a run can speak of, with what is wanted of them. */
const STATES: readonly [string, Desired, string, (made: World) => void | Promise<void>][] = [
  ['in sync', desired(), 'in-sync', () => {}],
  ['drifted', desired(), 'drift', spoil],
  ['with an accepted difference', desired({ drift: { ignore: IGNORE } }), 'in-sync', spoil],
  ['that is healed', HEAL, 'in-sync', ({ machine }) => void machine.remove(HELPER)],
  ['with a locked store', desired(), 'unknown', ({ machine }) => machine.place(TOKEN_FILE, 'x', 0o000)],
  ['with a broken config.toml', desired(), 'drift', ({ machine }) => machine.place(CONFIG, 'a = = 1')],
  [
    'with a folder in the way',
    desired(),
    'unknown',
    ({ machine }) => void machine.remove(HELPER).then(() => machine.placeFolder(HELPER)),
  ],
  [
    'that has fallen back',
    FALL,
    'drift',
    async ({ machine }) => {
      machine.place('/home/me/.codex/auth.json', LOGIN, 0o600);
      machine.servers.clear();
      for (let run = 0; run < 3; run++) await driftOf(machine, FALL);
    },
  ],
  [
    'where a neighbour fights',
    HEAL,
    'drift',
    async (made) => {
      for (let run = 0; run < 4; run++) {
        spoil(made);
        await driftOf(made.machine, HEAL);
      }
    },
  ],
  ['with a route held by hand', desired(), 'in-sync', async ({ machine }) => void (await useOn(machine, desired(), 'cliproxy'))],
  [
    'with a pool',
    desired(),
    'in-sync',
    ({ machine }) => placePool(machine, [{ email: 'ann@example.com' }, { email: 'bob@example.com', paused: true }]),
  ],
];

describe.each(STATES)('a machine %s', (name, wanted, outcome, prepare) => {
  test('drift and status say it in the published form', async () => {
    const made = world();
    made.gateway.models = ['gpt-5.5'];
    await applyTo(made.machine, wanted);
    await prepare(made);
    made.machine.clock += HOUR;
    const { run } = await driftOf(made.machine, wanted);
    expect(run.outcome).toBe(outcome);
    expect(problems('drift', driftJson(run), true)).toEqual([]);
    const before = made.machine.snapshot();
    const standing = await standingOf(await doorsTo(made.machine, wanted).open({ unattended: true }));
    expect(problems('status', statusJson(standing), true)).toEqual([]);
    expect(made.machine.snapshot()).toEqual(before);
    const screen = statusText(standing, plain).replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'TIME'); // local
    expect({ name, line: driftLine(run), screen }).toMatchSnapshot();
  });
});

test('a machine where codex-link has never been has a status too', async () => {
  const standing = await standingOf(await doorsTo(world().machine, desired()).open({}));
  expect(problems('status', statusJson(standing), true)).toEqual([]);
  expect(statusText(standing, plain)).toMatch(/last apply {2}never[\s\S]*codex-link drift has never run here/);
});
