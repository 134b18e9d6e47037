/** The way back: what was applied, listed, shown and taken back by the built program. Real codex; the gateway is a stand-in. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, type PlanDocument, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';

const TOKEN = 'test-token-4711';
const CONFIG = '.codex/config.toml';
const BEFORE = '# mine\n[mcp_servers.docs] # keep\ncommand = "npx"\nenv = { DOCS_API_KEY = "test-foreign-secret" }\n';

let home: FreshHome;
let gateway: Gateway;
let env: Environment;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  env = { ...home.env, TEST_GATEWAY_KEY: TOKEN };
  home.write(CONFIG, BEFORE, 0o600);
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

async function applied(model: string): Promise<PlanDocument> {
  writeYaml(
    home,
    `version: 1
gateway: { url: "${gateway.url}", manager: none }
provider: { id: pool, model: ${model} }
secret: { store: file, source: { env: TEST_GATEWAY_KEY } }
`,
  );
  const { code, document, stderr } = await codexLinkJson(home, ['apply', '--yes'], { env });
  expect(code, stderr).toBe(0);
  return document;
}

describe('generations', () => {
  it('are numbered, listed, shown and rolled back to, and what others wrote since stays', async () => {
    expect(await applied('gpt-5.5')).toMatchObject({ generation: 1 });
    const first = home.read(CONFIG);
    expect(await applied('gpt-5.4')).toMatchObject({ generation: 2 });

    const list = await codexLink(home, ['history']);
    expect(list.stdout.split('\n').map((line) => line.trim().split(/\s+/)[0])).toEqual(['2', '1']);
    const shown = await codexLink(home, ['history', 'show', '2']);
    expect(shown.stdout).toContain('-model = "gpt-5.5"');
    expect(shown.stdout).toContain('+model = "gpt-5.4"');
    expect(shown.stdout).not.toContain('test-foreign-secret');

    expect((await codexLink(home, ['rollback'])).code).toBe(64); // nobody there to ask
    const back = await codexLink(home, ['rollback', '--yes'], { env });
    expect([back.code, home.read(CONFIG)]).toEqual([0, first]);

    home.write(CONFIG, `${first}\n[projects."/new"]\ntrust_level = "trusted" # theirs\n`, 0o600);
    expect((await codexLink(home, ['rollback', '0', '--yes'], { env })).code).toBe(0);
    expect(home.read(CONFIG)).toBe(`${BEFORE}\n[projects."/new"]\ntrust_level = "trusted" # theirs\n`);
    expect(home.read('.codex/bin/cliproxy-token')).toBeNull();

    expect((await codexLink(home, ['plan', '--detailed-exitcode'], { env })).code).toBe(2);
    expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
    expect((await codexLink(home, ['plan', '--detailed-exitcode'], { env })).code).toBe(0);
  });

  it('end with the machine as it was: destroy leaves no trace, and purge takes what conversations had kept', async () => {
    const before = home.hashTree();
    await applied('gpt-5.5');
    await applied('gpt-5.4');
    writeYaml(home, 'version: 1\n'); // its own file is not codex-link's to remove
    expect((await codexLink(home, ['destroy'], { env })).code).toBe(64);
    expect((await codexLink(home, ['destroy', '--yes'], { env })).code).toBe(0);
    const { '.config': _c, '.config/codex-link': _f, '.config/codex-link/codex-link.yaml': _y, ...after } = home.hashTree();
    expect(after).toEqual(before);

    await applied('gpt-5.5');
    const session = '.codex/sessions/2026/11/21/rollout-2026-11-21T00-00-00-1.jsonl';
    home.write(session, '{"type":"session_meta","payload":{"model_provider":"pool"}}\n');
    const kept = await codexLink(home, ['destroy', '--yes'], { env });
    expect([kept.code, kept.stdout.includes('CL0021')]).toEqual([0, true]);
    expect(home.read(CONFIG)).toContain('[model_providers.pool]');
    expect(home.read(CONFIG)).not.toContain('model_provider = ');
    expect((await codexLink(home, ['destroy', '--purge', '--yes'], { env })).code).toBe(0);
    expect(home.read(CONFIG)).toBe(BEFORE);
  });

  it('are asked for as they should be', async () => {
    expect((await codexLink(home, ['history'])).stdout).toBe('Nothing was applied here yet.');
    for (const args of [
      ['history', 'show'],
      ['history', 'show', 'x'],
      ['history', 'list'],
      ['rollback', 'x', '--yes'],
    ]) {
      const { code, stderr } = await codexLink(home, args, { env });
      expect([code, stderr.includes('CL0001')], args.join(' ')).toEqual([64, true]);
    }
    await applied('gpt-5.5');
    for (const args of [
      ['history', 'show', '7'],
      ['rollback', '7', '--yes'],
    ]) {
      const { code, stderr } = await codexLink(home, args, { env });
      expect([code, stderr.includes('CL0018')], args.join(' ')).toEqual([1, true]);
    }
  });
});
