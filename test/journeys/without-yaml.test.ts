/** The way back needs no codex-link.yaml: it may be lost, broken, or have moved on. Real codex; the gateway is a stand-in. */
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';

const TOKEN = 'test-token-4711';
const CONFIG = '.codex/config.toml';
const YAML = '.config/codex-link/codex-link.yaml';
const BEFORE = '# mine\n[mcp_servers.docs] # keep\ncommand = "npx"\n';
const DOTENV = 'THEIRS=1'; // no final line end

let home: FreshHome;
let gateway: Gateway;
let env: Environment;
let pristine: Record<string, string>;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  env = { ...home.env, TEST_GATEWAY_KEY: TOKEN };
  home.write(CONFIG, BEFORE, 0o640);
  home.write('.codex/.env', DOTENV, 0o644);
  home.write('.config/codex-link/notes.txt', 'theirs\n', 0o644); // dotfiles live in that folder too
  pristine = home.hashTree();
  writeYaml(home, yaml('helper'));
  const { code, stderr } = await codexLinkJson(home, ['apply', '--yes'], { env });
  expect(code, stderr).toBe(0);
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

function yaml(auth: string, service = 'POOL_KEY'): string {
  return `version: 1
gateway: { url: "${gateway.url}", manager: none }
provider: { id: pool, model: gpt-5.5, auth: ${auth} }
secret: { store: file, service: ${service}, source: { env: TEST_GATEWAY_KEY } }
helper: { path: ~/tools/pool-token }
`;
}

function treeWithoutYaml(): Record<string, string> {
  const { [YAML]: _yaml, ...rest } = home.hashTree();
  return rest;
}

describe.each([
  ['is lost', () => rmSync(home.path(YAML)), 'CL0027'],
  ['is broken', () => writeYaml(home, 'version: 1\nprovider: [\n'), 'CL0028'],
  ['makes no sense', () => writeYaml(home, 'version: 1\nprovider: { actve: cliproxy }\n'), 'CL0028'],
  ['wants everything elsewhere by now', () => writeYaml(home, yaml('env', 'OTHER')), null],
] as const)('when codex-link.yaml %s', (_what, happen, code) => {
  it.each(['helper', 'dotenv', 'env'])('destroy gives everything back after auth: %s', async (auth) => {
    if (auth !== 'helper') {
      writeYaml(home, yaml(auth));
      expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
    }
    happen();
    const ended = await codexLinkJson(home, ['destroy', '--yes'], { env: home.env });
    expect(ended.code, ended.stderr).toBe(0);
    const codes = ended.document.findings.map((one) => one.code);
    if (code === null) expect(codes).not.toContain('CL0027');
    else expect(codes).toContain(code);
    expect(treeWithoutYaml()).toEqual(pristine);
  });

  it('rollback goes back too', async () => {
    happen();
    const { code: exit, stdout, stderr } = await codexLink(home, ['rollback', '--yes'], { env: home.env });
    expect(exit, stderr).toBe(0);
    if (code !== null) expect(stdout).toContain(code);
    expect([home.read(CONFIG), home.read('tools/pool-token')]).toEqual([BEFORE, null]);
  });
});

describe('status without a codex-link.yaml', () => {
  it('shows what the state knows, what differs from it, and what to type next', async () => {
    rmSync(home.path(YAML));
    const before = home.hashTree();
    const { code, stdout, stderr } = await codexLink(home, ['status'], { env: home.env });
    expect([code, stderr]).toEqual([0, '']);
    for (const line of [
      /without a codex-link\.yaml: codex-link init/,
      /route +cliproxy \(pool\), as the last apply left it\n/,
      /secret +the token is in a file/,
      /last apply +\d{4}.*generation 1/,
      /now +in sync/,
    ])
      expect(stdout).toMatch(line);
    home.write(CONFIG, home.read(CONFIG)!.replace('model_provider = "pool"', 'model_provider = "openai"'), 0o640);
    const { document } = await codexLinkJson(home, ['status'], { env: home.env });
    expect(document).toMatchObject({
      outcome: 'changes',
      route: { chosenBy: 'state', provider: 'pool', inEffect: { status: 'update' } },
    });
    home.write(CONFIG, home.read(CONFIG)!.replace('model_provider = "openai"', 'model_provider = "pool"'), 0o640);
    expect(home.hashTree()).toEqual(before);
  });

  it('says so where nothing was ever applied', async () => {
    const fresh = freshHome();
    const before = fresh.hashTree();
    try {
      const { code, stdout, stderr } = await codexLink(fresh, ['status'], { env: fresh.env });
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/route +nothing was ever applied here\n/);
      expect(stdout).toContain('codex-link init');
      const { document } = await codexLinkJson(fresh, ['status'], { env: fresh.env });
      expect(document).toMatchObject({ lastApply: null, generation: null, route: { inEffect: null } });
      expect(fresh.hashTree()).toEqual(before);
    } finally {
      fresh.dispose();
    }
  });

  it('is an error where the YAML is named, or broken', async () => {
    expect((await codexLink(home, ['status', '--file', 'missing.yaml'], { env })).code).toBe(1);
    writeYaml(home, 'version: 1\nprovider: [\n');
    expect((await codexLink(home, ['status'], { env })).code).toBe(1);
  });
});
