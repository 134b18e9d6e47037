/** What leaves the YAML is taken back when it is ours and nobody has changed it since, and otherwise named. */
import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/config/desired.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { desired } from '../support/desired.ts';
import {
  applyTo,
  CCS,
  CONFIG,
  DOTENV,
  destroyOn,
  exit,
  HELPER,
  helper,
  KEY,
  placeCcs,
  planOf,
  rebooted,
  rollBackOn,
  statuses,
  TOKEN_FILE,
  world,
} from '../support/world.ts';

const HELPERS = desired();
const DOTENVS = desired({ provider: { auth: 'dotenv' } });
const ELSEWHERE = '/home/me/bin/other-token';
const MOVED = desired({ helper: { path: ELSEWHERE } });
const OTHER_KEY = desired({ secret: { service: 'OTHER_KEY' } });
const OTHER_TOKEN = '/home/me/.config/codex-link/OTHER_KEY.token';

async function applied(...wanted: readonly Desired[]): Promise<MemoryMachine> {
  const { machine } = world();
  machine.programs.set(ELSEWHERE, helper);
  for (const one of wanted) expect((await applyTo(machine, one)).code).toBe(0);
  return machine;
}

/** Addresses of the things that the plan takes back, and what it says of those that stay. */
async function released(machine: MemoryMachine, wanted: Desired) {
  const plan = await planOf(machine, wanted);
  const gone = plan.resources.filter((one) => one.verdict.status === 'delete').map((one) => one.resource.address);
  return { gone, said: plan.findings.filter((one) => one.code === 'CL0026').map((one) => one.message) };
}

describe('what goes, once the new way is verified', () => {
  test.each<[string, Desired, Desired, string, string]>([
    ['the helper, when provider.auth moves', HELPERS, DOTENVS, 'helper', HELPER],
    ['the helper, when helper.path moves', HELPERS, MOVED, `helper/${HELPER}`, HELPER],
    ['the line in .env, when provider.auth moves', DOTENVS, HELPERS, 'dotenv', DOTENV],
    ['the item, when secret.service moves', HELPERS, OTHER_KEY, 'secret/file/CLIPROXY_API_KEY', TOKEN_FILE],
  ])('%s', async (_what, first, second, address, file) => {
    const machine = await applied(first);
    expect(machine.text(file)).not.toBeNull();
    expect(await released(machine, second)).toEqual({ gone: [address], said: [] });
    const { code, document } = await applyTo(machine, second);
    expect([code, document.verified]).toEqual([0, true]);
    expect(machine.text(file)).toBeNull();
    expect((await planOf(machine, second)).outcome).toBe('in-sync');
  });

  test('the old line of .env, when the variable gets another name, in the same run', async () => {
    const machine = await applied(DOTENVS);
    const renamed = desired({ provider: { auth: 'dotenv' }, secret: { service: 'OTHER_KEY' } });
    expect((await released(machine, renamed)).gone.sort()).toEqual(['dotenv/CLIPROXY_API_KEY', 'secret/file/CLIPROXY_API_KEY']);
    expect((await applyTo(machine, renamed)).code).toBe(0);
    expect([machine.text(DOTENV), machine.text(TOKEN_FILE)]).toEqual([`OTHER_KEY=${KEY}\n`, null]);
    expect((await planOf(machine, renamed)).outcome).toBe('in-sync');
  });

  test('gives back the helper that somebody had there before', async () => {
    const { machine } = world();
    machine.place(HELPER, '#!/bin/sh\necho mine\n', 0o755);
    for (const one of [HELPERS, DOTENVS]) expect((await applyTo(machine, one)).code).toBe(0);
    expect([machine.text(HELPER), (await machine.stat(HELPER))?.mode]).toEqual(['#!/bin/sh\necho mine\n', 0o755]);
  });

  test('nothing of it while the new way does not work', async () => {
    const machine = await applied(HELPERS);
    machine.programs.set(ELSEWHERE, () => exit(1));
    const before = machine.snapshot();
    expect((await applyTo(machine, MOVED)).code).toBe(1);
    const disk = (all: Record<string, string>) =>
      Object.fromEntries(Object.entries(all).filter(([path]) => !path.includes('/.local')));
    expect(disk(machine.snapshot())).toEqual(disk(before));
  });

  test('and a rollback brings it back, but for keys', async () => {
    const machine = await applied(HELPERS, MOVED);
    const first = await rollBackOn(machine, MOVED, 1);
    expect(first.code).toBe(0);
    expect([machine.text(HELPER) === null, machine.text(ELSEWHERE)]).toEqual([false, null]);
    expect(machine.text(CONFIG)).toContain(HELPER);
    expect((await applyTo(machine, MOVED)).code).toBe(0);
    expect([machine.text(HELPER), machine.text(ELSEWHERE) === null]).toEqual([null, false]);
  });
});

describe('what stays, and is named', () => {
  test.each<[string, Desired, Desired, string, string, string]>([
    [
      'a helper that somebody has edited',
      HELPERS,
      DOTENVS,
      HELPER,
      '#!/bin/sh\necho theirs\n',
      `${HELPER} stays: somebody else has changed it since`,
    ],
    [
      'a line with another key',
      DOTENVS,
      HELPERS,
      DOTENV,
      'CLIPROXY_API_KEY=theirs\n',
      `${DOTENV} still sets CLIPROXY_API_KEY: somebody else has changed it since`,
    ],
    [
      'an item with another key',
      HELPERS,
      OTHER_KEY,
      TOKEN_FILE,
      'theirs\n',
      'CLIPROXY_API_KEY of me stays in a file that only you can read: somebody else has changed it since',
    ],
  ])('%s', async (_what, first, second, file, theirs, message) => {
    const machine = await applied(first);
    machine.place(file, theirs, 0o700);
    expect(await released(machine, second)).toEqual({ gone: [], said: [message] });
    expect((await applyTo(machine, second)).code).toBe(0);
    expect(machine.text(file)).toBe(theirs);
    expect((await planOf(machine, second)).findings.map((one) => one.code)).not.toContain('CL0026');
  });

  test('an item that was there before codex-link came is no matter of ours', async () => {
    const { machine } = world();
    machine.place(TOKEN_FILE, `${KEY}\n`, 0o600);
    for (const one of [HELPERS, OTHER_KEY]) expect((await applyTo(machine, one)).code).toBe(0);
    expect(machine.text(TOKEN_FILE)).toBe(`${KEY}\n`);
    expect(machine.text(OTHER_TOKEN)).toBe(`${KEY}\n`);
    expect((await destroyOn(machine, OTHER_KEY)).code).toBe(0);
    expect([machine.text(TOKEN_FILE), machine.text(OTHER_TOKEN)]).toEqual([`${KEY}\n`, null]);
  });

  test('what the table of an earlier id needs, and what that needs', async () => {
    const machine = await applied(HELPERS);
    const renamed = desired({ provider: { id: 'codex-link', auth: 'dotenv' }, secret: { service: 'OTHER_KEY' } });
    const { gone, said } = await released(machine, renamed);
    expect(gone).toEqual([]);
    expect(said.sort()).toEqual(
      [
        `${HELPER} stays: model_providers.cliproxy uses it`,
        'CLIPROXY_API_KEY of me stays in a file that only you can read: model_providers.cliproxy uses it',
      ].sort(),
    );
    expect((await applyTo(machine, renamed)).code).toBe(0);
    expect(machine.text(CONFIG)).toContain('[model_providers.cliproxy.auth]');
    expect((await destroyOn(machine, renamed)).code).toBe(0);
    expect([machine.text(HELPER), machine.text(TOKEN_FILE), machine.text(OTHER_TOKEN), machine.text(CONFIG)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  test('what CCS was told', async () => {
    const { machine } = world();
    await applyTo(machine, HELPERS);
    const path = '/home/me/.local/state/codex-link/state.json';
    const state = JSON.parse(machine.text(path)!);
    const told = { routing: { strategy: 'fill-first' }, 'accounts/ann@example.com': { paused: true } };
    machine.place(path, JSON.stringify({ ...state, applied: { ...state.applied, ...told } }), 0o600);
    const plan = await planOf(machine, HELPERS);
    expect([plan.outcome, plan.findings.map(({ code, severity, resource }) => [code, severity, resource])]).toEqual([
      'in-sync',
      [
        ['CL0026', 'warning', 'routing'],
        ['CL0026', 'warning', 'accounts/ann@example.com'],
      ],
    ]);
    await applyTo(machine, HELPERS);
    expect((await planOf(machine, HELPERS)).findings).toEqual([]);
  });
});

describe('a variant', () => {
  const CCS_CONFIG = '/home/me/.ccs/config.yaml';
  const SETTINGS = '/home/me/.ccs/codex-fast.settings.json';
  const WITH = desired({ rest: { variants: [{ name: 'fast', model: 'gpt-5.4' }] } });
  const entry = 'cliproxy:\n  variants:\n    fast:\n      provider: codex\n      settings: ~/.ccs/codex-fast.settings.json\n';
  const settings = (model: string) => `${JSON.stringify({ env: { ANTHROPIC_MODEL: model } })}\n`;

  function withCcs() {
    const { machine } = world();
    const ran: string[] = [];
    placeCcs(machine);
    machine.place('/home/me/.ccs/cliproxy/auth/codex-a@example.com.json', '{"type":"codex","access_token":"made-up"}', 0o600);
    machine.programs.set(CCS, async ({ args = [] }) => {
      ran.push(args.slice(0, 3).join(' '));
      if (args[1] === 'create') {
        machine.place(CCS_CONFIG, entry, 0o600);
        machine.place(SETTINGS, settings('gpt-5.4'));
      } else if (args[1] === 'remove') {
        machine.place(CCS_CONFIG, 'cliproxy:\n  variants: {}\n', 0o600);
        await machine.remove(SETTINGS);
      } else throw new Error(`unexpected: ccs ${args.join(' ')}`);
      return exit(0);
    });
    return { machine, ran };
  }

  test('of our making goes with its entry in the YAML', async () => {
    const { machine, ran } = withCcs();
    expect((await applyTo(machine, WITH)).code).toBe(0);
    expect((await released(machine, HELPERS)).gone).toEqual(['variants/fast']);
    expect((await applyTo(machine, HELPERS)).code).toBe(0);
    expect([ran, machine.text(SETTINGS)]).toEqual([['cliproxy create fast', 'cliproxy remove fast'], null]);
    expect(statuses(await planOf(machine, HELPERS))).not.toHaveProperty('variants/fast');
  });

  test('of our making goes with destroy', async () => {
    const { machine, ran } = withCcs();
    expect((await applyTo(machine, WITH)).code).toBe(0);
    expect((await destroyOn(machine, WITH)).code).toBe(0);
    expect(ran.at(-1)).toBe('cliproxy remove fast');
  });

  test('that somebody has changed since stays', async () => {
    const { machine, ran } = withCcs();
    expect((await applyTo(machine, WITH)).code).toBe(0);
    machine.place(SETTINGS, settings('gpt-5.5'));
    expect(await released(machine, HELPERS)).toEqual({
      gone: [],
      said: ['the variant fast stays: somebody else has changed it since'],
    });
    expect((await applyTo(machine, HELPERS)).code).toBe(0);
    expect([ran.length, machine.text(SETTINGS)]).toEqual([1, settings('gpt-5.5')]);
  });

  test('that was there before stays', async () => {
    const { machine, ran } = withCcs();
    machine.place(CCS_CONFIG, entry, 0o600);
    machine.place(SETTINGS, settings('gpt-5.5'));
    for (const one of [WITH, HELPERS]) expect((await applyTo(machine, one)).code).toBe(0);
    expect([ran, machine.text(SETTINGS)?.includes('gpt-5.4')]).toEqual([[], true]);
  });

  test('is made again when a later step fails', async () => {
    const { machine, ran } = withCcs();
    expect((await applyTo(machine, WITH)).code).toBe(0);
    machine.programs.set(HELPER, () => exit(1));
    expect((await applyTo(machine, desired({ provider: { name: 'Pool' } }))).code).toBe(1);
    expect([ran.at(-1), machine.text(SETTINGS)]).toEqual(['cliproxy create fast', settings('gpt-5.4')]);
  });
});

test('a line that another table needs stays while its key is in force, and is looked at again', async () => {
  const other = desired({ provider: { id: 'my pool' } });
  const machine = await applied(DOTENVS, other);
  const stays = { gone: [], said: [`${DOTENV} still sets CLIPROXY_API_KEY: model_providers.cliproxy uses it`] };
  expect(await released(machine, other)).toEqual(stays);
  expect((await applyTo(machine, other)).code).toBe(0);
  expect(await released(machine, other)).toEqual(stays);
  machine.place('/home/me/new-key', 'another-key-0123456789\n', 0o600);
  const replaced = desired({ provider: { id: 'my pool' }, secret: { source: { kind: 'file', path: '/home/me/new-key' } } });
  expect(await released(machine, replaced)).toEqual({ gone: ['dotenv'], said: [] });
});

test('a move that was killed anywhere leaves nothing behind once the YAML has moved on, and everything has been destroyed', async () => {
  for (let at = 1; at <= 40; at++) {
    const machine = await applied(HELPERS);
    const faulty = new FaultyMachine(machine, { at, when: 'after', code: 'CRASH' });
    await applyTo(faulty, MOVED).catch(() => null);
    rebooted(machine);
    expect((await applyTo(machine, DOTENVS)).code).toBe(0);
    expect((await destroyOn(machine, DOTENVS)).code).toBe(0);
    expect([at, machine.text(HELPER), machine.text(ELSEWHERE)]).toEqual([at, null, null]);
  }
});

test('what somebody has added to a config.toml after a run was killed stays, whatever becomes of our keys', async () => {
  let added = 0;
  for (let at = 1; at <= 40; at++) {
    const { machine } = world();
    const faulty = new FaultyMachine(machine, { at, when: 'after', code: 'CRASH' });
    await applyTo(faulty, HELPERS).catch(() => null);
    rebooted(machine);
    const ours = machine.text(CONFIG);
    if (ours === null) continue;
    added++;
    machine.place(CONFIG, `${ours}[projects."/new"] # theirs\ntrust_level = "trusted"\n`, 0o600);
    expect((await destroyOn(machine, HELPERS)).code).toBe(0);
    expect(machine.text(CONFIG)?.trim()).toBe('[projects."/new"] # theirs\ntrust_level = "trusted"');
  }
  expect(added).toBeGreaterThan(1);
});
