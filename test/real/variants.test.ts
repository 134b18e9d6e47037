/** The built program and the real CCS: variants, and an installation of CCS by a stand-in for npm that links the real one. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CcsPool, makeCcsPool } from '../support/ccs-pool.ts';
import { codexLinkJson, statuses, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';
import { ccsPath, codexPath } from '../support/programs.ts';

const SETTINGS = '.ccs/codex-codex-fast.settings.json';
const ADDRESS = 'variants/codex-fast';

let home: FreshHome;
let pool: CcsPool;

const yaml = (rest: string) =>
  writeYaml(home, `version: 1\ngateway: { url: "http://127.0.0.1:${pool.port}" }\nsecret: { store: file }\n${rest}\n`);
const variant = (model: string, rest = '') => yaml(`variants: [{ name: codex-fast, model: ${model} }]\n${rest}`);
const run = (args: readonly string[], env: Environment = home.env) => codexLinkJson(home, args, { env });
const status = async (env?: Environment) => statuses((await run(['plan'], env)).document)[ADDRESS];
/** The files of CCS, but for what the stand-in writes down of every request. */
const ccsFiles = () => Object.entries(home.hashTree('.ccs')).filter(([path]) => !path.endsWith('stand-in.jsonl'));
/** Puts a codex in front of the real one whose doctor is never content, so that the verification fails after all the rest. */
function worriedDoctor(): void {
  const report = { schemaVersion: 1, checks: { mood: { id: 'mood', status: 'fail', summary: 'made up', details: {} } } };
  const script = `case "$1" in doctor) echo '${JSON.stringify(report)}'; exit 1 ;; esac\nexec '${codexPath()}' "$@"\n`;
  home.write('tools/codex', `#!/bin/sh\n${script}`, 0o755);
}
const models = () => {
  const { env } = JSON.parse(home.read(SETTINGS) ?? '{"env":{}}') as { env: Record<string, string> };
  return [env.ANTHROPIC_MODEL, env.ANTHROPIC_DEFAULT_OPUS_MODEL, env.ANTHROPIC_DEFAULT_SONNET_MODEL];
};

describe.skipIf(ccsPath() === null || codexPath() === null)('with the real CCS', () => {
  beforeEach(async () => {
    home = freshHome();
    pool = await makeCcsPool(home, { accounts: ['alice@example.com', 'bob@example.com'] });
  });
  afterEach(async () => {
    await pool.stop();
    home.dispose();
  });

  it('a variant is made, changed, missed and made again', async () => {
    variant('gpt-5.4-high-fast');
    expect(await status()).toBe('create');
    const first = await run(['apply', '--yes']);
    expect([first.code, models()]).toEqual([0, Array(3).fill('gpt-5.4-high-fast')]);
    expect(home.read('.ccs/config.yaml')).toMatch(/codex-fast:\n +provider: codex\n/);
    // CCS makes the file readable for everybody; what is in it is known to everybody too.
    expect(statSync(home.path(SETTINGS)).mode & 0o777).toBe(0o644);
    expect(first.document.findings).toContainEqual(expect.objectContaining({ code: 'CL7044', severity: 'info' }));

    const before = ccsFiles();
    expect(await status()).toBe('in-sync');
    const second = await run(['apply', '--yes']);
    expect([second.code, second.document.resources.filter((one) => one.result !== 'unchanged')]).toEqual([0, []]);
    expect(ccsFiles()).toEqual(before);

    variant('gpt-5.5-xhigh');
    const changed = await run(['apply', '--yes']);
    expect([changed.code, models(), await status()]).toEqual([0, Array(3).fill('gpt-5.5-xhigh'), 'in-sync']);
    // CCS's own list of variants, as its editor shows it.
    expect((await pool.ccs('cliproxy', 'edit', 'codex-fast')).stdout).toContain('Current provider: codex');

    const { stdout } = await pool.ccs('cliproxy', 'remove', 'codex-fast', '--yes');
    expect([stdout, home.read(SETTINGS)]).toEqual([expect.stringContaining('Variant removed'), null]);
    const missed = (await run(['plan'])).document.resources.find((one) => one.address === ADDRESS);
    expect(missed).toMatchObject({ status: 'create', cause: 'drift' });
    expect([(await run(['apply', '--yes'])).code, models()[0]]).toEqual([0, 'gpt-5.5-xhigh']);
  });

  it('a variant is taken back when the route does not work in the end', async () => {
    variant('gpt-5.4-high-fast');
    worriedDoctor();
    const failed = await run(['apply', '--yes'], { ...home.env, PATH: `${home.path('tools')}${delimiter}${home.env.PATH}` });
    const left = failed.document.findings.filter((one) => one.code === 'CL0010');
    expect([failed.code, left, home.read(SETTINGS)]).toEqual([1, [], null]);
    expect(home.read('.ccs/config.yaml')).not.toContain('codex-fast');
  });

  it('nothing is asked of anybody without an account, and names that CCS refuses are refused', async () => {
    rmSync(home.path('.ccs/cliproxy/auth/codex-alice@example.com.json'));
    rmSync(home.path('.ccs/cliproxy/auth/codex-bob@example.com.json'));
    variant('gpt-5.4');
    expect(await status()).toBe('manual');
    // What would happen otherwise: with --no-input CCS gives up instead of starting a login.
    const create = (name: string) =>
      pool.ccs('cliproxy', 'create', name, '--provider', 'codex', '--model', 'gpt-5.4', '--target', 'claude', '--no-input');
    const { stdout, stderr } = await create('codex-fast');
    expect(`${stdout}${stderr}`).toContain('[X] Interactive input required');
    for (const name of ['default', 'a'.repeat(33)]) {
      expect((await create(name)).stdout).toMatch(/reserved name|32 characters/);
      yaml(`variants: [{ name: ${name}, model: gpt-5.4 }]`);
      expect((await run(['plan'])).document.findings.map((one) => one.code)).toContain('CL7042');
    }
  });

  describe('and a stand-in for npm', () => {
    let env: Environment;
    const installed = () => existsSync(home.path('tools/ccs'));
    beforeEach(() => {
      home.write(
        'tools/npm',
        `#!/bin/sh\n# A stand-in for npm: it knows two commands, and puts the real ccs where npm would.\ncase "$*" in\n'install -g @kaitranntt/ccs') ln -s '${ccsPath()}' '${home.path('tools/ccs')}' ;;\n'uninstall -g @kaitranntt/ccs') rm -f '${home.path('tools/ccs')}' ;;\n*) echo "npm error the stand-in does not know $*" >&2; exit 1 ;;\nesac\n`,
        0o755,
      );
      const path = [home.path('tools'), dirname(codexPath()!), '/usr/bin', '/bin'];
      env = { ...home.env, PATH: path.filter((one) => !existsSync(`${one}/ccs`)).join(delimiter) };
    });

    it('CCS is installed, and then does all its work in the same apply', async () => {
      variant('gpt-5.4-high-fast', 'ccs: { ensure: present }');
      const plan = statuses((await run(['plan'], env)).document);
      expect(plan).toMatchObject({ ccs: 'create', gateway: 'update', [ADDRESS]: 'create' });
      const { code, document } = await run(['apply', '--yes'], env);
      expect([code, document.verified, installed(), models()[0]]).toEqual([0, true, true, 'gpt-5.4-high-fast']);
      const after = await run(['plan'], env);
      expect(after.document.outcome).toBe('in-sync');
      const ccs = after.document.resources.find((one) => one.address === 'ccs');
      expect(ccs?.reason).toMatch(/^ccs 7\.\d+\.\d+ is installed$/);
    });

    it('it is gone again when the route does not work in the end', async () => {
      variant('gpt-5.4-high-fast', 'ccs: { ensure: present }');
      worriedDoctor();
      const { code, document } = await run(['apply', '--yes'], env);
      expect([code, installed(), home.read(SETTINGS)]).toEqual([1, false, null]);
      expect(document.findings.filter((one) => one.code === 'CL0010')).toEqual([]);
      await expect(fetch(`http://127.0.0.1:${pool.port}/healthz`)).rejects.toThrow();
    });
  });
});
