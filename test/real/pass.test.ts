/** The built program with `secret.store: pass`, against the real pass, gpg and codex. */
import { chmodSync, existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, statuses, writeYaml } from '../support/cli.ts';
import { codexTurn } from '../support/codex-turn.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';
import { makeMac } from '../support/mac.ts';
import { type PasswordStore, passwordStore } from '../support/password-store.ts';
import { missingPackages, PASS_COMMANDS } from '../support/system.ts';

const TOKEN = 'test-token\'with"signs$`#%\\';
const HELPER = '.codex/bin/cliproxy-token';
const ITEM = 'codex-link/CLIPROXY_API_KEY/tester';
const FILE = `${ITEM}.gpg`;

let home: FreshHome;
let gateway: Gateway;
let store: PasswordStore | null;
const yaml = (rest = '') => `version: 1
gateway: { url: "${gateway.url}", manager: none }
secret: { store: pass, account: tester, source: { env: TEST_GATEWAY_KEY } }
verify: { doctor: off }
${rest}`;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  store = null;
  writeYaml(home, yaml());
});
afterEach(async () => {
  await store?.endAgent();
  await gateway.close();
  home.dispose();
});

const withStore = async (passphrase = '', env = home.env) => {
  store = await passwordStore(home, passphrase, env);
  return store;
};
const withToken = (env: Environment = home.env): Environment => ({ ...env, TEST_GATEWAY_KEY: TOKEN });
const apply = (env = withToken()) => codexLinkJson(home, ['apply', '--yes'], { env });
const plan = (env = withToken()) => codexLinkJson(home, ['plan', '--detailed-exitcode'], { env });
/** As cron and a desktop do it: next to no environment. */
const runHelper = (env: Environment = {}) =>
  execa(home.path(HELPER), {
    env: { HOME: home.home, PATH: '/nowhere', ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });

describe.skipIf(missingPackages(PASS_COMMANDS).length > 0)('the password store', () => {
  it('keeps the token, gives it to the helper and to a turn of codex, notices and heals a change and a loss', async () => {
    const { pass } = await withStore();
    const applied = await apply();
    expect([applied.code, applied.stderr]).toEqual([0, '']);
    expect((await pass(['show', ITEM])).stdout).toBe(TOKEN);
    expect(home.read(`.password-store/${FILE}`)).not.toContain(TOKEN);
    expect(await runHelper()).toMatchObject({ stdout: TOKEN, stderr: '', exitCode: 0 });
    expect((await plan()).code).toBe(0);

    const turn = await codexTurn(home);
    expect([turn.stdout, turn.exitCode]).toEqual(['hi from the pool', 0]);

    // The first line counts; what people note below it does not.
    await pass(['insert', '-m', '-f', ITEM], `${TOKEN}\nurl: http://gateway\n`);
    expect((await plan()).code).toBe(0);
    expect((await runHelper()).stdout).toBe(TOKEN);

    await pass(['insert', '-m', '-f', ITEM], 'test-other\n');
    const changed = await plan();
    expect(changed.document.resources.find(({ address }) => address === 'secret')).toMatchObject({
      status: 'update',
      cause: 'drift',
    });
    expect((await apply()).code).toBe(0);
    expect((await pass(['show', ITEM])).stdout).toBe(TOKEN);

    await pass(['rm', '-f', ITEM]);
    expect(statuses((await plan()).document)).toMatchObject({ secret: 'create' });
    expect(await runHelper()).toMatchObject({ stdout: '', exitCode: 1 });
    expect((await runHelper()).stderr).toContain(`pass does not give ${ITEM}`);

    expect((await apply()).code).toBe(0);
    expect((await codexLink(home, ['destroy', '--purge', '--yes'], { env: withToken() })).code).toBe(0);
    expect(existsSync(home.path('.password-store', FILE))).toBe(false);
  });

  it('plan changes no file of gpg and pass, and leaves no agent behind that was not there', async () => {
    const { endAgent, hasAgent, pass } = await withStore();
    expect((await apply()).code).toBe(0);
    await endAgent();
    const before = [home.hashTree('.gnupg'), home.hashTree('.password-store')];
    expect((await plan()).code).toBe(0);
    expect(await hasAgent()).toBe(false);
    expect([home.hashTree('.gnupg'), home.hashTree('.password-store')]).toEqual(before);
    await pass(['show', ITEM]);
    expect(await hasAgent()).toBe(true);
    expect((await plan()).code).toBe(0);
    expect(await hasAgent()).toBe(true);
  });

  it('locked is not absent: unknown, said, and left alone, without a question', async () => {
    const { pass, endAgent } = await withStore('test-passphrase');
    const opened = { ...home.env, PASSWORD_STORE_GPG_OPTS: '--pinentry-mode loopback --passphrase test-passphrase' };
    const locked = await apply();
    // It can be written without the passphrase, but not read back: everything is taken back.
    expect(locked.code).toBe(1);
    expect(locked.document.findings.map(({ code }) => code)).toContain('CL3072');
    expect(existsSync(home.path('.password-store', FILE))).toBe(false);

    await pass(['insert', '-m', '-f', ITEM], `${TOKEN}\n`);
    const planned = await plan();
    expect(statuses(planned.document)).toMatchObject({ secret: 'unknown' });
    const finding = planned.document.findings.find(({ code }) => code === 'CL3072');
    expect(finding).toMatchObject({ fix: `pass show '${ITEM}' in a terminal, then run the command again` });
    const applied = await codexLink(home, ['apply', '--yes'], { env: withToken() });
    expect(applied.code).toBe(1);
    expect(applied.stderr).toContain('nothing was changed');

    // As a terminal would do it; the agent then remembers.
    const shown = await execa('pass', ['show', ITEM], { env: opened, extendEnv: false, reject: false, stdin: 'ignore' });
    expect(shown.stdout).toBe(TOKEN);
    expect((await apply()).code).toBe(0);
    expect((await runHelper()).stdout).toBe(TOKEN);
    await endAgent();
    const began = Date.now();
    const helper = await runHelper();
    expect([helper.exitCode, helper.stdout]).toEqual([1, '']);
    expect(helper.stderr).toContain('it is locked, or not there');
    expect(Date.now() - began).toBeLessThan(4000);
  });

  it('the places that were in force at the apply are in the helper', async () => {
    const env = { ...home.env, PASSWORD_STORE_DIR: home.path("other 'store'"), GNUPGHOME: home.path('other gpg') };
    await withStore('', env);
    expect((await apply(withToken(env))).code).toBe(0);
    expect(existsSync(home.path("other 'store'", FILE))).toBe(true);
    expect(await runHelper()).toMatchObject({ stdout: TOKEN, exitCode: 0 });
    expect(await runHelper({ PASSWORD_STORE_DIR: '/nowhere', GNUPGHOME: '/nowhere' })).toMatchObject({
      stdout: TOKEN,
      exitCode: 0,
    });
  });

  it('is one of the stores of a (simulated) Mac too, and init finds it there', async () => {
    const env = withToken(makeMac(home).env);
    await withStore('', makeMac(home).env);
    const applied = await codexLink(home, ['apply', '--yes', '--os', 'darwin'], { env });
    expect([applied.code, applied.stderr]).toEqual([0, '']);
    expect(await runHelper()).toMatchObject({ stdout: TOKEN, exitCode: 0 });
    expect((await codexLinkJson(home, ['plan', '--os', 'darwin', '--detailed-exitcode'], { env })).code).toBe(0);
    const found = await codexLinkJson(home, ['init', '--os', 'darwin', '--file', '-'], { env });
    expect(found.document).toMatchObject({ os: 'darwin', document: { secret: { store: 'pass', account: 'tester' } } });
  });

  it('a portable helper names no home folder', async () => {
    await withStore();
    writeYaml(home, yaml('provider: { portable: true }'));
    expect((await apply()).code).toBe(0);
    expect(home.read(HELPER)).not.toContain(home.home);
    expect((await runHelper()).stdout).toBe(TOKEN);
  });

  it('a store in a git repository: that pass commits is said before, and pass does it', async () => {
    const { pass } = await withStore();
    await pass(['git', 'init', '-q']);
    await pass(['git', 'config', 'user.email', 'tester@example.invalid']);
    await pass(['git', 'config', 'user.name', 'tester']);
    const shown = await codexLink(home, ['plan'], { env: withToken() });
    expect(shown.stdout).toContain(`pass commits each change of the item to the git repository ${home.path('.password-store')}`);
    expect((await apply()).code).toBe(0);
    expect((await pass(['git', 'log', '--format=%s'])).stdout).toContain(ITEM);
  });

  it('an item for a key that is not here', async () => {
    const { pass, env, endAgent } = await withStore();
    await pass(['insert', '-m', '-f', ITEM], `${TOKEN}\n`);
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(
      (await execa('gpg', ['--with-colons', '-K'], { env, extendEnv: false })).stdout,
    )?.[1];
    await execa('gpg', ['--batch', '--yes', '--delete-secret-keys', fingerprint ?? ''], { env, extendEnv: false });
    await endAgent();
    const planned = await plan();
    expect(statuses(planned.document)).toMatchObject({ secret: 'unknown' });
    expect(planned.document.findings.map(({ code }) => code)).toContain('CL3074');
  });

  it('an item that is no message of gpg', async () => {
    await withStore();
    home.write(`.password-store/${FILE}`, 'garbage');
    const planned = await plan();
    expect(planned.document.findings.find(({ code }) => code === 'CL3073')?.message).toContain(
      'gpg: no valid OpenPGP data found',
    );
  });

  it('a key that gpg does not trust: refused with its words, and nothing left', async () => {
    const { env } = await withStore();
    await execa('gpg', ['--import-ownertrust'], { env, extendEnv: false, input: '' });
    const list = await execa('gpg', ['--with-colons', '-K'], { env, extendEnv: false });
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(list.stdout)?.[1];
    await execa('gpg', ['--import-ownertrust'], { env, extendEnv: false, input: `${fingerprint}:2:\n` });
    const applied = await apply();
    expect(applied.code).toBe(1);
    expect(applied.document.findings.find(({ code }) => code === 'CL3073')?.message).toContain('pass could not store the item');
    expect(existsSync(home.path('.password-store', FILE))).toBe(false);
  });

  it('no store yet', async () => {
    const planned = await plan();
    expect(statuses(planned.document)).toMatchObject({ secret: 'unknown' });
    expect(planned.document.findings.map(({ code }) => code)).toContain('CL3071');
    expect(home.read('.password-store/.gpg-id')).toBeNull();
  });

  it('auto never takes it', async () => {
    const { endAgent } = await withStore();
    writeYaml(home, yaml().replace('store: pass', 'store: auto'));
    expect((await apply()).code).toBe(0);
    expect(home.read('.config/codex-link/CLIPROXY_API_KEY.token')).toBe(`${TOKEN}\n`);
    expect(existsSync(home.path('.password-store/codex-link'))).toBe(false);
    await endAgent();
  });
});

it('a pass of one’s own on PATH is found where the system has none, and only a program counts', async () => {
  const own = home.write('bin/pass', '#!/bin/sh\nexit 7\n', 0o755);
  chmodSync(own, 0o755);
  const env = withToken({ ...home.env, PATH: [home.path('bin'), home.env.PATH].join(delimiter) });
  const planned = await plan(env);
  expect(planned.document.findings.map(({ code }) => code)).toContain('CL3071');
});
