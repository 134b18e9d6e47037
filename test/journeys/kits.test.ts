/** The kits for managed Macs, run as their engines run them, against the built program and stand-ins for macOS. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { type ManagedMac, manageMac } from '../support/kits.ts';
import { findCommand } from '../support/system.ts';

const TOKEN = 'test-token-4711';
const CONFIG = '.codex/config.toml';
/** Scripts that bring the Mac to what is stated. */
const APPLYING = ['jamf/policy.sh', 'munki/postinstall.sh', 'fleet/remediate.sh'];
const LOOK = 'plan --json --detailed-exitcode';
const APPLY = 'apply --yes --no-color';

describe.skipIf(findCommand('dash') === null)('the kits', () => {
  let home: FreshHome;
  let gateway: Gateway;
  let managed: ManagedMac;
  const yaml = () =>
    `version: 1\ngateway: { url: "${gateway.url}", manager: none }\nprovider: { id: pool, model: gpt-5.5 }\nsecret: { account: alice, source: { file: ${home.path('token')} } }\nverify: { doctor: off }\n`;

  beforeEach(async () => {
    home = freshHome();
    gateway = await startGateway({ apiKeys: [TOKEN] });
    home.write('token', TOKEN, 0o600);
    home.write(CONFIG, '# mine\n', 0o600);
    writeYaml(home, yaml());
    managed = manageMac(home);
  });
  afterEach(async () => {
    // Whatever was run: root's home is as it was, and the token was no argument.
    expect(readdirSync(managed.rootsHome)).toEqual([]);
    expect(managed.mac.startsWith(TOKEN)).toEqual([]);
    await gateway.close();
    home.dispose();
  });

  it.each(APPLYING)('%s applies as the person, once', async (script) => {
    const first = await managed.run(script);
    expect([first.code, first.stdout], first.stderr).toEqual([0, expect.stringContaining('codex-link: alice: in-sync')]);
    expect(managed.runs()).toEqual([LOOK, APPLY, LOOK]);
    expect(home.read(CONFIG)).toContain('model_provider = "pool"');
    expect(managed.mac.held('CLIPROXY_API_KEY', 'alice')).toBe(TOKEN);
    expect(
      managed.mac
        .starts()
        .filter(({ program }) => program === 'sudo')[0]
        ?.argv.slice(0, 4),
    ).toEqual(['-n', '-H', '-u', 'alice']);
    const status = managed.status();
    expect(status).toMatchObject({ user: 'alice', state: 'in-sync', exit: 0, report: { command: 'plan', outcome: 'in-sync' } });
    expect(Date.now() - Date.parse(status?.at ?? '')).toBeLessThan(60_000);
    expect(JSON.stringify(status)).not.toContain(TOKEN);

    const tree = home.hashTree();
    const second = await managed.run(script);
    expect([second.code, managed.runs()], second.stderr).toEqual([0, [LOOK]]);
    expect(home.hashTree()).toEqual(tree);
    expect(readdirSync(managed.folder)).toEqual(['status.json']);
  });

  it.each([...APPLYING, 'jamf/extension-attribute.sh', 'munki/installcheck.sh', 'munki/uninstall.sh'])(
    '%s does nothing while nobody is logged in',
    async (script) => {
      managed.sit(null);
      const before = home.hashTree();
      const { code, stdout } = await managed.run(script);
      expect(code).toBe({ 'munki/installcheck.sh': 1, 'munki/uninstall.sh': 75 }[script] ?? 0);
      if (script === 'jamf/extension-attribute.sh') expect(stdout).toBe('<result>not-seen</result>');
      expect([home.hashTree(), managed.runs(), managed.status()]).toEqual([before, [], null]);
    },
  );

  it.each(['root', 'loginwindow', '_mbsetupuser'])('%s at the screen is nobody', async (person) => {
    managed.sit(person);
    expect(await managed.run('jamf/policy.sh')).toMatchObject({ code: 0, stdout: 'codex-link: nobody is logged in' });
    expect(managed.runs()).toEqual([]);
  });

  it.each(APPLYING)('%s fails where the apply does, and leaves the machine as it was', async (script) => {
    gateway.setKeys(['test-another-key']);
    expect((await managed.run(script)).code).toBe(1);
    expect(managed.runs()).toEqual([LOOK, APPLY, LOOK]);
    expect([home.read(CONFIG), managed.status()?.state]).toEqual(['# mine\n', 'changes']);
  });

  it.each(APPLYING)('%s says so where codex-link is not installed', async (script) => {
    managed.replaceProgram(null);
    const { code, stdout } = await managed.run(script);
    expect([code, stdout]).toEqual([1, 'codex-link: alice: not-installed']);
    expect(managed.status()).toMatchObject({ state: 'not-installed', exit: 69, unreachable: 'not-installed' });
  });

  const COUNTS = { create: 0, update: 0, delete: 0, run: 0, manual: 0, deferred: 0 };
  const plan = (counts: Partial<typeof COUNTS>) =>
    JSON.stringify({ reason: '"summary":{', summary: { ...COUNTS, ...counts } }, null, 2);
  // plan's answer and code, apply's code; the state that is kept, the exit codes of applying and of Munki's check.
  it.each<[string, string, number, number, string, number, number]>([
    ['in sync', plan({}), 0, 99, 'in-sync', 0, 1],
    ['an apply that leaves steps for a person', plan({ update: 1, manual: 1 }), 2, 2, 'changes', 1, 0],
    ['only steps for a person', plan({ manual: 1, deferred: 1 }), 2, 99, 'manual', 0, 1],
    ['only steps for the next login', plan({ deferred: 2 }), 2, 99, 'deferred', 0, 1],
    ['ten things to create', plan({ create: 10 }), 2, 1, 'changes', 1, 0],
    ['a restart', plan({ run: 1 }), 2, 1, 'changes', 1, 0],
    ['another run at work', plan({ delete: 1 }), 2, 4, 'changes', 75, 0],
    ['something that cannot be read', plan({}), 3, 99, 'unknown', 75, 1],
    ['a YAML with errors', '{"error":{}}', 1, 99, 'error', 1, 1],
    ['a crash', 'no JSON', 1, 99, 'error', 1, 1],
  ])('%s', async (_what, answer, code, applied, state, exit, check) => {
    home.write('answer', answer);
    const program = `#!/bin/sh\ncase $1 in plan) cat "$HOME/answer"; exit ${code} ;; apply) exit ${applied} ;; esac\n`;
    managed.replaceProgram(program);
    for (const script of APPLYING) expect((await managed.run(script)).code, script).toBe(exit);
    expect((await managed.run('munki/installcheck.sh')).code).toBe(check);
    expect((await managed.run('jamf/extension-attribute.sh')).stdout).toBe(`<result>${state}</result>`);
    expect(managed.status()).toMatchObject({ state, exit: code });
    managed.sit(null);
    expect((await managed.run('jamf/extension-attribute.sh')).stdout).toBe(`<result>${state}</result>`);
  });

  it('Munki: needed, installed, drifted, needed again, removed', async () => {
    const code = async (script: string) => (await managed.run(`munki/${script}.sh`)).code;
    expect([await code('uninstallcheck'), await code('installcheck')]).toEqual([1, 0]);
    expect([await code('postinstall'), await code('installcheck'), await code('uninstallcheck')]).toEqual([0, 1, 0]);
    home.write(CONFIG, (home.read(CONFIG) ?? '').replace('"pool"', '"openai"'), 0o600);
    expect([await code('installcheck'), await code('postinstall'), await code('installcheck')]).toEqual([0, 0, 1]);
    expect([await code('uninstall'), await code('uninstallcheck')]).toEqual([0, 1]);
    expect([home.read(CONFIG), managed.mac.held('CLIPROXY_API_KEY', 'alice')]).toEqual(['# mine\n', null]);
  });

  it('Jamf: parameter 4 looks, moves the route and back, releases, and is checked', async () => {
    const run = async (action: string) => (await managed.run('jamf/policy.sh', '/', 'mac-1', 'alice', action)).code;
    expect([await run('look'), managed.status()?.state, home.read(CONFIG)]).toEqual([0, 'changes', '# mine\n']);
    expect(await run('')).toBe(0);
    expect([await run('openai'), home.read(CONFIG)]).toEqual([0, expect.stringContaining('model_provider = "openai"')]);
    expect([await run('auto'), home.read(CONFIG)]).toEqual([0, expect.stringContaining('model_provider = "pool"')]);
    expect([await run('remove'), managed.runs().at(-1)]).toEqual([64, LOOK]);
    expect([await run('destroy'), home.read(CONFIG), managed.status()]).toEqual([0, '# mine\n', null]);
  });

  it('a YAML that device management has put there counts for everybody', async () => {
    mkdirSync(managed.folder);
    const file = join(managed.folder, 'codex-link.yaml');
    writeFileSync(file, yaml().replace('gpt-5.5', 'gpt-5.4'));
    expect((await managed.run('jamf/policy.sh')).code).toBe(0);
    expect(managed.runs()).toEqual([LOOK, APPLY, LOOK].map((line) => `${line} --file ${file}`));
    expect(home.read(CONFIG)).toContain('model = "gpt-5.4"');
  });
});
