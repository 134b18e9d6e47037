/** Every change of an account through the real CCS, and what CCS itself says of its accounts afterwards. */
import { renameSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ApplyResult, apply } from '../../src/applier/apply.ts';
import { Ccs } from '../../src/ccs/ccs.ts';
import { readPool } from '../../src/ccs/pool.ts';
import type { Desired, DesiredAccount } from '../../src/config/desired.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { ReadOnlyMachine } from '../../src/machine/read-only.ts';
import { makePlan, type Plan } from '../../src/planner/plan.ts';
import { accountResources, poolFindings } from '../../src/resources/accounts.ts';
import { type Resource, verdict } from '../../src/resources/resource.ts';
import { desired } from '../core/support/desired.ts';
import { realMachine } from '../core/support/real.ts';
import { EVERYTHING, FRESH } from '../core/support/resources.ts';
import { AT, entryOf, putRegistry, putToken, registryOf } from '../support/ccs-accounts.ts';
import { ccsAccounts } from '../support/ccs-view.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { ccsPath } from '../support/programs.ts';

const ANN = 'ann@example.com';
const BOB = 'bob@example.com';
const EVE = 'eve@example.com';
const PLUS = `codex-${ANN}-plus.json`;
const TEAM = `codex-a1b2c3d4-${ANN}-team.json`;

let home: FreshHome;
let machine: Machine;
beforeEach(() => {
  home = freshHome();
  const real = realMachine(home.home);
  machine = Object.assign(real, { facts: { ...real.facts, env: home.env } });
});
afterEach(() => home.dispose());

type Wanted = Partial<DesiredAccount> & { readonly email: string };
function wish(accounts: readonly Wanted[], unlistedAccounts: Desired['unlistedAccounts'] = 'keep'): Desired {
  const complete = accounts.map((one) => ({ nickname: null, default: false, paused: false, ...one }));
  return desired({ rest: { accounts: complete, unlistedAccounts } });
}

async function plan(wanted: Desired, ccs = new Ccs(), more: readonly Resource[] = []): Promise<Plan> {
  const readOnly = new ReadOnlyMachine(machine);
  const resources = [...(await accountResources(readOnly, wanted, ccs, [])), ...more];
  return makePlan(readOnly, resources, FRESH, EVERYTHING, await poolFindings(readOnly, wanted, ccs));
}

async function converge(wanted: Desired, more: readonly Resource[] = []): Promise<ApplyResult> {
  const ccs = new Ccs();
  const quiet = { started: () => {}, settled: () => {} };
  return apply(machine, await plan(wanted, ccs, more), quiet, new AbortController().signal);
}

/** What CCS says, which must be what we say; and the order does not matter. */
async function agreed(): Promise<Record<string, string>> {
  const theirs = await ccsAccounts(home);
  const ours = (await readPool(machine, home.path('.ccs'))).accounts.map(
    ({ id, email, nickname, tokenFile, isDefault, paused }) => ({ id, email, nickname, tokenFile, isDefault, paused }),
  );
  expect(ours).toEqual(theirs);
  const words = theirs.map(({ id, nickname, isDefault, paused }) => [
    id,
    `${nickname}${isDefault ? ' default' : ''}${paused ? ' paused' : ''}`,
  ]);
  return Object.fromEntries(words);
}

function two(more: object = {}): void {
  putToken(home, 'auth', ANN);
  putToken(home, 'auth', BOB);
  putRegistry(home, registryOf(ANN, { [ANN]: entryOf(ANN), [BOB]: entryOf(BOB) }, more));
}

interface Case {
  readonly prepare: () => void;
  readonly wanted: () => Desired;
  readonly after: Record<string, string>;
}

const CASES: Record<string, Case> = {
  'default, pause and a nickname, on a fresh registry': {
    prepare: () => two({ gemini: { default: 'x', accounts: {} } }),
    wanted: () =>
      wish([
        { email: 'Bob@Example.com', default: true, nickname: 'work' },
        { email: ANN, paused: true },
      ]),
    after: { [ANN]: 'ann paused', [BOB]: 'work default' },
  },
  resume: {
    prepare: () => {
      putToken(home, 'auth-paused', ANN);
      putRegistry(home, registryOf(ANN, { [ANN]: entryOf(ANN, undefined, { paused: true, pausedAt: AT }) }));
    },
    wanted: () => wish([{ email: ANN }]),
    after: { [ANN]: 'ann default' },
  },
  'no registry: default, pause and nickname all the same': {
    prepare: () => {
      for (const email of [ANN, BOB, EVE]) putToken(home, 'auth', email);
    },
    wanted: () =>
      wish([
        { email: BOB, default: true },
        { email: EVE, paused: true },
        { email: ANN, nickname: 'first' },
      ]),
    after: { [ANN]: 'first', [BOB]: 'bob default', [EVE]: 'eve paused' },
  },
  'a corrupt registry, with a paused account': {
    prepare: () => {
      putToken(home, 'auth', ANN);
      putToken(home, 'auth-paused', BOB);
      putRegistry(home, '{"version": 1,');
    },
    wanted: () =>
      wish([
        { email: BOB, default: true, nickname: 'boss' },
        { email: ANN, nickname: 'aide' },
      ]),
    after: { [ANN]: 'aide', [BOB]: 'boss default' },
  },
  'stale entries': {
    prepare: () => {
      putToken(home, 'auth', ANN);
      putToken(home, 'auth', BOB);
      const stale = { 'gone@example.com': entryOf('gone@example.com') };
      putRegistry(home, registryOf('gone@example.com', { ...stale, [ANN]: entryOf(ANN) }));
    },
    wanted: () =>
      wish([
        { email: BOB, default: true },
        { email: ANN, nickname: 'gone@example.com' },
      ]),
    after: { [ANN]: 'gone@example.com', [BOB]: 'bob default' },
  },
  'twins: pausing one renames the other, and both are found by their names': {
    prepare: () => {
      putToken(home, 'auth', ANN, PLUS);
      putToken(home, 'auth', ANN, TEAM);
      putRegistry(home, registryOf(ANN, { [ANN]: entryOf(ANN, PLUS) }));
    },
    wanted: () =>
      wish([
        { email: `${ANN}#a1b2c3d4-team`, default: true, nickname: 'team' },
        { email: `${ANN}#plus`, paused: true },
      ]),
    after: { [`${ANN}#plus`]: 'ann paused', [ANN]: 'team default' },
  },
  'both twins paused, one after the other, then one comes back': {
    prepare: () => {
      putToken(home, 'auth', ANN, PLUS);
      putToken(home, 'auth-paused', ANN, TEAM);
      const team = entryOf(ANN, TEAM, { nickname: 'team', paused: true, pausedAt: AT });
      putRegistry(home, registryOf(ANN, { [`${ANN}#plus`]: entryOf(ANN, PLUS), [`${ANN}#a1b2c3d4-team`]: team }));
    },
    wanted: () => wish([{ email: `${ANN}#a1b2c3d4-team` }, { email: `${ANN}#plus`, paused: true }]),
    after: { [`${ANN}#plus`]: 'ann paused', [ANN]: 'team default' },
  },
  'a file in auth that the registry calls paused': {
    prepare: () => {
      putToken(home, 'auth', ANN);
      putRegistry(home, registryOf(ANN, { [ANN]: entryOf(ANN, undefined, { paused: true, pausedAt: AT }) }));
    },
    wanted: () => wish([{ email: ANN, paused: true }]),
    after: { [ANN]: 'ann default paused' },
  },
  'a file among the paused ones that the registry calls active': {
    prepare: () => {
      putToken(home, 'auth-paused', ANN);
      putRegistry(home, registryOf(ANN, { [ANN]: entryOf(ANN) }));
    },
    wanted: () => wish([{ email: ANN }]),
    after: { [ANN]: 'ann default' },
  },
  'nicknames that trade places': {
    prepare: () => {
      for (const email of [ANN, BOB, EVE]) putToken(home, 'auth', email);
      putRegistry(home, registryOf(ANN, { [ANN]: entryOf(ANN), [BOB]: entryOf(BOB), [EVE]: entryOf(EVE) }));
    },
    wanted: () =>
      wish([
        { email: ANN, nickname: 'bob' },
        { email: BOB, nickname: 'EVE' },
        { email: EVE, nickname: 'ann' },
      ]),
    after: { [ANN]: 'bob default', [BOB]: 'EVE', [EVE]: 'ann' },
  },
  'unlisted accounts are paused, the default only after another one is it': {
    prepare: () => two(),
    wanted: () => wish([{ email: BOB, default: true }], 'pause'),
    after: { [ANN]: 'ann paused', [BOB]: 'bob default' },
  },
};

describe.skipIf(ccsPath() === null)('through the real CCS', () => {
  test.each(Object.entries(CASES))('%s', async (_name, { prepare, wanted, after }) => {
    prepare();
    const result = await converge(wanted());
    expect(result.resources.flatMap((one) => one.findings)).toEqual([]);
    expect(result.outcome).toBe('converged');
    expect(await agreed()).toEqual(after);
    expect((await plan(wanted())).resources.map(({ verdict }) => verdict.status)).not.toContain('update');
    const text = home.read('.ccs/cliproxy/accounts.json') ?? '';
    expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`);
    expect(home.hashTree('.ccs/cliproxy')['accounts.json']).toMatch(/^file 600 /);
  });

  test('what it needs not, it does not touch', async () => {
    two({ gemini: { default: 'x', accounts: {}, mine: true } });
    await converge(wish([{ email: ANN, nickname: 'other' }]));
    const registry = JSON.parse(home.read('.ccs/cliproxy/accounts.json') ?? '');
    const before = JSON.parse(
      registryOf(ANN, { [ANN]: entryOf(ANN), [BOB]: entryOf(BOB) }, { gemini: { default: 'x', accounts: {}, mine: true } }),
    );
    before.providers.codex.accounts[ANN].nickname = 'other';
    expect(registry).toEqual(before);
  });

  test('a second token that appears changes the ids, and the YAML has to say which it means', async () => {
    putToken(home, 'auth', ANN, PLUS);
    putRegistry(home, registryOf(ANN, { [ANN]: entryOf(ANN, PLUS) }));
    const wanted = wish([{ email: ANN, paused: true }]);
    expect((await plan(wanted)).resources[0]?.verdict.status).toBe('update');
    putToken(home, 'auth', ANN, TEAM);
    const names = `${ANN}#a1b2c3d4-team, ${ANN}#plus`;
    expect((await plan(wanted)).resources[0]?.verdict).toMatchObject({
      status: 'manual',
      command: `write one of these as its email: ${names}`,
    });
    expect(await agreed()).toEqual({ [`${ANN}#a1b2c3d4-team`]: 'ann-a1b2c3d4-team', [`${ANN}#plus`]: 'ann default' });
  });

  test('a later step that fails takes everything back', async () => {
    for (const email of [ANN, BOB, EVE]) putToken(home, 'auth', email);
    const paused = entryOf(EVE, undefined, { paused: true, pausedAt: AT });
    putRegistry(home, registryOf(ANN, { [ANN]: entryOf(ANN), [BOB]: entryOf(BOB), [EVE]: paused }));
    renameSync(home.path(`.ccs/cliproxy/auth/codex-${EVE}.json`), home.write(`.ccs/cliproxy/auth-paused/codex-${EVE}.json`, ''));
    const before = await agreed();
    const wanted = wish([
      { email: BOB, default: true, nickname: 'ann' },
      { email: ANN, paused: true, nickname: 'bob' },
      { email: EVE },
    ]);
    const result = await converge(wanted, [
      failing(['accounts/bob@example.com', 'accounts/ann@example.com', 'accounts/eve@example.com']),
    ]);
    expect([result.outcome, result.notPutBack]).toEqual(['failed', []]);
    expect(await agreed()).toEqual(before);
  });

  test('the same where there was no registry: none is left', async () => {
    for (const email of [ANN, BOB]) putToken(home, 'auth', email);
    const wanted = wish([
      { email: BOB, default: true, nickname: 'work' },
      { email: ANN, paused: true },
    ]);
    const result = await converge(wanted, [failing([`accounts/${BOB}`, `accounts/${ANN}`])]);
    expect([result.outcome, result.notPutBack]).toEqual(['failed', []]);
    expect(home.read('.ccs/cliproxy/accounts.json')).toBeNull();
    expect(Object.keys(home.hashTree('.ccs/cliproxy/auth')).length).toBe(2);
  });
});

function failing(dependsOn: readonly string[]): Resource {
  return {
    kind: 'helper',
    address: 'helper',
    dependsOn,
    read: async () => null,
    diff: () => verdict('run', 'fails'),
    converge: async (): Promise<void> => {
      throw new Error('planted');
    },
    wanted: () => null,
  };
}
