import { describe, expect, test } from 'vitest';
import type { Desired, DesiredAccount } from '../../../src/config/desired.ts';
import { MachineError } from '../../../src/machine/machine.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { desired } from '../support/desired.ts';
import { CLIPROXY, idToken, type Made, placePool, REGISTRY } from '../support/pool.ts';
import { applyTo, CCS, exit, HELPER, planOf, verdictOf, world } from '../support/world.ts';

const ANN = 'ann@example.com';
const BOB = 'bob@example.com';
const EVE = 'eve@example.com';

type Wanted = Partial<DesiredAccount> & { readonly email: string };
function wish(accounts: readonly Wanted[], unlistedAccounts: Desired['unlistedAccounts'] = 'keep', model: string | null = null) {
  const complete = accounts.map((one) => ({ nickname: null, default: false, paused: false, ...one }));
  return desired({ provider: { model }, rest: { accounts: complete, unlistedAccounts } });
}

function pool(made: readonly Made[], prepare: (machine: MemoryMachine) => void = () => {}): MemoryMachine {
  const { machine } = world();
  placePool(machine, made);
  prepare(machine);
  return machine;
}

interface Given {
  readonly pool: readonly Made[];
  readonly wanted: readonly Wanted[];
  readonly prepare?: (machine: MemoryMachine) => void;
}

const quotaNote = (machine: MemoryMachine, more: object = {}) => {
  const entry = {
    provider: 'codex',
    accountId: ANN,
    pausedAt: '2026-11-21T11:00:00.000Z',
    until: machine.now() + 5_400_000,
    ...more,
  };
  machine.place(`${CLIPROXY}/quota-paused.json`, JSON.stringify({ entries: [{ provider: 7 }, entry] }));
};
const sessionNote = (machine: MemoryMachine, more: object = {}) => {
  const accounts = [{ provider: 'codex', accountId: ANN }];
  const session = { initiator: 'gemini', pid: 99, pausedAt: '2026-11-21T11:00:00.000Z', accounts, ...more };
  machine.place(`${CLIPROXY}/auto-paused.json`, JSON.stringify({ sessions: [session] }));
  machine.processes.set(99, 'start');
};
const forced = (machine: MemoryMachine, id: string) =>
  machine.place('/home/me/.ccs/config.yaml', `quota_management:\n  manual:\n    forced_default: ${id}\n`);
const heldAnn: Made = { email: ANN, paused: true, pausedAt: '2026-11-21T11:00:00.000Z' };

const VERDICTS: readonly [string, Given, object][] = [
  [
    'as it should be, with its plan',
    {
      pool: [{ email: ANN, token: { id_token: idToken('Pro') } }],
      wanted: [{ email: 'ANN@example.com', default: true, nickname: 'ann' }],
    },
    { status: 'in-sync', reason: 'active, the default, nickname ann, plan pro', findings: [] },
  ],
  [
    'a plan in the name of the file, and none',
    { pool: [{ email: ANN, file: `codex-${ANN}-team.json` }], wanted: [{ email: ANN }] },
    { status: 'in-sync', reason: 'active, the default, nickname ann, plan team' },
  ],
  [
    'a plan that nobody knows',
    { pool: [{ email: ANN, token: { id_token: 'a.!!!.c' } }], wanted: [{ email: ANN }] },
    { status: 'in-sync', reason: 'active, the default, nickname ann, plan not known' },
  ],
  [
    'everything different',
    { pool: [{ email: BOB }, { email: ANN, paused: true }], wanted: [{ email: ANN, nickname: 'work', default: true }] },
    {
      status: 'update',
      reason: 'its nickname is ann, wanted work; it is not the default; it is paused, wanted active',
      changes: [
        { path: 'nickname', before: 'ann', after: 'work', sensitive: false },
        { path: 'default', before: false, after: true, sensitive: false },
        { path: 'paused', before: true, after: false, sensitive: false },
      ],
    },
  ],
  [
    'default: false does not unset a default, and a nickname that is not wanted is not looked at',
    { pool: [{ email: ANN, nickname: 'x' }], wanted: [{ email: ANN, default: false }] },
    { status: 'in-sync' },
  ],
  [
    'not there',
    { pool: [{ email: BOB }], wanted: [{ email: ANN }] },
    {
      status: 'manual',
      command: 'ccs cliproxy start && CCS_CLAUDE_PATH=/bin/true ccs codex --auth --add',
      findings: [{ code: 'CL7010', severity: 'warning' }],
    },
  ],
  [
    'not there, and no ccs either, but a Claude',
    {
      pool: [],
      wanted: [{ email: ANN }],
      prepare: (machine) => {
        void machine.remove(CCS);
        machine.place('/usr/bin/claude', '', 0o755);
      },
    },
    { status: 'manual', command: 'npm install -g @kaitranntt/ccs && ccs cliproxy start && ccs codex --auth --add' },
  ],
  [
    'one of several, without a variant',
    {
      pool: [
        { email: ANN, file: `codex-${ANN}-plus.json`, registered: false },
        { email: ANN, file: `codex-${ANN}-team.json`, registered: false },
      ],
      wanted: [{ email: ANN }],
    },
    {
      status: 'manual',
      reason: `${ANN} has several accounts in CCS: ${ANN}#plus, ${ANN}#team`,
      findings: [{ code: 'CL7011', fix: `write one of these as its email: ${ANN}#plus, ${ANN}#team` }],
    },
  ],
  [
    'a variant that is not there',
    { pool: [{ email: ANN, file: `codex-${ANN}-plus.json` }], wanted: [{ email: `${ANN}#team` }] },
    { status: 'manual', reason: `CCS has no account ${ANN}#team; with this e-mail it has ${ANN}#plus` },
  ],
  [
    'a variant, while CCS calls the account by its e-mail alone',
    { pool: [{ email: ANN, file: `codex-${ANN}-plus.json` }], wanted: [{ email: `${ANN}#plus` }] },
    { status: 'in-sync' },
  ],
  [
    'the same account as another entry of the YAML',
    { pool: [{ email: ANN, file: `codex-${ANN}-plus.json` }], wanted: [{ email: ANN }, { email: `${ANN}#plus`, paused: true }] },
    { status: 'manual', reason: `${ANN} and ${ANN}#plus are one and the same account, ${ANN}`, findings: [{ code: 'CL7011' }] },
  ],
  [
    'an id of CCS that comes from no file name',
    {
      pool: [],
      wanted: [{ email: `${ANN}#OLD`, paused: true }],
      prepare: (machine) => {
        placePool(machine, [{ email: ANN, paused: true }]);
        machine.place(REGISTRY, (machine.text(REGISTRY) ?? '').replace(`"${ANN}": {`, `"${ANN}#old": {`), 0o600);
      },
    },
    { status: 'in-sync' },
  ],
  [
    'paused, but CCS has forgotten it',
    { pool: [{ email: ANN, paused: true, registered: false }], wanted: [{ email: ANN }] },
    {
      status: 'manual',
      command: `mv '${CLIPROXY}/auth-paused/codex-${ANN}.json' '${CLIPROXY}/auth/'`,
      findings: [{ code: 'CL7025' }],
    },
  ],
  [
    'a nickname of somebody who keeps it, whatever the case',
    { pool: [{ email: ANN }, { email: BOB, nickname: 'Work' }], wanted: [{ email: ANN, nickname: 'work' }, { email: BOB }] },
    {
      status: 'manual',
      findings: [{ code: 'CL7012', severity: 'warning' }],
      reason: `the nickname work for ${ANN} is the name of ${BOB} already`,
    },
  ],
  [
    'a nickname that is the id of another account',
    {
      pool: [{ email: ANN }, { email: BOB }],
      wanted: [
        { email: ANN, nickname: BOB },
        { email: BOB, nickname: 'bob2' },
      ],
    },
    { status: 'manual', findings: [{ code: 'CL7012' }] },
  ],
  [
    'its own nickname in other letters',
    { pool: [{ email: ANN }], wanted: [{ email: ANN, nickname: 'Ann' }] },
    { status: 'update', changes: [{ path: 'nickname', before: 'ann', after: 'Ann' }] },
  ],
  [
    'no ccs to change anything with',
    { pool: [{ email: ANN, paused: true }], wanted: [{ email: ANN }], prepare: (machine) => void machine.remove(CCS) },
    { status: 'manual', command: 'npm install -g @kaitranntt/ccs', findings: [{ code: 'CL7001', severity: 'warning' }] },
  ],
  [
    'no ccs, which a nickname does not need',
    { pool: [{ email: ANN }], wanted: [{ email: ANN, nickname: 'work' }], prepare: (machine) => void machine.remove(CCS) },
    { status: 'update' },
  ],
  [
    'held for its quota, and replaced as the default',
    { pool: [{ email: BOB }, heldAnn], wanted: [{ email: ANN, default: true }], prepare: quotaNote },
    {
      status: 'in-sync',
      findings: [
        {
          code: 'CL7014',
          severity: 'info',
          message: expect.stringMatching(
            /^ann@example\.com: held by CCS until 2026-11-2\d \d\d:30, quota exhausted; the default is bob@example\.com meanwhile$/,
          ),
        },
      ],
    },
  ],
  [
    'held, and something else differs',
    { pool: [{ email: BOB }, heldAnn], wanted: [{ email: ANN, default: true, nickname: 'work' }], prepare: quotaNote },
    { status: 'update', changes: [{ path: 'nickname' }], findings: [{ code: 'CL7014' }] },
  ],
  [
    'held, and wanted paused anyway',
    { pool: [{ email: BOB }, heldAnn], wanted: [{ email: ANN, paused: true }], prepare: quotaNote },
    { status: 'in-sync', findings: [{ code: 'CL7014' }] },
  ],
  [
    'a hold that has ended',
    {
      pool: [{ email: BOB }, heldAnn],
      wanted: [{ email: ANN, default: true }],
      prepare: (machine) => quotaNote(machine, { until: machine.now() }),
    },
    { status: 'update', changes: [{ path: 'default' }, { path: 'paused' }], findings: [] },
  ],
  [
    'a hold on an earlier pause',
    {
      pool: [{ email: BOB }, heldAnn],
      wanted: [{ email: ANN }],
      prepare: (machine) => quotaNote(machine, { pausedAt: '2026-11-20T11:00:00.000Z' }),
    },
    { status: 'update', findings: [] },
  ],
  [
    'a hold of another provider',
    { pool: [{ email: BOB }, heldAnn], wanted: [{ email: ANN }], prepare: (machine) => quotaNote(machine, { provider: 'agy' }) },
    { status: 'update', findings: [] },
  ],
  [
    'held by a session',
    { pool: [{ email: BOB }, heldAnn], wanted: [{ email: ANN }], prepare: sessionNote },
    {
      status: 'in-sync',
      findings: [{ code: 'CL7014', message: expect.stringContaining('while ccs gemini runs with the same e-mail') }],
    },
  ],
  [
    'a session that has died',
    { pool: [{ email: BOB }, heldAnn], wanted: [{ email: ANN }], prepare: (machine) => sessionNote(machine, { pid: 98 }) },
    { status: 'update', findings: [] },
  ],
  [
    'paused again by somebody since the session began',
    {
      pool: [{ email: BOB }, heldAnn],
      wanted: [{ email: ANN }],
      prepare: (machine) => sessionNote(machine, { pausedAt: '2026-11-21T10:00:00.000Z' }),
    },
    { status: 'update', findings: [] },
  ],
  [
    'another default that a person has forced',
    {
      pool: [{ email: BOB, default: true }, { email: ANN }],
      wanted: [{ email: ANN, default: true }],
      prepare: (machine) => forced(machine, BOB),
    },
    { status: 'in-sync', findings: [{ code: 'CL7014', message: expect.stringContaining('forced_default') }] },
  ],
  [
    'the default, while a person has forced another account',
    {
      pool: [{ email: BOB }, { email: ANN, default: true }],
      wanted: [{ email: ANN, default: true }],
      prepare: (machine) => forced(machine, BOB),
    },
    { status: 'in-sync', findings: [{ code: 'CL7024', severity: 'info' }] },
  ],
  [
    'a forced default explains no other one',
    {
      pool: [{ email: BOB, default: true }, { email: ANN }, { email: EVE }],
      wanted: [{ email: ANN, default: true }],
      prepare: (machine) => forced(machine, EVE),
    },
    { status: 'update', findings: [] },
  ],
  [
    'to be paused, while it is the default and its successor is not there',
    {
      pool: [{ email: ANN }],
      wanted: [
        { email: ANN, paused: true },
        { email: BOB, default: true },
      ],
    },
    { status: 'deferred', reason: `${ANN} is paused once ${BOB} is the default, which is not in the pool yet` },
  ],
  [
    'to be paused, while it is the default and nobody is to follow',
    { pool: [{ email: ANN }, { email: BOB }], wanted: [{ email: ANN, paused: true }] },
    { status: 'update', consequences: [expect.stringContaining('CCS chooses another one')] },
  ],
  [
    'access that ended long ago',
    {
      pool: [{ email: ANN, token: { expired: '2026-11-21T10:30:00Z', last_refresh: '2026-11-11T10:00:00Z' } }],
      wanted: [{ email: ANN }],
    },
    { status: 'in-sync', findings: [{ code: 'CL7017', severity: 'warning', resource: `accounts/${ANN}` }] },
  ],
  [
    'access that ended a moment ago',
    { pool: [{ email: ANN, token: { expired: '2026-11-21T11:10:00Z' } }], wanted: [{ email: ANN }] },
    { status: 'in-sync', findings: [] },
  ],
  [
    'access that was renewed by somebody who did not note down until when',
    {
      pool: [{ email: ANN, token: { expired: '2026-11-20T00:00:00Z', last_refresh: '2026-11-21T00:00:00Z' } }],
      wanted: [{ email: ANN }],
    },
    { status: 'in-sync', findings: [] },
  ],
  [
    'access of a paused account, which nobody renews',
    { pool: [{ email: ANN, paused: true, token: { expired: '2026-11-01T00:00:00Z' } }], wanted: [{ email: ANN, paused: true }] },
    { status: 'in-sync', findings: [] },
  ],
  [
    'switched off in the gateway',
    { pool: [{ email: ANN, token: { disabled: true } }], wanted: [{ email: ANN }] },
    { status: 'in-sync', findings: [{ code: 'CL7018' }] },
  ],
  [
    'a token file for everybody',
    { pool: [{ email: ANN, mode: 0o640 }], wanted: [{ email: ANN }] },
    { status: 'in-sync', findings: [{ code: 'CL7020', fix: `chmod 600 '${CLIPROXY}/auth/codex-${ANN}.json'` }] },
  ],
  [
    'a broken token file',
    {
      pool: [{ email: ANN }],
      wanted: [{ email: ANN }],
      prepare: (machine) => machine.place(`${CLIPROXY}/auth/codex-${ANN}.json`, '{"type":', 0o600),
    },
    {
      status: 'in-sync',
      findings: [{ code: 'CL7019', message: `the token file codex-${ANN}.json cannot be used: it is not valid JSON` }],
    },
  ],
  [
    'a token file that nobody may read',
    { pool: [{ email: ANN, mode: 0 }], wanted: [{ email: ANN }] },
    { status: 'in-sync', findings: [{ code: 'CL7019', message: expect.stringContaining('EACCES') }] },
  ],
  [
    'a registry that CCS would crash on',
    {
      pool: [{ email: ANN }],
      wanted: [{ email: ANN }],
      prepare: (machine) => machine.place(REGISTRY, '{"providers":{"codex":{"accounts":{"x":{}}}}}'),
    },
    { status: 'unknown', findings: [{ code: 'CL7023' }] },
  ],
  [
    'a registry that cannot be read',
    { pool: [{ email: ANN }], wanted: [{ email: ANN }], prepare: (machine) => machine.place(REGISTRY, '{}', 0) },
    { status: 'unknown', findings: [{ code: 'CL0005' }] },
  ],
];

describe('the verdict on an account', () => {
  test.each(VERDICTS)('%s', async (_name, { pool: made, wanted, prepare }, expected) => {
    const machine = pool(made, prepare);
    const recording = new RecordingMachine(machine);
    const plan = await planOf(recording, wish(wanted));
    expect(verdictOf(plan, `accounts/${wanted[0]?.email}`)).toMatchObject(expected);
    expect(recording.operations).toEqual([]);
    expect(JSON.stringify(plan.resources.map((one) => one.verdict)) + JSON.stringify(plan.findings)).not.toContain('made-up');
  });
});

describe('accounts that the list does not name', () => {
  const strangers: readonly Made[] = [{ email: ANN }, { email: BOB, mode: 0o644 }, { email: EVE, paused: true }];
  const about = async (unlisted: Desired['unlistedAccounts'], wanted: readonly Wanted[] = [{ email: ANN }]) => {
    const plan = await planOf(pool(strangers), wish(wanted, unlisted));
    const statuses = plan.resources
      .filter((one) => one.resource.kind === 'accounts')
      .map((one) => [one.resource.address, one.verdict.status]);
    return {
      statuses,
      findings: plan.findings.filter(({ code }) => code.startsWith('CL70')).map(({ code, resource }) => [code, resource]),
    };
  };

  test('are left alone, reported or paused', async () => {
    const ann = [`accounts/${ANN}`, 'in-sync'];
    expect(await about('keep')).toEqual({ statuses: [ann], findings: [] });
    expect(await about('report')).toEqual({
      statuses: [ann],
      findings: [
        ['CL7015', `accounts/${BOB}`],
        ['CL7020', `accounts/${BOB}`],
        ['CL7015', `accounts/${EVE}`],
      ],
    });
    expect((await about('pause')).statuses).toEqual([ann, [`accounts/${BOB}`, 'update'], [`accounts/${EVE}`, 'in-sync']]);
  });

  test('are none where it is not clear who is meant', async () => {
    const twins: readonly Made[] = [
      { email: ANN, file: `codex-${ANN}-plus.json` },
      { email: ANN, file: `codex-${ANN}-team.json` },
    ];
    const plan = await planOf(pool(twins), wish([{ email: ANN }], 'pause'));
    expect(plan.resources.filter((one) => one.resource.kind === 'accounts').map((one) => one.resource.address)).toEqual([
      `accounts/${ANN}`,
    ]);
  });

  test('and nothing at all without a list', async () => {
    const machine = pool(strangers);
    const plan = await planOf(machine, desired({ rest: { unlistedAccounts: 'pause' } }));
    expect(plan.resources.map((one) => one.resource.kind)).not.toContain('accounts');
    expect(plan.findings.map(({ code, severity }) => [code, severity])).toContainEqual(['CL7026', 'info']);
  });
});

test('a damaged registry is said once, and does not keep the accounts from being seen', async () => {
  const machine = pool([{ email: ANN }, { email: BOB }], (made) => made.place(REGISTRY, '{', 0o600));
  const plan = await planOf(machine, wish([{ email: ANN }, { email: BOB }]));
  expect([verdictOf(plan, `accounts/${ANN}`).status, verdictOf(plan, `accounts/${BOB}`).status]).toEqual(['in-sync', 'in-sync']);
  expect(plan.findings.filter(({ code }) => code === 'CL7013')).toMatchObject([{ file: REGISTRY }]);
});

describe('the model of the provider', () => {
  const found = async (model: string, made: readonly Made[], wanted = wish([], 'keep', model)) => {
    const plan = await planOf(pool(made), { ...wanted, accounts: null });
    return plan.findings.filter(({ code }) => code === 'CL7021' || code === 'CL7022');
  };
  const free: Made = { email: ANN, token: { id_token: idToken('free') } };
  const plus: Made = { email: BOB, token: { id_token: idToken('plus') } };

  test('that no active account may use is said, with those that work', async () => {
    expect(await found('gpt-5.5-high-fast', [free, { ...plus, paused: true }])).toMatchObject([
      {
        code: 'CL7021',
        severity: 'warning',
        resource: 'provider',
        message:
          'gpt-5.5-high-fast needs a paid plan, and the active accounts have free; models that work: gpt-5.4, gpt-5.4-mini, gpt-5.2',
        fix: 'set provider.model: gpt-5.4',
      },
    ]);
    expect(await found('gpt-5.3-codex-spark', [free, plus])).toMatchObject([
      { message: expect.stringContaining('needs the plan pro') },
    ]);
    expect(await found('gpt-5.5', [free, { ...plus, token: { id_token: idToken('plus'), disabled: true } }])).toHaveLength(1);
  });

  test.each([
    ['one account may use it', 'gpt-5.5', [free, plus]],
    ['every plan may', 'gpt-5.4', [free]],
    ['a plan is not known', 'gpt-5.5', [free, { email: BOB }]],
    ['nobody is active', 'gpt-5.5', []],
    ['it is not known', 'some-model-of-tomorrow', [free]],
  ] as const)('says nothing when %s', async (_name, model, made) => {
    expect(await found(model, made)).toEqual([]);
  });

  test('is nobody’s business on another route, and where somebody else runs the gateway', async () => {
    const openai = desired({ provider: { model: 'gpt-5.5', active: 'openai' } });
    const remote = desired({ provider: { model: 'gpt-5.5' }, gateway: { manager: 'none' } });
    expect([await found('', [free], openai), await found('', [free], remote)]).toEqual([[], []]);
  });

  test('in an odd spelling gets a hint', async () => {
    expect(await found('gtp-5.4', [plus])).toMatchObject([
      { code: 'CL7022', severity: 'info', message: expect.stringContaining('gpt-5.4') },
    ]);
  });
});

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
    const { code, document } = await applyTo(machine, wish([{ email: ANN, default: true }]));
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

test('a pool that cannot be listed is not known, and stops nothing that it does not have to', async () => {
  const machine = pool([{ email: ANN }]);
  const list = machine.list.bind(machine);
  machine.list = async (path) => {
    if (path.startsWith(CLIPROXY)) throw new MachineError('EACCES', `${path}: permission denied`, path);
    return list(path);
  };
  const plan = await planOf(machine, wish([{ email: ANN }], 'pause'));
  expect(verdictOf(plan, `accounts/${ANN}`).status).toBe('unknown');
});
