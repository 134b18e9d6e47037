/** From a machine that was set up by hand, or by ccsxp, to a codex-link.yaml, and on from there. Real codex and ccs. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problems } from '../core/support/schemas.ts';
import { type CcsPool, makeCcsPool, runCcsxp } from '../support/ccs-pool.ts';
import { codexLink, codexLinkJson, statuses } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { makeMac } from '../support/mac.ts';
import { ccsPath, codexPath } from '../support/programs.ts';

const YAML = '.config/codex-link/codex-link.yaml';
const IN_SYNC = /^In sync: \d+ resources, nothing to do/;

let home: FreshHome;
beforeEach(() => {
  home = freshHome();
});
afterEach(() => home.dispose());

const init = (...args: string[]) => codexLink(home, ['init', ...args]);
const document = async (...args: string[]) => {
  const ran = await codexLink(home, [...args, '--json']);
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  const parsed = JSON.parse(ran.stdout) as Record<string, unknown>;
  expect(problems(String(args[0]), parsed, true)).toEqual([]);
  return parsed;
};

describe('the file', () => {
  it('is written where every command finds it, with nothing else on the machine', async () => {
    const before = home.hashTree();
    const made = await init();
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toBe(`Written: ${home.path(YAML)}\nNext: codex-link plan`);
    const { [YAML]: file, '.config': _config, '.config/codex-link': _folder, ...rest } = home.hashTree();
    expect(rest).toEqual(before);
    expect(file).toContain('file 644');
    const schema = /^# yaml-language-server: \$schema=(.*)$/m.exec(home.read(YAML) ?? '')?.[1] ?? '';
    expect(readFileSync(schema, 'utf8')).toContain('"CodexLinkYaml"');
    expect((await codexLink(home, ['validate'])).stdout).toBe(`Valid: ${home.path(YAML)}`);
  });

  it('is replaced when told to, and every older one is kept', async () => {
    home.write(YAML, 'version: 1 # mine\n');
    const refused = await init();
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('CL0030');
    expect(home.read(YAML)).toBe('version: 1 # mine\n');
    const replaced = await document('init', '--force');
    expect(replaced).toMatchObject({ file: home.path(YAML), kept: home.path(`${YAML}.bak`) });
    expect(home.read(`${YAML}.bak`)).toBe('version: 1 # mine\n');
    // The same again is no change.
    expect(await document('init', '--force')).toMatchObject({ kept: null });
    home.write(YAML, 'version: 1 # mine again\n');
    expect(await document('init', '--force')).toMatchObject({ kept: home.path(`${YAML}.bak.2`) });
    expect(home.read(`${YAML}.bak`)).toBe('version: 1 # mine\n');
    expect(home.read(`${YAML}.bak.2`)).toBe('version: 1 # mine again\n');
  });

  it('goes where --file says; - only shows it', async () => {
    expect((await init('--file', 'sub/mine.yaml')).code).toBe(0);
    expect(existsSync(join(home.work, 'sub/mine.yaml'))).toBe(true);
    expect(home.read(YAML)).toBeNull();
    const shown = await init('--file', '-');
    expect(shown.stdout).toBe(readFileSync(join(home.work, 'sub/mine.yaml'), 'utf8').trimEnd());
    expect(readdirSync(home.work)).toEqual(['sub']);
    const checked = await codexLink(home, ['validate', '--file', '-'], { input: shown.stdout });
    expect(checked.code).toBe(0);
  });

  it('one in the working folder is the one that is meant', async () => {
    writeFileSync(join(home.work, 'codex-link.yaml'), 'version: 1\n');
    expect((await init()).stderr).toContain(join(home.work, 'codex-link.yaml'));
    expect((await init('--force')).code).toBe(0);
    expect(statSync(join(home.work, 'codex-link.yaml')).size).toBeGreaterThan(100);
    expect(home.read(YAML)).toBeNull();
  });
});

describe.skipIf(ccsPath() === null || codexPath() === null)('with a pool of CCS', () => {
  let pool: CcsPool;
  beforeEach(async () => {
    pool = await makeCcsPool(home, { accounts: ['alice@example.com', 'bob@example.com'] });
    await pool.ccs('--version');
    await pool.start();
  });
  afterEach(() => pool.stop());

  it("ccsxp's set-up becomes one that works for the App, and a second init changes nothing", async () => {
    await runCcsxp(home);
    await pool.ccs('cliproxy', 'pause', 'bob@example.com', '--provider', 'codex');
    const found = await document('init');
    expect(found.document).toMatchObject({
      ccs: { ensure: 'present' },
      accounts: [
        { email: 'alice@example.com', nickname: 'alice', default: true },
        { email: 'bob@example.com', nickname: 'bob', paused: true },
      ],
      routing: { strategy: 'round-robin' },
      gateway: { url: `http://127.0.0.1:${pool.port}` },
    });
    const planned = await codexLinkJson(home, ['plan']);
    expect(planned.code).toBe(0);
    const { secret, helper, provider, ...rest } = statuses(planned.document);
    expect([secret, helper, provider]).toEqual(['create', 'create', 'update']);
    for (const address of ['ccs', 'accounts/alice@example.com', 'accounts/bob@example.com', 'routing', 'gateway'])
      expect([address, rest[address]]).toEqual([address, 'in-sync']);

    const applied = await codexLink(home, ['apply', '--yes']);
    expect([applied.code, applied.stderr]).toEqual([0, '']);
    expect((await codexLink(home, ['plan'])).stdout).toMatch(IN_SYNC);

    // What was applied is found again as it was written: the very same file.
    expect(await document('init', '--force')).toMatchObject({ kept: null });
    const tree = home.hashTree('.codex');
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    expect(home.hashTree('.codex')).toEqual(tree);
  });

  it('the graph of what init wrote has its accounts', async () => {
    expect((await init()).code).toBe(0);
    const before = home.hashTree();
    const { resources } = (await document('graph')) as { resources: { address: string; dependsOn: string[] }[] };
    expect(resources.map((one) => one.address)).toContain('accounts/bob@example.com');
    for (const [index, { dependsOn }] of resources.entries())
      for (const one of dependsOn) expect(resources.slice(0, index).map(({ address }) => address)).toContain(one);
    expect((await codexLink(home, ['graph', '--format', 'mermaid'])).stdout).toMatch(/^flowchart RL\n {2}r0\["ccs"\]$/m);
    expect((await codexLink(home, ['graph'])).stdout).toContain('"helper" -> "secret";');
    expect(home.hashTree()).toEqual(before);
    const wrong = await codexLink(home, ['graph', '--format', 'doot']);
    expect([wrong.code, wrong.stderr.split('\n')[0]]).toEqual([
      64,
      'error CL0001  --format takes dot or mermaid, not "doot", did you mean dot?',
    ]);
  });
});

it("the guide's set-up of a (simulated) Mac: found with its item in the keychain, and a plan that mends the helper", async () => {
  const mac = makeMac(home);
  const { env } = mac;
  mac.hold({ service: 'CLIPROXY_API_KEY', account: userInfo().username, value: 'test-token-of-the-guide', trusted: 'any' });
  home.write(
    '.codex/config.toml',
    `model = "gpt-5.5"
model_provider = "cliproxy"

[model_providers.cliproxy]
name = "CLIProxy"
base_url = "http://127.0.0.1:9/v1"
wire_api = "responses"

[model_providers.cliproxy.auth]
command = "$HOME/.codex/bin/cliproxy-token"
timeout_ms = 5000
refresh_interval_ms = 300000
`,
  );
  const made = await codexLink(home, ['init', '--os', 'darwin', '--json'], { env });
  expect([made.code, made.stderr]).toEqual([0, '']);
  expect(JSON.parse(made.stdout)).toMatchObject({
    document: { version: 1, gateway: { url: 'http://127.0.0.1:9', manager: 'none' }, provider: { model: 'gpt-5.5' } },
    findings: [],
  });
  expect(JSON.parse(made.stdout).document.secret).toBeUndefined();
  expect(home.read(YAML)).not.toContain('test-token');
  expect(mac.startsWith('test-token-of-the-guide')).toEqual([]);
  const planned = await codexLinkJson(home, ['plan', '--os', 'darwin'], { env });
  expect(statuses(planned.document)).toMatchObject({ secret: 'in-sync', helper: 'create', provider: 'update' });
});

it('the script of a completion comes as JSON too', async () => {
  expect(await document('completion', 'fish')).toMatchObject({ shell: 'fish' });
});
