/** The DSC resource, driven as DSC drives it: the manifest's own command lines, an instance on standard input, in the manifest's folder. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { INTEGRATIONS } from '../support/kits.ts';

const TOKEN = 'test-token-4711';
const FOLDER = join(INTEGRATIONS, 'windows');

interface Manifest {
  readonly exitCodes: Readonly<Record<string, string>>;
  readonly schema: { readonly embedded: object };
  readonly [method: string]: unknown;
}
const manifest = JSON.parse(readFileSync(join(FOLDER, 'codex-link.dsc.resource.json'), 'utf8')) as Manifest;

describe('the DSC resource', () => {
  let home: FreshHome;
  let gateway: Gateway;
  beforeEach(async () => {
    home = freshHome();
    gateway = await startGateway({ apiKeys: [TOKEN] });
    home.write('token', TOKEN, 0o600);
    writeYaml(home, yaml());
  });
  afterEach(async () => {
    await gateway.close();
    home.dispose();
  });
  const yaml = () =>
    `version: 1\ngateway: { url: "${gateway.url}", manager: none }\nprovider: { id: pool }\nsecret: { store: file, source: { file: ${home.path('token')} } }\nverify: { doctor: off }\n`;

  async function dsc(method: string, instance: string | object = {}, cwd = FOLDER) {
    const { executable, args } = manifest[method] as { executable: string; args: string[] };
    const input = typeof instance === 'string' ? instance : JSON.stringify(instance);
    const ran = await execa(executable, args, { cwd, env: home.env, extendEnv: false, reject: false, input, timeout: 60_000 });
    expect(Object.keys(manifest.exitCodes)).toContain(String(ran.exitCode));
    expect(ran.stdout + ran.stderr).not.toContain(TOKEN);
    if (ran.exitCode !== 0) return { code: ran.exitCode, state: null, trace: JSON.parse(ran.stderr.split('\n').at(-1) ?? '') };
    const state = JSON.parse(ran.stdout) as Record<string, unknown>;
    const $id = 'https://aka.ms/dsc/schemas/v3/resource/properties/inDesiredState.json';
    const ajv = new Ajv({ strict: true, allowUnionTypes: true }).addSchema({ $id, type: ['boolean', 'null'] });
    expect(ajv.validate(manifest.schema.embedded, state), ajv.errorsText()).toBe(true);
    expect(ran.stdout).not.toContain('\n'); // DSC reads JSON lines
    return { code: 0, state, trace: ran.stderr === '' ? null : JSON.parse(ran.stderr) };
  }

  it('is tested, set, and then in the desired state', async () => {
    const before = home.hashTree();
    const found = await dsc('test');
    expect(found.state).toMatchObject({ outcome: 'changes', _inDesiredState: false });
    expect(found.state?.pending).toContainEqual({ address: 'provider', status: 'create', reason: expect.any(String) });
    expect((await dsc('get')).state).not.toHaveProperty('_inDesiredState');
    expect(home.hashTree()).toEqual(before);
    expect((await dsc('set')).state).toMatchObject({ outcome: 'in-sync', pending: [] });
    expect((await dsc('test')).state).toMatchObject({ outcome: 'in-sync', pending: [], _inDesiredState: true });
    const after = home.hashTree('.codex');
    await dsc('set');
    expect(home.hashTree('.codex')).toEqual(after);
    expect((await dsc('export', '')).state).toMatchObject({ outcome: 'in-sync' });
  });

  it('takes the file that the instance names, and gives it back', async () => {
    const file = home.write('other.yaml', yaml().replace('pool', 'other'));
    expect((await dsc('set', { file })).state).toMatchObject({ file, outcome: 'in-sync' });
    expect(home.read('.codex/config.toml')).toContain('model_provider = "other"');
  });

  it('fails in the words of codex-link, and leaves the machine as it was', async () => {
    gateway.setKeys(['test-another-key']);
    const before = home.hashTree('.codex');
    expect(await dsc('set')).toMatchObject({ code: 1, trace: { error: expect.stringMatching(/CL\d{4}: .*; next: /) } });
    expect(home.hashTree('.codex')).toEqual(before);
    writeYaml(home, 'version: 2\n');
    expect(await dsc('get')).toMatchObject({ code: 1, trace: { error: expect.stringContaining('CL2') } });
  });

  it.each(['[]', 'null', '{"file": 1}', '{"file": "-"}', 'no JSON'])('refuses the instance %s', async (instance) => {
    expect(await dsc('get', instance)).toMatchObject({ code: 2, trace: { error: expect.stringContaining('"file"') } });
  });

  it('copied elsewhere, says where codex-link comes from', async () => {
    const folder = home.path('elsewhere');
    mkdirSync(folder);
    copyFileSync(join(FOLDER, 'codex-link-dsc.mjs'), join(folder, 'codex-link-dsc.mjs'));
    expect(await dsc('get', {}, folder)).toMatchObject({ code: 2, trace: { error: expect.stringContaining('npm install') } });
  });
});

describe('dotfiles', () => {
  it.each([
    [0, 0, 0],
    [1, 1, 2],
    [2, 0, 0],
    [4, 4, 2],
  ])('an apply that ends with %i: chezmoi sees %i, make %i', async (code, chezmoi, make) => {
    const home = freshHome();
    try {
      home.write('bin/codex-link', `#!/bin/sh\necho "$*" >>"$HOME/log"\nexit ${code}\n`, 0o755);
      const env = { ...home.env, PATH: `${home.path('bin')}:${home.env.PATH}` };
      const options = { cwd: home.work, env, extendEnv: false, reject: false, stdin: 'ignore' } as const;
      const template = readFileSync(join(INTEGRATIONS, 'dotfiles/run_onchange_after_codex-link.sh.tmpl'), 'utf8');
      const script = home.write('script', template.replace(/\{\{[^}]*\}\}/, 'f'.repeat(64)), 0o755);
      expect((await execa('/bin/sh', [script], options)).exitCode).toBe(chezmoi);
      expect((await execa('make', ['-f', join(INTEGRATIONS, 'dotfiles/Makefile'), 'codex'], options)).exitCode).toBe(make);
      expect(home.read('log')).toBe('apply --yes\napply --yes --file codex-link.yaml\n');
    } finally {
      home.dispose();
    }
  });
});
