/** `--target` and `--exclude` in the commands beside plan and apply: each works on what a plan with them would have. */
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, statuses, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';

const TOKEN = 'test-token-4711';
const BEFORE = '# mine\nmodel_provider = "openai"\n';
const HELPER = '.codex/bin/cliproxy-token';

let home: FreshHome;
let gateway: Gateway;
let env: Environment;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  env = { ...home.env, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, TEST_GATEWAY_KEY: TOKEN };
  home.write('.codex/config.toml', BEFORE);
  writeYaml(
    home,
    `version: 1\ngateway: { url: "${gateway.url}", manager: none }\nsecret: { store: file, source: { env: TEST_GATEWAY_KEY } }\nverify: { doctor: off }\n`,
  );
  expect((await type('apply --yes')).code).toBe(0);
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

const type = (line: string) => codexLink(home, line.split(' '), { env });
const json = (line: string) => codexLinkJson(home, line.split(' '), { env });
type Checked = { readonly checks: readonly { readonly id: string }[]; readonly verified: boolean };

async function checks(line: string): Promise<string[]> {
  const { document } = await json(`verify ${line}`.trim());
  return (document as unknown as Checked).checks.map(({ id }) => id);
}

it('graph shows the part that a plan would have', async () => {
  const { document } = await json('graph --target helper');
  expect(document.resources.map(({ address }) => address)).toEqual(['secret', 'helper']);
  const without = await type('graph --exclude gateway --format mermaid');
  expect(without.stdout).toContain('helper');
  expect(without.stdout).not.toMatch(/gateway|provider|app/);
});

it('verify makes only the checks of what was chosen', async () => {
  const all = await checks('');
  expect(all).toEqual(expect.arrayContaining(['helper', 'listener', 'key', 'base-path', 'config', 'provider']));
  expect(await checks('--target verification')).toEqual(all);
  expect(await checks('--target helper')).toEqual(['helper']);
  expect(await checks('--target secret')).toEqual(['helper']);
  expect(await checks('--target gateway')).toEqual(['listener', 'key', 'base-path']);
  expect(await checks('--exclude helper')).toEqual(['listener', 'key', 'base-path']);
  expect(await checks('--exclude gateway')).toEqual(['helper']);
  // What is broken elsewhere does not count.
  home.write(HELPER, '#!/bin/sh\nexit 1\n', 0o700);
  expect((await type('verify --target gateway')).code).toBe(0);
  expect((await type('verify --target helper')).code).toBe(1);
});

it('verify says when nothing was checked', async () => {
  const { code, document } = await json('verify --target app --exclude secret --exclude gateway');
  expect([code, document.findings]).toMatchObject([0, [{ code: 'CL0041' }]]);
  expect((await type('verify --target schedule -q')).stdout).toBe('Nothing was checked.');
});

it('status shows only the lines of what was chosen', async () => {
  const all = await type('status');
  const some = await type('status --target secret');
  const first = (text: string) => text.split('\n').flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? []);
  expect(first(all.stdout)).toEqual(['route', 'gateway', 'pool', 'secret', 'app', 'last', 'now', 'drift']);
  expect(first(some.stdout)).toEqual(['secret', 'last', 'now', 'drift']);
});

it.each(['plan', 'status', 'verify', 'graph', 'apply --yes'])('%s warns of a target that is not managed', async (line) => {
  const { code, document } = await json(`${line} --target schedule --target helper --exclude routing`);
  expect([code, document.findings.filter((one) => one.code !== 'CL1005')]).toMatchObject([0, [{ code: 'CL0040' }]]);
  const told = await type(`${line} --target schedule --target helper`);
  expect(told.stdout + told.stderr).toContain('--target schedule: codex-link.yaml does not manage it');
  const wrong = await type(`${line} --target schedul`);
  expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('did you mean schedule?')]);
});

describe('what changes things', () => {
  it('use leaves alone what was excluded', async () => {
    expect((await type('use openai --exclude provider')).code).toBe(0);
    expect(home.read('.codex/config.toml')).toContain('model_provider = "cliproxy"');
  });

  it('use --quiet says one line, in sync or not', async () => {
    for (const route of ['openai', 'openai', 'auto']) {
      const { code, stdout, stderr } = await type(`use ${route} -q`);
      expect([code, stdout.split('\n').length, stderr]).toEqual([0, 1, '']);
      expect(stdout).toMatch(/^The route /);
    }
  });

  it('destroy releases a part, and the rest stays managed', async () => {
    const dry = await json('destroy --target provider --dry-run');
    expect(dry.document).toMatchObject({ command: 'destroy', dryRun: true });
    expect(statuses(dry.document)).toMatchObject({ provider: 'update', helper: 'skipped', secret: 'skipped' });
    expect((await type('destroy --target provider --yes')).code).toBe(0);
    expect([home.read('.codex/config.toml'), home.read(HELPER) === null]).toEqual([BEFORE, false]);
    expect(statuses((await json('plan')).document)).toMatchObject({ provider: 'update', helper: 'in-sync', secret: 'in-sync' });
    // And the rest can still go.
    expect((await type('destroy --yes')).code).toBe(0);
    expect([home.read('.codex/config.toml'), home.read(HELPER)]).toEqual([BEFORE, null]);
    expect(Object.keys(home.hashTree()).filter((path) => path.includes('codex-link/'))).toEqual([
      '.config/codex-link/codex-link.yaml',
    ]);
  });

  it('rollback puts back a part, with what it depends on', async () => {
    const { document } = await json('rollback 0 --target helper --dry-run');
    expect(statuses(document)).toMatchObject({ helper: 'delete', provider: 'skipped' });
    const { code } = await type('rollback 0 --target provider --yes');
    expect([code, home.read('.codex/config.toml'), home.read(HELPER)]).toEqual([0, BEFORE, null]);
  });
});
