/** The built program and the real CCS: variants, and an installation of CCS by a stand-in for npm that links the real one. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CcsPool, freePort, makeCcsPool } from '../support/ccs-pool.ts';
import { codexLink, codexLinkJson, statuses, writeYaml } from '../support/cli.ts';
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
/** The rows about other runtimes, and the exit code, which has nothing to do with them. */
async function verified(): Promise<{ code: number | undefined; rows: Record<string, string> }> {
  const { code, stdout } = await codexLink(home, ['verify', '--json']);
  const { checks } = JSON.parse(stdout) as { checks: { id: string; runtime?: string; message: string }[] };
  return { code, rows: Object.fromEntries(checks.flatMap((one) => (one.runtime ? [[one.runtime, one.message]] : []))) };
}
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

    // The release of CLIProxyAPI that is started here has no such path, and that is nobody's failure.
    const { code, rows } = await verified();
    expect([code, rows['ccs codex-fast']]).toEqual([0, 'Claude Code calls /api/provider/codex, which the gateway does not have']);

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

  it('what CCS gives to Droid is what verify reads, and a variant has a gateway of its own with the same accounts', async () => {
    pool = await makeCcsPool(home, { port: pool.port, version: '7.1.16' });
    const port = await freePort(); // CCS counts from 8318, which may be somebody else's
    yaml('verify: { doctor: off }');
    expect((await run(['apply', '--yes'])).code).toBe(0);
    const model = ['--model', 'gpt-5.4-high-fast', '--target', 'droid', '--no-input'];
    await pool.ccs('cliproxy', 'create', 'codex-fast', '--provider', 'codex', ...model);
    for (const [file, mode] of [
      ['.ccs/config.yaml', 0o600],
      [SETTINGS, 0o644],
    ] as const)
      home.write(file, home.read(file)!.replace('8318', String(port)), mode);
    home.write('tools/droid', '#!/bin/sh\n# A stand-in for Droid, which reads its settings and nothing of CCS.\n', 0o755);
    const env = { ...home.env, PATH: `${home.path('tools')}${delimiter}${home.env.PATH}` };
    await execa(ccsPath()!, ['codex-fast', 'hi'], { cwd: home.work, env, extendEnv: false, stdin: 'ignore', timeout: 60_000 });
    try {
      expect(home.read('.factory/settings.json')).toContain(`http://127.0.0.1:${port}/api/provider/codex`);
      expect(home.read(`.ccs/cliproxy/config-${port}.yaml`)).toContain(`auth-dir: "${home.path('.ccs/cliproxy/auth')}"`);
      const { code, rows } = await verified();
      const own = `Droid, gpt-5.4-high-fast, a gateway of its own on port ${port}, with the same accounts`;
      expect([code, rows['ccs codex-fast'], rows['ccs-droid codex-fast']]).toEqual([0, own, own]);
      expect(rows.ccsxp).toBe('Codex, the same gateway; it writes its own provider cliproxy over ours');
      await pool.ccs('tokens', '--api-key', 'made-up-key-of-tomorrow');
      // The settings keep the key of the day they were made. So do the gateway's, for as long as CCS does not make them anew.
      expect((await verified()).rows['ccs codex-fast']).toBe(own);
      rmSync(home.path(`.ccs/cliproxy/config-${port}.yaml`));
      expect((await verified()).rows['ccs codex-fast']).toContain('a key that the gateway does not take');
    } finally {
      const { pid } = JSON.parse(home.read(`.ccs/cliproxy/sessions-${port}.json`) ?? '{}') as { pid?: number };
      if (pid !== undefined) process.kill(pid);
    }
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
    // It is a step for a person, and none of the route's business.
    expect([(await run(['apply', '--yes'])).code, (await run(['use', 'cliproxy'])).code]).toEqual([2, 0]);
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
