/** Journeys over one route: what breaks it, what heals it, and what a failed apply leaves behind. Real codex; the gateway is a stand-in. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startForeignServer } from '../stand-ins/foreign-server.mjs';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, statuses, writeYaml } from '../support/cli.ts';
import { codexTurn } from '../support/codex-turn.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';
import { codexPath } from '../support/programs.ts';

const TOKEN = 'test-token-4711';
const CONFIG = '.codex/config.toml';
const HELPER = '.codex/bin/cliproxy-token';
const IN_SYNC = /^In sync: \d+ resources, nothing to do( \(\d+ warnings?: codex-link plan -v\))?\.$/;
const BEFORE = `# mine
approval_policy = "on-request"

[mcp_servers.docs] # keep
command = "npx"
env = { DOCS_API_KEY = "test-foreign-secret" }
`;

let home: FreshHome;
let gateway: Gateway;
let env: Environment;

const yaml = (rest = '', provider = '') => `version: 1
gateway: { url: "${gateway.url}", manager: none }
provider: { model: gpt-5.5, contextWindow: 272000${provider} }
secret: { store: file, source: { env: TEST_GATEWAY_KEY } }
${rest}`;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN], version: '7.2.140' });
  env = { ...home.env, TEST_GATEWAY_KEY: TOKEN };
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

const apply = () => codexLinkJson(home, ['apply', '--yes'], { env });
const turn = () => codexTurn(home);

describe('the three ways to hand Codex the token', () => {
  it.each([
    ['helper', ''],
    ['helper, portable', ', portable: true'],
    ['dotenv', ', auth: dotenv'],
    ['dotenv with ChatGPT features', ', auth: dotenv, keepChatgptFeatures: true'],
  ])('%s: applied, in sync, and a turn of codex goes through', async (_name, provider) => {
    home.write(CONFIG, BEFORE);
    writeYaml(home, yaml('', provider));
    const applied = await apply();
    // What a way costs, that nobody is logged in, and that ccsxp is there: it is among the programs of the tests.
    expect(applied.document.findings.filter(({ code }) => !['CL1005', 'CL1015', 'CL1016'].includes(code))).toEqual([]);
    expect(applied.code).toBe(0);
    expect((await codexLink(home, ['plan'], { env })).stdout).toMatch(IN_SYNC);
    const { stdout, exitCode } = await turn();
    expect(stdout).toBe('hi from the pool');
    expect(exitCode).toBe(0);
    expect(gateway.requests.at(-1)).toMatchObject({ method: 'POST', path: '/v1/responses', status: 200, key: 'valid' });
  });

  it.each(['/api/provider/codex', '/v1'])('%s of an older gateway', async (basePath) => {
    await gateway.close();
    gateway = await startGateway({ apiKeys: [TOKEN], version: '6.9.45' });
    writeYaml(home, yaml('', `, basePath: ${basePath}`));
    const applied = await codexLink(home, ['apply', '--yes'], { env });
    expect(applied.stderr).toBe('');
    expect((await turn()).stdout).toBe('hi from the pool');
    expect(gateway.requests.at(-1)).toMatchObject({ method: 'POST', path: `${basePath}/responses`, status: 200 });
  });

  it('the full doctor is content too, but for the updates that it cannot look for', async () => {
    writeYaml(home, `${yaml('', ', auth: dotenv')}verify: { doctor: full, allowWarnings: [updates.status] }\n`);
    const applied = await codexLink(home, ['apply', '--yes'], { env });
    expect(applied.stderr).toBe('');
    expect(applied.code).toBe(0);
  });

  it('env: the variable is in the environment of the next session', async () => {
    writeYaml(home, yaml('', ', auth: env'));
    expect((await apply()).code).toBe(0);
    expect(home.read('.config/environment.d/60-codex-link.conf')).toBe(`CLIPROXY_API_KEY=${TOKEN}\n`);
    expect((await codexLink(home, ['plan'], { env })).stdout).toMatch(IN_SYNC);
  });

  it('takes the token out of .env again when the YAML changes the way', async () => {
    home.write('.codex/.env', 'OTHER=1\n', 0o600);
    writeYaml(home, yaml('', ', auth: dotenv'));
    expect((await apply()).code).toBe(0);
    expect(home.read('.codex/.env')).toBe(`OTHER=1\nCLIPROXY_API_KEY=${TOKEN}\n`);
    writeYaml(home, yaml());
    const planned = await codexLinkJson(home, ['plan'], { env });
    expect(statuses(planned.document)).toMatchObject({ dotenv: 'delete', helper: 'create' });
    expect((await apply()).code).toBe(0);
    expect(home.read('.codex/.env')).toBe('OTHER=1\n');
    expect((await turn()).stdout).toBe('hi from the pool');
  });
});

describe('what breaks in real life', () => {
  beforeEach(async () => {
    home.write(CONFIG, BEFORE);
    writeYaml(home, yaml());
    expect((await apply()).code).toBe(0);
  });

  it.each<[string, string, () => void]>([
    [
      'the selector was moved',
      'provider',
      () => home.write(CONFIG, (home.read(CONFIG) ?? '').replace('model_provider = "cliproxy"', 'model_provider = "openai"')),
    ],
    [
      'the context window was changed',
      'provider',
      () => home.write(CONFIG, (home.read(CONFIG) ?? '').replace('272000', '1_000')),
    ],
    [
      'an env_key was added to our table',
      'provider',
      () => home.write(CONFIG, (home.read(CONFIG) ?? '').replace('wire_api', 'env_key = "X"\nwire_api')),
    ],
    ['the whole file is gone', 'provider', () => home.write(CONFIG, '')],
    ["the helper's mode was changed", 'helper', () => chmodSync(home.path(HELPER), 0o644)],
    ["the helper's text was changed", 'helper', () => home.write(HELPER, '#!/bin/sh\necho other\n', 0o700)],
    ['the token was changed', 'secret', () => home.write('.config/codex-link/CLIPROXY_API_KEY.token', 'other\n', 0o600)],
    [
      'the token file can be read by all',
      'secret',
      () => chmodSync(home.path('.config/codex-link/CLIPROXY_API_KEY.token'), 0o644),
    ],
  ])('%s: plan calls it drift, apply heals it', async (_what, address, breakIt) => {
    const before = home.read(CONFIG);
    breakIt();
    const planned = await codexLinkJson(home, ['plan', '--detailed-exitcode'], { env });
    expect(planned.code).toBe(2);
    expect(planned.document.resources.find((one) => one.address === address)).toMatchObject({ status: 'update', cause: 'drift' });
    expect((await apply()).code).toBe(0);
    expect((await codexLink(home, ['plan'], { env })).stdout).toMatch(IN_SYNC);
    if (home.read(CONFIG) !== before) expect((await turn()).stdout).toBe('hi from the pool');
  });

  it('a changed YAML is not drift', async () => {
    writeYaml(home, yaml().replace('272000', '100000'));
    const { document } = await codexLinkJson(home, ['plan'], { env });
    expect(document.resources.find(({ address }) => address === 'provider')).toMatchObject({ status: 'update', cause: 'config' });
  });

  it('--target and --exclude', async () => {
    chmodSync(home.path(HELPER), 0o600);
    home.write(CONFIG, '');
    const only = await codexLinkJson(home, ['plan', '--target', 'helper'], { env });
    expect(statuses(only.document)).toMatchObject({
      secret: 'in-sync',
      helper: 'update',
      provider: 'skipped',
      verification: 'skipped',
    });
    const without = await codexLinkJson(home, ['plan', '--exclude', 'helper'], { env });
    expect(statuses(without.document)).toMatchObject({ secret: 'in-sync', helper: 'skipped', provider: 'skipped' });
    const wrong = await codexLink(home, ['plan', '--target', 'helpr'], { env });
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toContain('did you mean helper?');
  });
});

describe('use', () => {
  beforeEach(async () => {
    home.write(CONFIG, BEFORE);
    writeYaml(home, yaml());
    expect((await apply()).code).toBe(0);
  });

  it('openai keeps the block, moves the selector, removes the context window; cliproxy brings back every byte', async () => {
    const linked = home.read(CONFIG);
    await gateway.close(); // the very reason for leaving
    const away = await codexLink(home, ['use', 'openai'], { env: home.env });
    expect(away.stderr).toBe('');
    expect(away.code).toBe(0);
    const text = home.read(CONFIG) ?? '';
    expect(text).toContain('model_provider = "openai"');
    expect(text).toContain('[model_providers.cliproxy.auth]');
    expect(text).not.toContain('model_context_window');

    gateway = await startGateway({ apiKeys: [TOKEN], version: '7.2.140', port: gateway.port });
    expect((await codexLink(home, ['use', 'cliproxy'], { env })).code).toBe(0);
    expect(home.read(CONFIG)).toBe(linked);
    expect((await turn()).stdout).toBe('hi from the pool');
  });

  it('holds the route against the YAML until auto', async () => {
    expect((await codexLink(home, ['use', 'openai'], { env })).code).toBe(0);
    const planned = await codexLinkJson(home, ['plan', '--detailed-exitcode'], { env });
    expect(planned.code).toBe(0);
    expect(planned.document.findings.map(({ code }) => code)).toContain('CL0011');
    expect((await codexLink(home, ['plan'], { env })).stdout).toMatch(
      /^In sync[^\n]*the route openai is held by hand since [^\n]*$/,
    );
    expect((await apply()).code).toBe(0);
    expect(home.read(CONFIG)).toContain('model_provider = "openai"');
    expect((await codexLink(home, ['use', 'auto'], { env })).code).toBe(0);
    expect(home.read(CONFIG)).toContain('model_provider = "cliproxy"');
    expect((await codexLinkJson(home, ['plan'], { env })).document.findings.map(({ code }) => code)).not.toContain('CL0011');
  });

  it('puts back the old route, and holds nothing, when the new one does not work', async () => {
    expect((await codexLink(home, ['use', 'openai'], { env })).code).toBe(0);
    const away = home.read(CONFIG);
    gateway.setKeys(['test-another-key']);
    const back = await codexLink(home, ['use', 'cliproxy'], { env });
    expect(back.code).toBe(1);
    expect(back.stderr).toContain('refuses the key');
    expect(home.read(CONFIG)).toBe(away);
    expect(
      (await codexLinkJson(home, ['plan'], { env })).document.findings.find(({ code }) => code === 'CL0011')?.message,
    ).toContain('openai');
  });

  it('refuses anything else with the nearest route', async () => {
    const ran = await codexLink(home, ['use', 'opnai'], { env });
    expect(ran.code).toBe(64);
    expect(ran.stderr).toContain('did you mean openai?');
  });
});

describe('when it goes wrong', () => {
  beforeEach(() => {
    home.write(CONFIG, BEFORE);
    writeYaml(home, yaml());
  });

  /** HOME apart from what is codex-link's own or nobody's. */
  const tree = () => Object.fromEntries(Object.entries(home.hashTree()).filter(([path]) => !/^\.(local|cache)(\/|$)/.test(path)));

  it.each<[string, () => void | Promise<void>, string, RegExp]>([
    ['the gateway refuses the key', () => gateway.setKeys(['test-another-key']), 'CL4003', /refuses the key/],
    ['the gateway takes anybody', () => gateway.setKeys([]), 'CL4006', /without any key/],
    [
      'the base path is gone',
      () => writeYaml(home, yaml('', ', basePath: /api/provider/codex')),
      'CL4004',
      /has no \/api\/provider\/codex/,
    ],
    [
      'another table makes Codex refuse the file',
      () => void home.write(CONFIG, `${BEFORE}[model_providers.openai]\nname = "x"\n`),
      'CL1002',
      /cannot be overridden/,
    ],
    ['config.toml is not TOML', () => void home.write(CONFIG, `${BEFORE}a = = 1\n`), 'CL1001', /config\.toml:7:5/],
    ['codex doctor finds fault', () => writeYaml(home, yaml('verify: { doctor: full }')), 'CL5003', /updates\.status/],
  ])('%s: exit 1, the reason, and everything as it was', async (_what, breakIt, code, message) => {
    await breakIt();
    const before = tree();
    const human = await codexLink(home, ['apply', '--yes'], { env });
    expect(human.code).toBe(1);
    expect(human.stderr).toContain(code);
    expect(human.stderr).toMatch(message);
    expect(human.stderr).toContain('next:');
    expect(tree()).toEqual(before);
    const { code: exit, document } = await apply();
    expect(exit).toBe(1);
    expect(document.findings.map((one) => one.code)).toContain(code);
    expect(tree()).toEqual(before);
  });

  it('a refused apply leaves no trace at all, and plan calls the same thing a step for a person', async () => {
    home.write(CONFIG, `${BEFORE}[model_providers.openai]\nname = "x"\n`);
    const before = home.hashTree();
    expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(1);
    expect((await codexLink(home, ['plan', '--detailed-exitcode'], { env })).code).toBe(2);
    expect(home.hashTree()).toEqual(before);
  });

  it('plan on a machine that has nothing writes nothing', async () => {
    const before = home.hashTree();
    for (const args of [['plan'], ['plan', '-v', '--json'], ['validate'], ['verify']]) await codexLink(home, args, { env });
    expect(home.hashTree()).toEqual(before);
  });

  it.each([
    ['config.toml', CONFIG],
    ['the state file', '.local/state/codex-link/state.json'],
    ['the helper', HELPER],
    ['.env', '.codex/.env'],
  ])('%s is a folder: one clear error in every command, and nothing is changed', async (_what, path) => {
    rmSync(home.path(path), { force: true });
    mkdirSync(home.path(path, 'inside'), { recursive: true });
    writeYaml(home, yaml('', path === '.codex/.env' ? ', auth: dotenv' : ''));
    const before = home.hashTree();
    for (const args of [['plan'], ['apply', '--yes'], ['use', 'cliproxy'], ['verify']]) {
      const ran = await codexLink(home, args, { env });
      expect(ran.code, args[0]).toBe(1);
      expect(ran.stdout + ran.stderr, args[0]).toMatch(/(error|\?|FAILED)[\s\S]*next:/);
      expect(ran.stderr, args[0]).not.toMatch(/\n\s+at /);
      const { document } = await codexLinkJson(home, args, { env });
      expect(document, args[0]).toHaveProperty('findings');
    }
    expect(home.hashTree()).toEqual(before);
  });

  it('a gateway that nobody can start is a step for a person: exit 2, and Codex is not pointed at it', async () => {
    await gateway.close();
    const { code, document } = await apply();
    expect(code).toBe(2);
    const results = Object.fromEntries(document.resources.map((one) => [one.address, one.result]));
    expect(results).toMatchObject({
      secret: 'done',
      helper: 'done',
      gateway: 'manual',
      provider: 'skipped',
      verification: 'skipped',
    });
    expect(home.read(CONFIG)).toBe(BEFORE);
  });

  it('another program on the port is named, and never sees the key', async () => {
    await gateway.close();
    const foreign = await startForeignServer({ port: gateway.port });
    try {
      const before = tree();
      for (const args of [['plan'], ['apply', '--yes'], ['verify']]) {
        const ran = await codexLink(home, args, { env });
        expect(ran.code, args[0]).toBe(args[0] === 'plan' ? 0 : 1);
        expect(ran.stdout + ran.stderr).toContain('CL4001');
        expect(ran.stdout + ran.stderr).toContain(`process ${process.pid}`);
      }
      expect(foreign.saw(TOKEN)).toBe(false);
      expect(tree()).toEqual(before);
    } finally {
      await foreign.close();
    }
  });

  it('two applies at once: one works, the other exits 4 and names it', async () => {
    // A slow source keeps the first one busy inside the lock.
    const slow = home.write('slow-token', `#!/bin/sh\nsleep 2\nprintf ${TOKEN}\n`, 0o700);
    writeYaml(home, yaml().replace('{ env: TEST_GATEWAY_KEY }', `{ command: ["${slow}"] }`));
    const first = codexLink(home, ['apply', '--yes'], { env });
    while (home.read('.local/state/codex-link/lock') === null) await new Promise((done) => setTimeout(done, 20));
    const second = await codexLink(home, ['apply', '--yes'], { env });
    expect(second.code).toBe(4);
    expect(second.stderr).toMatch(/the lock is held by codex-link apply \(process \d+/);
    expect((await first).code).toBe(0);
    expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
  });

  it('asks before it changes anything, and cannot without a terminal', async () => {
    const before = home.hashTree();
    const ran = await codexLink(home, ['apply'], { env });
    expect(ran.code).toBe(64);
    expect(ran.stderr).toContain('codex-link apply --yes');
    expect(home.hashTree()).toEqual(before);
  });

  it('a linked config.toml stays a link, and its target keeps its mode', async () => {
    mkdirSync(home.path('dotfiles'));
    renameSync(home.path(CONFIG), home.path('dotfiles/config.toml'));
    chmodSync(home.path('dotfiles/config.toml'), 0o640);
    symlinkSync(home.path('dotfiles/config.toml'), home.path(CONFIG));
    expect((await apply()).code).toBe(0);
    expect(home.hashTree()[CONFIG]).toBe(`link ${home.path('dotfiles/config.toml')}`);
    expect(statSync(home.path('dotfiles/config.toml')).mode & 0o777).toBe(0o640);
    expect(readFileSync(home.path('dotfiles/config.toml'), 'utf8')).toContain('model_provider = "cliproxy"');
  });

  it('a HOME with spaces, quotes and more works to the end', async () => {
    const odd = join(home.home, `it's a "home" $HOME \`x\` ü`);
    mkdirSync(join(odd, '.codex'), { recursive: true });
    const oddEnv = { ...env, HOME: odd };
    const config = home.write('codex-link.yaml', yaml());
    expect((await codexLink(home, ['apply', '--yes', '-f', config], { env: oddEnv })).code).toBe(0);
    const result = await execa(codexPath() ?? 'codex', ['exec', '--skip-git-repo-check', 'hi'], {
      cwd: home.work,
      env: oddEnv,
      extendEnv: false,
      stdin: 'ignore',
      timeout: 60_000,
    });
    expect(result.stdout).toBe('hi from the pool');
  });

  it('shows no secret of others in the plan', async () => {
    const { stdout } = await codexLink(home, ['plan'], { env });
    expect(stdout).toContain('DOCS_API_KEY = "(sensitive)"');
    expect(stdout).not.toContain('test-foreign-secret');
  });
});

describe('verify', () => {
  beforeEach(async () => {
    writeYaml(home, yaml());
    expect((await apply()).code).toBe(0);
  });

  it('passes, and with --live spends one request', async () => {
    const count = () => gateway.requests.filter(({ method }) => method === 'POST').length;
    expect((await codexLink(home, ['verify'], { env })).code).toBe(0);
    expect(count()).toBe(0);
    expect((await codexLink(home, ['verify', '--live'], { env })).code).toBe(0);
    expect(count()).toBe(1);
  });

  it('writes a report that can be given to strangers', async () => {
    writeYaml(home, yaml('accounts: [{ email: jane.doe@example.com, nickname: janes-work }]\n'));
    const before = home.hashTree();
    const ran = await codexLink(home, ['verify', '--report'], { env });
    expect(ran.code).toBe(0);
    const path = join(home.work, 'codex-link-report.md');
    expect(ran.stdout).toContain(path);
    const report = readFileSync(path, 'utf8');
    for (const hidden of [home.home, TOKEN, 'jane', hostname()]) expect(report).not.toContain(hidden);
    for (const told of [/\| Codex \| 0\.\d+/, /\| accounts\/<account 1> \| manual/, /\| key \| passed/, /\| apply \| .*provider/])
      expect(report).toMatch(told);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(home.hashTree()).toEqual(before);
    expect((await codexLink(home, ['verify', '--out', 'x'], { env })).code).toBe(64);
  });

  it.each<[string, () => void | Promise<void>, RegExp]>([
    ['the helper is gone', () => chmodSync(home.path(HELPER), 0o600), /CL5001/],
    ['the helper prints two lines', () => void home.write(HELPER, '#!/bin/sh\necho a\necho b\n', 0o700), /more than one line/],
    ['the helper hangs', () => void home.write(HELPER, '#!/bin/sh\nsleep 30\n', 0o700), /nothing within 5000 ms/],
    ['the gateway refuses the key', () => gateway.setKeys(['test-another-key']), /CL4003/],
    ['the gateway takes anybody', () => gateway.setKeys([]), /CL4006/],
    ['the gateway is gone', () => gateway.close(), /CL4002/],
    ['Codex refuses the file', () => void home.write(CONFIG, `${home.read(CONFIG)}\n[model_providers.x]\nname = ""\n`), /CL5004/],
    [
      'the selector was moved',
      () => void home.write(CONFIG, (home.read(CONFIG) ?? '').replace('"cliproxy"', '"openai"')),
      /CL5002/,
    ],
  ])('%s: exit 1, with the cause and what to type', async (_what, breakIt, message) => {
    await breakIt();
    const ran = await codexLink(home, ['verify'], { env });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(message);
    expect(ran.stdout).toContain('next:');
  });
});
