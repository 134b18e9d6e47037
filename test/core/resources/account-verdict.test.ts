import { describe, expect, test } from 'vitest';
import { MachineError } from '../../../src/machine/machine.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import {
  ANN,
  BOB,
  CLIPROXY,
  EVE,
  heldAnn,
  idToken,
  type Made,
  placePool,
  pool,
  quotaNote,
  REGISTRY,
  type Wanted,
  wish,
} from '../support/pool.ts';
import { CCS, planOf, verdictOf } from '../support/world.ts';

interface Given {
  readonly pool: readonly Made[];
  readonly wanted: readonly Wanted[];
  readonly prepare?: (machine: MemoryMachine) => void;
}

const sessionNote = (machine: MemoryMachine, more: object = {}) => {
  const accounts = [{ provider: 'codex', accountId: ANN }];
  const session = { initiator: 'gemini', pid: 99, pausedAt: '2026-11-21T11:00:00.000Z', accounts, ...more };
  machine.place(`${CLIPROXY}/auto-paused.json`, JSON.stringify({ sessions: [session] }));
  machine.processes.set(99, 'start');
};
const forced = (machine: MemoryMachine, id: string) =>
  machine.place('/home/me/.ccs/config.yaml', `quota_management:\n  manual:\n    forced_default: ${id}\n`);
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
      command: `mv '${CLIPROXY}/auth-paused/codex-${ANN}.json' '${CLIPROXY}/auth/codex-${ANN}.json'`,
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
