/**
 * What `export` puts into a profile, taken by the real Codex: macOS hands it the text as preferences, here it stands in the files of the
 * same kind, /etc/codex in a private mount namespace. Needs root for the namespace.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, type PlanDocument, PROGRAM, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { canMount } from '../support/mounts.ts';
import { codexPath } from '../support/programs.ts';

const TOKEN = 'test-token-4711';

describe.skipIf(!canMount() || codexPath() === null)('a profile', () => {
  let home: FreshHome;
  let gateway: Gateway;
  const yaml = (provider: string) =>
    `version: 1\ngateway: { url: "${gateway.url}", manager: none }\nprovider: { id: pool, model: gpt-5.5${provider} }\nsecret: { store: file, source: { env: TEST_GATEWAY_KEY } }\n`;

  beforeAll(async () => {
    home = freshHome();
    gateway = await startGateway({ apiKeys: [TOKEN] });
    writeYaml(home, yaml(''));
    const applied = await codexLink(home, ['apply', '--yes'], { env: { ...home.env, TEST_GATEWAY_KEY: TOKEN } });
    expect(applied.stdout + applied.stderr).toContain('Applied');
  });
  afterAll(async () => {
    await gateway.close();
    home.dispose();
  });

  /** The settings that codex-link makes of the YAML. */
  async function exported(layer: string): Promise<Record<string, string>> {
    const ran = await codexLink(home, ['export', '--format', 'mobileconfig', '--layer', layer, '--json']);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).not.toContain(home.home);
    const { settings } = JSON.parse(ran.stdout) as { settings: { config: string | null; requirements: string | null } };
    return {
      ...(settings.config === null ? {} : { 'managed_config.toml': settings.config }),
      ...(settings.requirements === null ? {} : { 'requirements.toml': settings.requirements }),
    };
  }

  /** A turn of Codex with another config.toml than ours and a flag that wants OpenAI, and what codex-link says, under these settings. */
  async function under(files: Readonly<Record<string, string>>, config: string) {
    const [layers, etc] = [join(home.work, 'layers'), home.path('..', 'etc')];
    execFileSync('rm', ['-rf', layers]);
    for (const folder of [layers, etc]) mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(layers, name), text);
    const kept = home.read('.codex/config.toml') ?? '';
    const script = `
set -e
mount -t tmpfs tmpfs ${etc} && cp -a /etc/. ${etc} && mkdir -p ${etc}/codex && cp -a ${layers}/. ${etc}/codex && mount --bind ${etc} /etc
set +e
"$NODE" "$LINK" plan --json > plan.json
"$NODE" "$LINK" verify --json > verify.json
cp "$CONFIG" ~/.codex/config.toml
timeout 30 codex exec -c 'model_provider="openai"' --skip-git-repo-check "say hi" < /dev/null > turn.txt 2> turn.err
exit 0`;
    writeFileSync(join(home.work, 'config.toml'), config);
    const env = { ...home.env, TEST_GATEWAY_KEY: TOKEN, NODE: process.execPath, LINK: PROGRAM, CONFIG: 'config.toml' };
    const options = { env, extendEnv: false, cwd: home.work, stdin: 'ignore', timeout: 90_000 } as const;
    await execa('unshare', ['-m', '--', 'bash', '-c', script], options);
    home.write('.codex/config.toml', kept, 0o600);
    const text = (name: string) => execFileSync('cat', [join(home.work, name)], { encoding: 'utf8' });
    const plan = JSON.parse(text('plan.json')) as PlanDocument;
    const verify = JSON.parse(text('verify.json')) as { checks: { id: string; status: string; message: string }[] };
    return {
      turn: text('turn.txt').trim(),
      trouble: text('turn.err'),
      findings: plan.findings.filter(({ code }) => /^CL10(0[6-9]|10)$/.test(code)),
      provider: verify.checks.find((one) => one.id === 'provider'),
    };
  }

  it.each(['config', 'requirements', 'both'])(
    'of %s takes Codex through the gateway, whatever config.toml and flags say',
    async (layer) => {
      const before = gateway.requests.length;
      const model = layer === 'requirements' ? 'model = "gpt-5.5"\n' : '';
      const ran = await under(await exported(layer), `model_provider = "openai"\n${model}`);
      expect(ran.turn, ran.trouble).toBe('hi from the pool');
      expect(gateway.requests.slice(before).at(-1)).toMatchObject({ path: '/v1/responses', status: 200, key: 'valid' });
      // On a Mac where the same YAML has been applied, it is in nobody's way.
      expect(ran.findings).toEqual([]);
      expect(ran.provider).toMatchObject({ status: 'passed', message: expect.stringContaining('Codex uses pool at') });
    },
  );

  it.each([
    ['config', '/etc/codex/managed_config.toml'],
    ['requirements', '/etc/codex/requirements.toml'],
    ['both', '/etc/codex/requirements.toml'],
  ])('of %s is named by plan when the YAML wants another route', async (layer, file) => {
    const files = await exported(layer);
    writeYaml(home, yaml(', active: openai'));
    try {
      const { findings, provider } = await under(files, '');
      expect(findings).toMatchObject([{ code: 'CL1006', file, message: expect.stringContaining('makes Codex use pool') }]);
      expect(provider).toMatchObject({ status: 'failed', message: `Codex uses pool, not openai, because ${file} says so` });
    } finally {
      writeYaml(home, yaml(''));
    }
  });

  it('of config beside a field of the person that does not go with it stops Codex (CL9043); requirements do not', async () => {
    const config = '[model_providers.pool]\nname = "mine"\nenv_key = "MY_KEY"\n';
    expect((await under(await exported('config'), config)).trouble).toContain('cannot be combined with env_key');
    const ran = await under(await exported('both'), config);
    expect(ran.turn, ran.trouble).toBe('hi from the pool');
  });
});
