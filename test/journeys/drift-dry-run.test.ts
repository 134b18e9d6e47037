/** What a collector runs on a machine that somebody works on: the built program looks, and leaves the machine as it was. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';

const TOKEN = 'test-token-4711';
const CONFIG = '.codex/config.toml';

let home: FreshHome;
let gateway: Gateway;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  home.write('gateway-key', `${TOKEN}\n`, 0o600);
  writeYaml(
    home,
    `version: 1
gateway: { url: "${gateway.url}", manager: none }
secret: { store: file, source: { file: ~/gateway-key } }
drift: { heal: safe, report: { json: ~/report.json, prometheus: ~/report.prom } }
verify: { doctor: off }
`,
  );
  const applied = await codexLink(home, ['apply', '--yes']);
  expect([applied.stderr, applied.code]).toEqual(['', 0]);
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

it('looks at what differs, and neither heals, reports nor remembers; without the flag it does all three', async () => {
  home.write(CONFIG, (home.read(CONFIG) ?? '').replace('name = "CLIProxy"', 'name = "Mine"'), 0o600);
  const before = home.hashTree();
  const { code, stdout } = await codexLink(home, ['drift', '--dry-run', '--json']);
  expect([code, JSON.parse(stdout).outcome, JSON.parse(stdout).healed]).toEqual([2, 'drift', []]);
  expect(home.hashTree()).toEqual(before);

  expect((await codexLink(home, ['drift'])).code).toBe(0);
  expect(home.read(CONFIG)).toContain('name = "CLIProxy"');
  expect([home.read('report.json'), home.read('report.prom'), home.read('.local/state/codex-link/drift.json')]).not.toContain(
    null,
  );
});

it('remembers no run that failed', async () => {
  await codexLink(home, ['drift']);
  writeYaml(home, 'version: 2\n');
  const before = home.hashTree();
  expect((await codexLink(home, ['drift', '--dry-run'])).code).toBe(1);
  expect(home.hashTree()).toEqual(before);
});
