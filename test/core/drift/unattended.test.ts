import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/config/desired.ts';
import { Deferred, finding } from '../../../src/diagnostics/diagnostics.ts';
import { readGenerations } from '../../../src/generations/generation.ts';
import { readState } from '../../../src/planner/state.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { driftText } from '../../../src/report/drift-text.ts';
import { plain } from '../../../src/report/terminal.ts';
import { ccsxpTable } from '../../support/ccsxp.ts';
import { desired } from '../support/desired.ts';
import { drifted, driftOf, HOUR, historyOn } from '../support/drift.ts';
import { answer } from '../support/gateway.ts';
import { applyTo, CONFIG, DOTENV, HELPER, planOf, statuses, TOKEN_FILE, useOn, type World, world } from '../support/world.ts';

const codes = ({ run }: Awaited<ReturnType<typeof driftOf>>) => run.findings.map((one) => one.code);

async function set(wanted: Desired): Promise<World> {
  const made = world();
  made.gateway.models = ['gpt-5.5'];
  expect((await applyTo(made.machine, wanted)).code).toBe(0);
  return made;
}

/** Leaves our table as ccsxp does. */
function ccsxp({ machine }: World): void {
  const text = machine.text(CONFIG) ?? '';
  machine.place(CONFIG, text.replace(/\[model_providers\.cliproxy\][\s\S]*$/, ccsxpTable()), 0o600);
}

describe('heal: safe', () => {
  const HEAL = desired({ drift: { heal: 'safe' } });
  const DOTENVS = desired({ provider: { auth: 'dotenv' }, drift: { heal: 'safe' } });

  test.each<[string, Desired, string, (made: World) => void]>([
    ['the helper, edited', HEAL, 'helper', ({ machine }) => machine.place(HELPER, 'edited', 0o700)],
    ['the helper, gone', HEAL, 'helper', ({ machine }) => void machine.remove(HELPER)],
    ['our table, by ccsxp', HEAL, 'provider', ccsxp],
    ['the stored key', HEAL, 'secret', ({ machine }) => machine.place(TOKEN_FILE, 'another-key-0123456789', 0o600)],
    ['our line of .env', DOTENVS, 'dotenv', ({ machine }) => machine.place(DOTENV, 'CLIPROXY_API_KEY=other\n', 0o600)],
  ])('puts back %s, as an apply would, and says so', async (_what, wanted, address, spoil) => {
    const made = await set(wanted);
    const before = made.machine.snapshot();
    spoil(made);
    const seen = await driftOf(made.machine, wanted);
    expect(seen.run).toMatchObject({ outcome: 'in-sync', changed: true, healed: [{ address, generation: 2 }] });
    expect(driftText(seen.run, plain)).toMatch(
      new RegExp(`\\+ ${address} was put back( \\(written by ccsxp\\))?, generation 2: `),
    );
    const ours = (all: Record<string, string>) => Object.entries(all).filter(([path]) => !path.includes('/.local/'));
    expect(ours(made.machine.snapshot())).toEqual(ours(before));
    expect((await readGenerations(made.machine)).at(-1)).toMatchObject({
      command: 'drift',
      resources: [{ address }, { address: 'verification' }],
    });
    expect((await driftOf(made.machine, wanted)).run.healed).toEqual([]);
  });

  test.each<[string, Desired, (made: World) => void | Promise<void>, string[]]>([
    ['with heal off', desired(), ({ machine }) => machine.place(HELPER, 'edited', 0o700), ['helper']],
    ['a gateway that is down', HEAL, ({ machine }) => machine.servers.clear(), ['gateway']],
    [
      'what depends on a gateway that is down',
      HEAL,
      (made) => {
        made.machine.servers.clear();
        ccsxp(made);
      },
      ['gateway', 'provider'],
    ],
    ['a YAML that was changed', desired({ provider: { model: 'gpt-5.4' }, drift: { heal: 'safe' } }), () => {}, ['provider']],
  ])('leaves to a person: %s', async (_what, wanted, spoil, left) => {
    const made = await set(desired());
    await spoil(made);
    const before = made.machine.snapshot();
    const seen = await driftOf(made.machine, wanted);
    expect([seen.run.outcome, drifted(seen), seen.run.healed]).toEqual(['drift', left, []]);
    const apart = (all: Record<string, string>) => Object.entries(all).filter(([path]) => !/drift\.(json|log)$/.test(path));
    expect(apart(made.machine.snapshot())).toEqual(apart(before));
    if (wanted.drift.heal === 'safe') expect(codes(seen)).toContain('CL8005');
  });

  test('what a running App reads only when it starts waits for its restart; the table does not, and the App is left alone', async () => {
    const made = await set(HEAL);
    const touched: string[] = [];
    const running: Platform = {
      ...linux,
      app: {
        find: async () => ({ installed: true, outOfReach: null, processes: [{ pid: 5, name: '/opt/chatgpt/chatgpt' }] }),
        quit: async () => touched.push('quit') > 0,
        reopen: async () => void touched.push('reopen'),
      },
    };
    made.machine.place(TOKEN_FILE, 'another-key-0123456789', 0o600);
    expect(drifted(await driftOf(made.machine, HEAL, running))).toEqual(['secret']);
    await applyTo(made.machine, HEAL);
    ccsxp(made);
    expect((await driftOf(made.machine, HEAL, running)).run.healed).toMatchObject([{ address: 'provider', writer: 'ccsxp' }]);
    expect(touched).toEqual([]);
  });

  test('puts a helper back while the gateway is down: there is nothing to prove then', async () => {
    const made = await set(HEAL);
    made.machine.servers.clear();
    made.machine.place(HELPER, 'edited', 0o700);
    const seen = await driftOf(made.machine, HEAL);
    expect([drifted(seen), seen.run.healed.map((one) => one.address)]).toEqual([['gateway'], ['helper']]);
  });

  test('what does not work when it is put back is taken away again, and said', async () => {
    const made = await set(HEAL);
    made.machine.programs.set(HELPER, () => ({ code: 3, stdout: '', stderr: 'no', timedOut: false }));
    made.machine.place(HELPER, 'edited', 0o700);
    const seen = await driftOf(made.machine, HEAL);
    expect([seen.run.outcome, drifted(seen), codes(seen)]).toEqual(['drift', ['helper'], expect.arrayContaining(['CL8004'])]);
    expect(made.machine.text(HELPER)).toBe('edited');
  });

  test('three times in vain, and it stops, names who fights, and begins again when something changes', async () => {
    const made = await set(HEAL);
    for (let hour = 0; hour < 3; hour++) {
      ccsxp(made);
      expect((await driftOf(made.machine, HEAL)).run).toMatchObject({
        outcome: 'in-sync',
        healed: [{ address: 'provider' }],
        fights: [],
      });
      made.machine.clock += HOUR;
    }
    for (let hour = 0; hour < 2; hour++) {
      ccsxp(made);
      const stopped = await driftOf(made.machine, HEAL);
      expect(stopped.run).toMatchObject({
        outcome: 'drift',
        healed: [],
        fights: [{ address: 'provider', writer: 'ccsxp', times: 3 }],
      });
      expect(driftText(stopped.run, plain)).toMatch(/CL8003 {2}ccsxp undoes what heal puts back in provider: 3 times/);
      made.machine.clock += HOUR;
    }
    // Another difference is another matter.
    made.machine.place(CONFIG, (made.machine.text(CONFIG) ?? '').replace('"cliproxy"', '"openai"'), 0o600);
    expect((await driftOf(made.machine, HEAL)).run.healed).toMatchObject([{ address: 'provider' }]);
    made.machine.clock += HOUR;
    // And so is one that somebody has put right in between.
    ccsxp(made);
    await applyTo(made.machine, HEAL);
    await driftOf(made.machine, HEAL);
    expect((await readGenerations(made.machine)).length).toBe(6);
  });
});

describe('fallback: openai', () => {
  const FALL = desired({ drift: { fallback: 'openai' } });
  const LOGIN = JSON.stringify({ OPENAI_API_KEY: null, tokens: { access_token: 'made-up-for-a-test' } });
  const selected = ({ machine }: World) => /^model_provider = "(.*)"/m.exec(machine.text(CONFIG) ?? '')?.[1];

  async function ready(login = LOGIN): Promise<World> {
    const made = await set(FALL);
    made.machine.place('/home/me/.codex/auth.json', login, 0o600);
    return made;
  }
  async function runs(made: World, times: number) {
    let last = await driftOf(made.machine, FALL);
    for (let at = 1; at < times; at++) {
      made.machine.clock += HOUR;
      last = await driftOf(made.machine, FALL);
    }
    made.machine.clock += HOUR;
    return last;
  }

  test.each<[string, (made: World) => void]>([
    ['is down', ({ machine }) => machine.servers.clear()],
    ['is something else', ({ machine }) => void machine.servers.set('127.0.0.1:8317', () => answer(200, '<title>x</title>'))],
    ['refuses the key', ({ gateway }) => void gateway.keys.splice(0, 1, 'another')],
    ['has no account that can be used', ({ gateway }) => void gateway.models.splice(0)],
    [
      'is slow',
      ({ machine, gateway }) =>
        void machine.servers.set('127.0.0.1:8317', (bytes) => {
          machine.clock += 2100;
          return gateway.server(bytes);
        }),
    ],
  ])('a gateway that %s three times in a row moves the selector, and it comes back', async (_what, spoil) => {
    const made = await ready();
    const { machine, gateway } = made;
    expect((await runs(made, 1)).run.fallback).toBeNull();
    spoil(made);
    const watching = await runs(made, 2);
    expect([selected(made), watching.run.fallback]).toEqual([
      'cliproxy',
      expect.objectContaining({ move: 'watching', count: 2, of: 3 }),
    ]);
    const moved = await runs(made, 1);
    expect([selected(made), moved.run.fallback]).toEqual(['openai', expect.objectContaining({ move: 'moved', route: 'openai' })]);
    expect([moved.run.outcome, codes(moved)]).toEqual(['drift', expect.arrayContaining(['CL8010'])]);
    expect(driftText(moved.run, plain)).toContain('CL8010');
    // Plan and apply keep it there.
    expect((await applyTo(machine, { ...FALL, provider: { ...FALL.provider, active: 'openai' } })).plan.outcome).toBe('in-sync');
    const away = await runs(made, 1);
    expect([away.run.fallback?.move, away.run.changed, selected(made)]).toEqual(['away', false, 'openai']);
    Object.assign(gateway, { keys: ['key-of-this-test-0123456789'], models: ['gpt-5.5'] });
    machine.servers.set('127.0.0.1:8317', gateway.server);
    expect((await runs(made, 2)).run.fallback?.move).toBe('away');
    const back = await runs(made, 1);
    expect([selected(made), back.run.fallback?.move, back.run.outcome]).toEqual(['cliproxy', 'returned', 'in-sync']);
    expect((await readState(machine)).fallback).toBeNull();
    expect(statuses(await planOf(machine, FALL)).provider).toBe('in-sync');
  });

  test.each([
    ['no login', ''],
    ['a login that is damaged', '{"tokens":'],
    ['an API key only', '{"OPENAI_API_KEY":"made-up","tokens":null}'],
  ])('stays where it is with %s, and says why', async (_what, login) => {
    const made = await ready(login);
    made.gateway.models = [];
    const seen = await runs(made, 4);
    expect([selected(made), seen.run.outcome, codes(seen)]).toEqual(['cliproxy', 'drift', expect.arrayContaining(['CL8012'])]);
  });

  test('a route that was chosen by hand is never moved', async () => {
    const made = await ready();
    expect((await useOn(made.machine, FALL, 'cliproxy')).code).toBe(0);
    made.machine.servers.clear();
    expect((await runs(made, 6)).run.fallback).toBeNull();
    expect(selected(made)).toBe('cliproxy');
  });

  test('is forgotten when the YAML turns it off', async () => {
    const made = await ready();
    made.machine.servers.clear();
    await runs(made, 3);
    expect(selected(made)).toBe('openai');
    made.machine.servers.set('127.0.0.1:8317', made.gateway.server);
    expect((await applyTo(made.machine, desired())).code).toBe(0);
    expect([selected(made), (await readState(made.machine)).fallback]).toEqual(['cliproxy', null]);
  });

  test('a store that cannot be asked says nothing of the gateway', async () => {
    const made = await ready();
    await runs(made, 1);
    made.machine.place(TOKEN_FILE, 'x', 0o000);
    const wanted: Desired = { ...FALL, secret: { ...FALL.secret, source: { kind: 'keep' } } };
    for (let at = 0; at < 4; at++) await driftOf(made.machine, wanted);
    expect([selected(made), historyOn(made.machine).route.failures]).toEqual(['cliproxy', 0]);
  });
});

describe('drift.ignore', () => {
  const ignoring = (field: string | null, until: string | null) =>
    desired({ drift: { ignore: [{ resource: 'provider', field, until, reason: 'load test' }] } });
  const rename = ({ machine }: World) =>
    machine.place(CONFIG, (machine.text(CONFIG) ?? '').replace('name = "CLIProxy"', 'name = "Mine"'), 0o600);

  test('what is accepted is in sync, and named in the document', async () => {
    const made = await set(desired());
    rename(made);
    const { run } = await driftOf(made.machine, ignoring('name', '2026-12-31'));
    expect(run).toMatchObject({
      outcome: 'in-sync',
      ignored: [{ address: 'provider', field: 'name', until: '2026-12-31', why: 'load test' }],
      changed: false,
    });
    expect(driftText(run, plain)).toBe('');
  });

  test('the rest of the resource still counts', async () => {
    const made = await set(desired());
    rename(made);
    made.machine.place(CONFIG, (made.machine.text(CONFIG) ?? '').replace('"cliproxy"', '"openai"'), 0o600);
    const { run } = await driftOf(made.machine, ignoring('name', null));
    const found = run.resources.find((one) => one.address === 'provider');
    expect([run.outcome, found?.changes.map((one) => one.path)]).toEqual(['drift', ['model_provider']]);
  });

  test('what is accepted is not put back', async () => {
    const made = await set(desired());
    rename(made);
    const wanted = ignoring(null, null);
    const { run } = await driftOf(made.machine, { ...wanted, drift: { ...wanted.drift, heal: 'safe' } });
    expect([run.outcome, run.healed]).toEqual(['in-sync', []]);
  });

  test('its end is told once', async () => {
    const made = await set(desired());
    const told = async () => codes(await driftOf(made.machine, ignoring('name', '2026-11-21'))).filter((one) => one === 'CL8001');
    expect(await told()).toEqual([]);
    made.machine.clock += 48 * HOUR;
    expect([await told(), await told(), await told()]).toEqual([['CL8001'], [], []]);
  });
});

test('a store that could be asked from elsewhere only is not known from here', async () => {
  const made = await set(desired());
  const away = new Deferred(finding('CL3003', 'the keychain is locked: this is no session at the screen'));
  const stores = linux.stores.map((one) => ({ ...one, read: () => Promise.reject(away) }));
  const elsewhere: Platform = { ...linux, stores };
  const seen = await driftOf(made.machine, desired({ drift: { heal: 'safe', fallback: 'openai' } }), elsewhere);
  expect([seen.run.outcome, drifted(seen), seen.run.fallback]).toEqual(['unknown', [], null]);
  expect(seen.run.resources.find((one) => one.address === 'secret')?.status).toBe('unknown');
});
