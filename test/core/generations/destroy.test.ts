import { describe, expect, test } from 'vitest';
import type { Desired } from '../../../src/config/desired.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { desired } from '../support/desired.ts';
import {
  applyTo,
  CONFIG,
  DOTENV,
  destroyOn,
  HELPER,
  helper,
  KEY,
  planOf,
  rollBackOn,
  STATE,
  statuses,
  TOKEN_FILE,
  world,
} from '../support/world.ts';

const THEIRS =
  '# by hand\r\nmodel = "gpt-5.5" # the good one\r\n\r\n[mcp_servers.x]\r\nenv = { API_TOKEN = "made-up-secret" }\r\n';
const FIRST = desired();
const SECOND = desired({ provider: { model: 'gpt-5.4', contextWindow: 100_000 } });
const DOTENVS = desired({ provider: { auth: 'dotenv' } });
const SESSION = '/home/me/.codex/sessions/2026/11/21/rollout-2026-11-21T00-00-00-1.jsonl';

function lived(files: Readonly<Record<string, string>> = { [CONFIG]: THEIRS }): MemoryMachine {
  const { machine } = world();
  for (const [path, text] of Object.entries(files)) machine.place(path, text, path === DOTENV ? 0o600 : 0o640);
  return machine;
}

async function applied(machine: MemoryMachine, ...wanted: readonly Desired[]): Promise<void> {
  for (const one of wanted) expect((await applyTo(machine, one)).code).toBe(0);
}

describe('destroy', () => {
  test.each<[string, Readonly<Record<string, string>>, readonly Desired[]]>([
    ['a machine without Codex, after one apply', {}, [FIRST]],
    ['a machine without Codex, after several', {}, [FIRST, SECOND, FIRST]],
    ['a machine where Codex has lived', { [CONFIG]: THEIRS }, [FIRST, SECOND]],
    ['an empty config.toml', { [CONFIG]: '' }, [SECOND]],
    ['dotenv on a machine without Codex', {}, [DOTENVS]],
    ['a move from dotenv to a helper', { [CONFIG]: THEIRS, [DOTENV]: 'OTHER=1\n' }, [DOTENVS, FIRST]],
    ['a helper that somebody had before', { [HELPER]: '#!/bin/sh\necho mine\n' }, [FIRST]],
  ])('leaves no trace on %s', async (_name, files, wanted) => {
    const machine = lived(files);
    const before = machine.snapshot();
    await applied(machine, ...wanted);
    expect((await destroyOn(machine, wanted.at(-1)!)).code).toBe(0);
    expect(machine.snapshot()).toEqual(before);
  });

  test('after a rollback and a failed apply all the same', async () => {
    const machine = lived();
    const before = machine.snapshot();
    await applied(machine, FIRST, SECOND);
    await rollBackOn(machine, SECOND, 1);
    const helper = machine.programs.get(HELPER)!;
    machine.programs.set(HELPER, () => ({ code: 1, stdout: '', stderr: '', timedOut: false }));
    expect((await applyTo(machine, SECOND)).code).toBe(1);
    machine.programs.set(HELPER, helper);
    expect((await destroyOn(machine, SECOND)).code).toBe(0);
    expect(machine.snapshot()).toEqual(before);
  });

  test('leaves what others wrote since, and takes only our keys', async () => {
    const machine = lived();
    await applied(machine, FIRST);
    const theirs = '\r\n[projects."/new"] # theirs\r\ntrust_level = "trusted"\r\n';
    machine.place(CONFIG, `${machine.text(CONFIG)}${theirs}`, 0o640);
    await applied(machine, SECOND);
    expect((await destroyOn(machine, SECOND)).code).toBe(0);
    expect(machine.text(CONFIG)).toBe(`${THEIRS}${theirs}`);
    expect(machine.text(`${STATE}/state.json`)).toBeNull();
  });

  test('takes a file of ours alone, although somebody has changed our keys in it', async () => {
    const machine = lived({});
    const before = machine.snapshot();
    await applied(machine, FIRST);
    machine.place(CONFIG, machine.text(CONFIG)!.replace('"cliproxy"', '"openai"'), 0o600);
    await applied(machine, FIRST);
    expect((await destroyOn(machine, FIRST)).code).toBe(0);
    expect(machine.snapshot()).toEqual(before);
  });

  test('of a config.toml that is no TOML is refused with the place, and nothing is changed', async () => {
    const machine = lived();
    await applied(machine, FIRST);
    machine.place(CONFIG, `${machine.text(CONFIG)}x = [`, 0o640);
    const before = machine.snapshot();
    const { code, document } = await destroyOn(machine, FIRST);
    expect(code).toBe(1);
    expect(document.findings).toContainEqual(expect.objectContaining({ code: 'CL1001', file: CONFIG, line: expect.any(Number) }));
    expect(machine.snapshot()).toEqual(before);
  });

  test('leaves other lines of .env, and other keys in the store', async () => {
    const machine = lived({ [DOTENV]: 'OTHER=1\n', [TOKEN_FILE]: `${KEY}-old\n` });
    await applied(machine, DOTENVS);
    const { plan } = await destroyOn(machine, DOTENVS);
    expect(machine.text(DOTENV)).toBe('OTHER=1\n');
    // It was there before; that it was replaced by another key cannot be taken back, because no secret is kept.
    expect([statuses(plan).secret, machine.text(TOKEN_FILE)]).toEqual(['unmanaged', `${KEY}\n`]);
  });

  test.each<[string, string, number]>([
    ['without a final line end', 'OTHER=1', 0o600],
    ['with line ends of Windows, and none at the end', 'OTHER=1\r\nMORE=2', 0o600],
    ['that others may read', 'OTHER=1\n', 0o644],
    ['that is empty', '', 0o640],
    ['without a final line end, that others may read', '# mine', 0o664],
    ['that sets the variable to the very key', `CLIPROXY_API_KEY=${KEY}\n`, 0o600],
    ['that sets the variable to the very key, for others to read', `CLIPROXY_API_KEY=${KEY}`, 0o644],
  ])('gives a .env %s its bytes and its mode back', async (_what, text, mode) => {
    const { machine } = world();
    machine.place(DOTENV, text, mode);
    const before = machine.snapshot();
    await applied(machine, DOTENVS, FIRST, DOTENVS);
    expect((await machine.stat(DOTENV))?.mode).toBe(0o600);
    expect((await destroyOn(machine, DOTENVS)).code).toBe(0);
    expect(machine.snapshot()).toEqual(before);
  });

  test('a .env that somebody has added to keeps what was added, and the mode that the key needed', async () => {
    const { machine } = world();
    machine.place(DOTENV, 'OTHER=1', 0o644);
    await applied(machine, DOTENVS);
    machine.place(DOTENV, `${machine.text(DOTENV)}THEIRS=2\n`, 0o600);
    expect((await destroyOn(machine, DOTENVS)).code).toBe(0);
    expect([machine.text(DOTENV), (await machine.stat(DOTENV))?.mode]).toEqual(['OTHER=1\nTHEIRS=2\n', 0o600]);
  });

  test.each([
    ['a value that somebody has put there since', `CLIPROXY_API_KEY=theirs\n`, ''],
    ['a value that was there before', '', 'CLIPROXY_API_KEY=earlier\n'],
  ])('leaves %s in .env, and says so', async (_what, since, earlier) => {
    const { machine } = world();
    if (earlier !== '') machine.place(DOTENV, earlier, 0o600);
    await applied(machine, DOTENVS);
    if (since !== '') machine.place(DOTENV, since, 0o600);
    const text = machine.text(DOTENV);
    const { code, document } = await destroyOn(machine, DOTENVS);
    expect(code).toBe(0);
    expect(document.findings).toContainEqual(expect.objectContaining({ code: 'CL0026', file: DOTENV }));
    expect(machine.text(DOTENV)).toBe(text);
    if (earlier !== '') {
      await applied(machine, DOTENVS);
      expect((await destroyOn(machine, DOTENVS, { purge: true })).code).toBe(0);
      expect(machine.text(DOTENV)).toBeNull();
    }
  });

  test('leaves a helper and a key that somebody has changed since, with the command for each', async () => {
    const { machine } = world();
    await applied(machine, FIRST);
    machine.place(HELPER, '#!/bin/sh\necho mine\n', 0o755);
    machine.place(TOKEN_FILE, 'another-key-of-theirs\n', 0o600);
    const { code, document } = await destroyOn(machine, FIRST);
    expect(code).toBe(0);
    const said = document.findings.filter((one) => one.code === 'CL0026') as unknown as { resource: string; fix: string }[];
    expect(Object.fromEntries(said.map(({ resource, fix }) => [resource, fix]))).toEqual({
      helper: `rm '${HELPER}'`,
      secret: `rm '${TOKEN_FILE}'`,
    });
    expect([machine.text(HELPER), machine.text(TOKEN_FILE)]).toEqual(['#!/bin/sh\necho mine\n', 'another-key-of-theirs\n']);
    expect(Object.keys(machine.snapshot()).filter((path) => path.startsWith(STATE))).toEqual([]);
  });

  test('finds everything that one apply after the other has put elsewhere', async () => {
    const { machine } = world();
    const before = machine.snapshot();
    const elsewhere = desired({ secret: { service: 'OTHER_KEY' }, helper: { path: '/home/me/bin/other-token' } });
    machine.programs.set('/home/me/bin/other-token', helper);
    const env = desired({ provider: { auth: 'env' }, secret: { service: 'THIRD_KEY' } });
    await applied(machine, FIRST, elsewhere, DOTENVS, env, FIRST);
    expect((await destroyOn(machine, desired({ secret: { service: 'NEVER_APPLIED' } }))).code).toBe(0);
    expect(machine.snapshot()).toEqual(before);
  });

  test('with --purge takes the key too, whoever has put it there', async () => {
    const machine = lived({ [TOKEN_FILE]: `${KEY}-old\n` });
    await applied(machine, FIRST);
    expect((await destroyOn(machine, FIRST, { purge: true })).code).toBe(0);
    expect([machine.text(TOKEN_FILE), machine.text(CONFIG)]).toEqual([null, null]);
  });

  test('where nothing was ever applied changes nothing', async () => {
    const machine = lived();
    const before = machine.snapshot();
    const { plan, code } = await destroyOn(machine, FIRST);
    expect([code, plan.outcome]).toEqual([0, 'in-sync']);
    expect(machine.snapshot()).toEqual(before);
  });

  test('does not leave a config.toml that Codex would refuse', async () => {
    const machine = lived({ [CONFIG]: 'model_provider = "gone"\n' });
    await applied(machine, FIRST);
    const { code, document } = await destroyOn(machine, FIRST);
    expect([code, document.findings.map((one) => one.code)]).toEqual([1, expect.arrayContaining(['CL1003'])]);
    expect((await planOf(machine, FIRST)).outcome).toBe('in-sync');
  });
});

describe('while conversations need the table', () => {
  const withConversation = async () => {
    const machine = lived();
    await applied(machine, SECOND);
    machine.place(SESSION, '{"type":"session_meta","payload":{"model_provider":"cliproxy"}}\n');
    return machine;
  };

  test('it stays with its helper and key, and the rest goes back', async () => {
    const machine = await withConversation();
    const { plan, code } = await destroyOn(machine, SECOND);
    expect([code, plan.findings.map((one) => one.code)]).toEqual([0, ['CL0021']]);
    const text = machine.text(CONFIG) ?? '';
    expect(text).toContain('model = "gpt-5.5" # the good one');
    expect(text).not.toContain('model_provider = ');
    expect(text).not.toContain('model_context_window');
    expect(text).toContain('[model_providers.cliproxy.auth]');
    expect([machine.text(HELPER) === null, machine.text(TOKEN_FILE)]).toEqual([false, `${KEY}\n`]);
  });

  test('a second one with --purge finishes, byte for byte', async () => {
    const machine = await withConversation();
    await destroyOn(machine, SECOND);
    expect((await destroyOn(machine, SECOND, { purge: true })).code).toBe(0);
    expect([machine.text(CONFIG), machine.text(HELPER), machine.text(TOKEN_FILE)]).toEqual([THEIRS, null, null]);
    expect(Object.keys(machine.snapshot()).filter((path) => path.startsWith(STATE))).toEqual([]);
  });

  test('those of other providers need nothing', async () => {
    const machine = await withConversation();
    machine.place(SESSION, '{"type":"session_meta","payload":{"model_provider":"openai"}}\n');
    await destroyOn(machine, SECOND);
    expect(machine.text(CONFIG)).toBe(THEIRS);
  });
});
