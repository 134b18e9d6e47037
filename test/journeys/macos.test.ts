/** Journeys that only a Mac knows, by the built program and the programs of test/stand-ins/macos: ssh, dialogs, other people's items. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, type PlanDocument, statuses, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { filesWith } from '../support/leaks.ts';
import { type Mac, makeMac } from '../support/mac.ts';

const TOKEN = 'test-token-4711-of-a-mac';
const CONFIG = '.codex/config.toml';
const AGENT = 'Library/LaunchAgents/codex-link.finish.plist';
const ITEM = { service: 'CLIPROXY_API_KEY', account: 'tester' };

let home: FreshHome;
let mac: Mac;
let gateway: Gateway;

const yaml = (provider = '') => `version: 1
gateway: { url: "${gateway.url}", manager: none }
provider: { id: pool, model: gpt-5.5${provider} }
secret: { account: tester, source: { env: TEST_GATEWAY_KEY } }
app: { quitTimeoutSeconds: 2 }
verify: { doctor: off }
`;

beforeEach(async () => {
  home = freshHome();
  mac = makeMac(home);
  gateway = await startGateway({ apiKeys: [TOKEN] });
  writeYaml(home, yaml());
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

const type = (...args: string[]) =>
  codexLink(home, [...args, '--os', 'darwin'], { env: { ...mac.env, TEST_GATEWAY_KEY: TOKEN } });
const json = (...args: string[]) =>
  codexLinkJson(home, [...args, '--os', 'darwin'], { env: { ...mac.env, TEST_GATEWAY_KEY: TOKEN } });
const applied = async () => {
  const ran = await type('apply', '--yes');
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
};
const set = (state: Partial<ReturnType<Mac['state']>>) => mac.change((now) => void Object.assign(now, state));
const results = (document: PlanDocument) => Object.fromEntries(document.resources.map((one) => [one.address, one.result]));
const codes = (document: PlanDocument) => document.findings.map(({ code }) => code);

describe('over ssh, while somebody is logged in at the Mac', () => {
  it('with an open keychain all but the App is done', async () => {
    mac.installApp({ running: true });
    set({ session: 'elsewhere' });
    expect(statuses((await json('plan')).document)).toMatchObject({ secret: 'create', app: 'deferred' });
    const { code, document } = await json('apply', '--yes');
    expect([code, document.verified]).toEqual([2, true]);
    expect(results(document)).toMatchObject({ secret: 'done', provider: 'done', app: 'deferred' });
    expect([mac.state().app?.launches, mac.state().app?.quitAsked ?? null]).toEqual([0, null]);
  });

  it.each(['destroy', 'an apply at the desktop'])('what was arranged for the next login is taken back by %s', async (what) => {
    set({ session: 'elsewhere', locked: true });
    expect((await type('apply', '--yes')).code).toBe(2);
    expect(home.read(AGENT)).not.toBeNull();
    if (what === 'destroy') expect((await type('destroy', '--yes')).code).toBe(0);
    else {
      set({ session: 'aqua', locked: false });
      await applied();
    }
    expect([home.read(AGENT), home.read('.local/state/codex-link/finish.sh')]).toEqual([null, null]);
  });

  it('auth: env is left to the desktop session', async () => {
    writeYaml(home, yaml(', auth: env'));
    set({ session: 'elsewhere' });
    expect(statuses((await json('plan')).document)).toMatchObject({ secret: 'create', environment: 'deferred' });
    const { code, document } = await json('apply', '--yes');
    expect([code, results(document)]).toMatchObject([2, { secret: 'done', environment: 'deferred', provider: 'skipped' }]);
    expect(codes(document)).toContain('CL3039');
  });

  it('a plan writes nothing, asks nobody and arranges nothing', async () => {
    set({ session: 'elsewhere', locked: true });
    const before = home.hashTree();
    for (const args of [['plan'], ['verify'], ['plan', '--json']]) await type(...args);
    expect([home.hashTree(), mac.state().dialogs, mac.state().agents]).toEqual([before, [], {}]);
  });
});

describe('the login keychain', () => {
  it('an item that another program made is an error with the way out, and nothing is changed', async () => {
    mac.hold({ ...ITEM, value: 'test-of-another', trusted: ['/Applications/Other.app'] });
    set({ session: 'elsewhere' });
    const ran = await type('apply', '--yes');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/CL3033[\s\S]*next: security delete-generic-password -s 'CLIPROXY_API_KEY' -a 'tester'/);
    expect([home.read(CONFIG), mac.held(ITEM.service, ITEM.account)]).toEqual([null, 'test-of-another']);
  });

  it('nobody is asked for a keychain that is locked while nobody has written to it', async () => {
    await applied();
    set({ locked: true });
    expect(statuses((await json('plan')).document).secret).toBe('in-sync');
    expect((await type('drift')).code).toBe(0);
    expect(mac.state().dialogs).toEqual([]);
  });

  it('a cancelled dialog is not "absent"', async () => {
    await applied();
    mac.hold({ ...ITEM, value: TOKEN }); // somebody has written it, so that only its value can tell whether it is right
    set({ locked: true });
    const { document } = await json('plan');
    expect(statuses(document).secret).toBe('unknown');
    expect(codes(document)).toContain('CL3032');
    expect((await type('apply', '--yes')).code).toBe(1);
    expect(mac.held(ITEM.service, ITEM.account)).toBe(TOKEN);
  });

  it('the same item of another account is worth a word', async () => {
    mac.hold({ ...ITEM, account: 'old-me', value: 'test-of-old' });
    await applied();
    expect(codes((await json('plan')).document)).toContain('CL3037');
    expect(mac.held(ITEM.service, 'old-me')).toBe('test-of-old');
  });

  it('without one the token is kept in a file, and that is said', async () => {
    set({ noKeychain: true });
    const { code, document } = await json('apply', '--yes');
    expect(code).toBe(0);
    expect(document.findings.find((one) => one.code === 'CL3013')?.message).toContain('the login keychain');
    expect(home.read('.config/codex-link/CLIPROXY_API_KEY.token')).toBe(`${TOKEN}\n`);
  });
});

it('a terminal without the permission to ask the App leaves the restart to the person', async () => {
  mac.installApp({ running: true });
  set({ automation: 'refused' });
  const { code, document } = await json('apply', '--yes');
  expect([code, results(document).app, codes(document)]).toMatchObject([2, 'deferred', expect.arrayContaining(['CL6010'])]);
  expect(home.read(CONFIG)).toContain('model_provider = "pool"');
});

it('who has only the App has its codex, which judges the file', async () => {
  await applied();
  const path = (mac.env.PATH ?? '').split(':').filter((one) => !one.endsWith('node_modules/.bin'));
  const env = { ...mac.env, PATH: path.join(':'), TEST_GATEWAY_KEY: TOKEN };
  const config = async () => {
    const { document } = await codexLinkJson(home, ['verify', '--os', 'darwin'], { env });
    const { checks } = document as unknown as { checks: { id: string; status: string }[] };
    return checks.find(({ id }) => id === 'config')?.status;
  };
  expect(await config()).toBe('skipped');
  home.write('Applications/ChatGPT.app/Contents/Resources/codex', '#!/bin/sh\nexit 0\n', 0o755);
  expect(await config()).not.toBe('skipped');
});

it('no file below HOME holds the token, in no spelling', async () => {
  for (const provider of ['', ', auth: env']) {
    writeYaml(home, yaml(provider));
    await applied();
    expect(filesWith(TOKEN, home.home), provider).toEqual([]);
  }
  expect(mac.startsWith(TOKEN)).toEqual([]);
});
