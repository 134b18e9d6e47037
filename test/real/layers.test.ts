/**
 * The layers around config.toml, judged by us and by the real Codex: /etc in a private mount namespace is a copy with these files in
 * /etc/codex. What `plan` says without starting Codex must be what Codex does. Needs root for the namespace.
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

interface Judged {
  /** Codes of the errors and warnings of `plan` that lie around config.toml. */
  readonly codes: readonly string[];
  /** The exit code of Codex's own parser. */
  readonly codex: number;
  /** What doctor calls the effective provider; null when the configuration could not be loaded. */
  readonly doctor: string | null;
  /** The check `provider` of `verify`. */
  readonly provider: { readonly status: string; readonly message: string };
}

describe.skipIf(!canMount() || codexPath() === null)('around config.toml', () => {
  let home: FreshHome;
  let gateway: Gateway;
  beforeAll(async () => {
    home = freshHome();
    gateway = await startGateway({ apiKeys: [TOKEN] });
    writeYaml(
      home,
      `version: 1\ngateway: { url: "${gateway.url}", manager: none }\nprovider: { model: gpt-5.5 }\nsecret: { store: file, source: { env: TEST_GATEWAY_KEY } }\n`,
    );
    const applied = await codexLink(home, ['apply', '--yes'], { env: { ...home.env, TEST_GATEWAY_KEY: TOKEN } });
    expect(applied.stdout + applied.stderr).toContain('Applied');
  });
  afterAll(async () => {
    await gateway.close();
    home.dispose();
  });

  async function judged(files: Readonly<Record<string, string>>, mode = 0o644): Promise<Judged> {
    const layers = join(home.work, 'layers');
    execFileSync('rm', ['-rf', layers]);
    mkdirSync(layers);
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(layers, name), text.replaceAll('GATEWAY', gateway.url), { mode });
    const script = `
set -e
mkdir -p ${home.path('..', 'etc')} && mount -t tmpfs tmpfs ${home.path('..', 'etc')} && cp -a /etc/. ${home.path('..', 'etc')}
mkdir -p ${home.path('..', 'etc')}/codex && cp -a ${layers}/. ${home.path('..', 'etc')}/codex && mount --bind ${home.path('..', 'etc')} /etc
set +e
"$NODE" "$LINK" plan --json > plan.json
codex app-server --print-startup-config > /dev/null 2>&1; echo $? > codex.code
codex doctor --network-only --json > doctor.json
"$NODE" "$LINK" verify --json > verify.json
exit 0`;
    const env = { ...home.env, TEST_GATEWAY_KEY: TOKEN, NODE: process.execPath, LINK: PROGRAM };
    await execa('unshare', ['-m', '--', 'bash', '-c', script], {
      env,
      extendEnv: false,
      cwd: home.work,
      stdin: 'ignore',
      timeout: 60_000,
    });
    const read = <T>(name: string) => JSON.parse(execFileSync('cat', [join(home.work, name)], { encoding: 'utf8' })) as T;
    const plan = read<PlanDocument>('plan.json');
    const doctor = read<{ checks: Record<string, { details?: Record<string, string> }> }>('doctor.json');
    const verify = read<{ checks: { id: string; status: string; message: string }[] }>('verify.json');
    const provider = verify.checks.find((one) => one.id === 'provider');
    return {
      codes: plan.findings.map(({ code }) => code).filter((code) => /^CL10(0[6-9]|10)$/.test(code)),
      codex: read<number>('codex.code'),
      doctor: doctor.checks['config.load']?.details?.['model provider'] ?? null,
      provider: { status: provider?.status ?? '', message: provider?.message ?? '' },
    };
  }

  const USES = {
    status: 'passed',
    message: expect.stringMatching(/^Codex uses cliproxy at .*\/v1, as .*\/\.codex\/config\.toml says$/),
  };

  it.each<[string, Readonly<Record<string, string>>, object]>([
    ['nothing', {}, { codes: [], codex: 0, doctor: 'cliproxy', provider: USES }],
    [
      'managed_config.toml selects another provider',
      {
        'managed_config.toml':
          'model_provider = "corp"\n[model_providers.corp]\nname = "Corp"\nbase_url = "http://127.0.0.1:9/v1"\n',
      },
      {
        codes: ['CL1006'],
        codex: 0,
        doctor: 'corp',
        provider: { status: 'failed', message: 'Codex uses corp, not cliproxy, because /etc/codex/managed_config.toml says so' },
      },
    ],
    [
      'requirements.toml over managed_config.toml',
      { 'requirements.toml': 'model_provider = "openai"\n', 'managed_config.toml': 'model_provider = "cliproxy"\n' },
      {
        codes: ['CL1006'],
        codex: 0,
        doctor: 'openai',
        provider: { status: 'failed', message: 'Codex uses openai, not cliproxy, because /etc/codex/requirements.toml says so' },
      },
    ],
    [
      'the lowest layer selects another provider, and has no say',
      { 'config.toml': 'model_provider = "openai"\n' },
      { codes: [], codex: 0, doctor: 'cliproxy', provider: USES },
    ],
    [
      'a table of requirements.toml in place of ours',
      { 'requirements.toml': '[model_providers.cliproxy]\nname = "CLIProxy"\nbase_url = "GATEWAY/v1/else"\n' },
      {
        codes: ['CL1007'],
        codex: 0,
        doctor: 'cliproxy',
        provider: {
          status: 'failed',
          message: expect.stringMatching(
            /^Codex would call .*\/v1\/else, not .*\/v1, because \/etc\/codex\/requirements\.toml says so$/,
          ),
        },
      },
    ],
    [
      'managed_config.toml moves our address, with a table that is nothing by itself',
      { 'managed_config.toml': '[model_providers.cliproxy]\nbase_url = "GATEWAY/v1/else"\n' },
      {
        codes: ['CL1007'],
        codex: 0,
        doctor: 'cliproxy',
        provider: { status: 'failed', message: expect.stringContaining('because /etc/codex/managed_config.toml says so') },
      },
    ],
    [
      'another model',
      { 'managed_config.toml': 'model = "gpt-5.4"\n' },
      { codes: ['CL1010'], codex: 0, doctor: 'cliproxy', provider: USES },
    ],
    [
      'a model that is no requirement',
      { 'requirements.toml': 'model = "gpt-5.4"\n' },
      { codes: [], codex: 0, doctor: 'cliproxy', provider: USES },
    ],
    [
      'the lowest layer adds a key that does not go with ours',
      { 'config.toml': '[model_providers.cliproxy]\nname = "x"\nenv_key = "X"\n' },
      { codes: ['CL1008'], codex: 1, doctor: null },
    ],
    ['a selector of older versions', { 'managed_config.toml': 'profile = "x"\n' }, { codes: ['CL1008'], codex: 1, doctor: null }],
    ['a layer that is not TOML', { 'requirements.toml': 'a = = 1\n' }, { codes: ['CL1009'], codex: 1, doctor: null }],
  ])('%s: we and Codex agree', async (_what, files, expected) => {
    expect(await judged(files)).toMatchObject(expected);
  });
});
