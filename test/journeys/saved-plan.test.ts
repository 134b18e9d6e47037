/** A plan that is saved, looked at, and applied later: exactly as it is, or not at all. Real codex; the gateway is a stand-in. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';

const TOKEN = 'test-token-4711';
const CONFIG = '.codex/config.toml';
const HELPER = '.codex/bin/cliproxy-token';

let home: FreshHome;
let gateway: Gateway;
let env: Environment;
const file = () => join(home.work, 'the plan.json');
const yaml = (model = 'gpt-5.5') => `version: 1
gateway: { url: "${gateway.url}", manager: none }
provider: { id: pool, model: ${model}, auth: dotenv }
secret: { store: file, source: { env: TEST_GATEWAY_KEY } }
`;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  env = { ...home.env, TEST_GATEWAY_KEY: TOKEN };
  home.write(CONFIG, '# mine\n[mcp_servers.docs]\ncommand = "npx"\nenv = { DOCS_API_KEY = "test-foreign-secret" }\n', 0o600);
  writeYaml(home, yaml());
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

const save = (...flags: string[]) => codexLink(home, ['plan', '--out', file(), ...flags], { env });
const apply = (...flags: string[]) => codexLink(home, ['apply', file(), '--yes', ...flags], { env });

describe('a saved plan', () => {
  it('is applied as it is, holds no secret, and writes nothing but itself', async () => {
    const before = home.hashTree();
    expect((await save()).code).toBe(0);
    expect(home.hashTree()).toEqual(before);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const text = readFileSync(file(), 'utf8');
    for (const secret of [TOKEN, 'test-foreign-secret']) expect(text).not.toContain(secret);

    expect((await codexLink(home, ['apply', file()], { env })).code).toBe(64); // nobody there to ask
    const applied = await apply();
    expect([applied.code, applied.stderr]).toEqual([0, '']);
    expect((await codexLink(home, ['plan', '--detailed-exitcode'], { env })).code).toBe(0);
    expect((await apply()).code).toBe(4); // once is enough
  });

  it('brings its selection along', async () => {
    await save('--target', 'secret');
    expect((await apply()).code).toBe(0);
    expect(home.read(HELPER)).toBeNull();
    expect(home.read(CONFIG)).not.toContain('pool');
    expect((await apply('--target', 'provider')).code).toBe(64);
  });

  it.each<[string, () => void | Promise<void>, RegExp]>([
    ['the YAML has changed', () => writeYaml(home, yaml('gpt-5.4')), /codex-link\.yaml has changed/],
    ['config.toml has changed', () => void home.write(CONFIG, '# theirs\n', 0o600), /config\.toml has changed/],
    ['a file has appeared', () => void home.write('.codex/.env', 'OTHER=1\n', 0o600), /\.env has appeared/],
    ['the gateway is gone', () => gateway.close(), /gateway: in-sync before, manual now/],
    [
      'the key is another one',
      () => void Object.assign(env, { TEST_GATEWAY_KEY: 'another-test-token' }),
      /gateway: in-sync before, manual now/,
    ],
  ])('is refused when %s, and nothing is changed', async (_name, change, said) => {
    await save();
    await change();
    const before = home.hashTree();
    const { code, stderr } = await apply();
    expect([code, stderr.includes('CL0023')]).toEqual([4, true]);
    expect(stderr).toMatch(said);
    expect(home.hashTree()).toEqual(before);
    const json = await codexLinkJson(home, ['apply', file(), '--yes'], { env });
    expect([json.code, json.document.findings.every((one) => one.code === 'CL0023')]).toEqual([4, true]);
  });

  it.each([
    ['no file', null],
    ['no JSON', 'version: 1\n'],
    ['another document', '{"formatVersion":"1.0","command":"plan"}'],
  ])('has to be one: %s', async (_name, text) => {
    if (text !== null) writeFileSync(file(), text);
    const { code, stderr } = await apply();
    expect([code, stderr.includes('CL0022')]).toEqual([1, true]);
  });

  it('cannot be made from standard input', async () => {
    const { code, stderr } = await codexLink(home, ['plan', '--out', file(), '-f', '-'], { env, input: yaml() });
    expect([code, stderr.includes('CL0001')]).toEqual([64, true]);
  });
});
