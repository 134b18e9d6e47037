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
