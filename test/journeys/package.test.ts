/** What npm publishes: the tarball installs into a clean prefix and works, and an old Node is told so. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = join(ROOT, 'dist/codex-link.js');

describe('the package', () => {
  let prefix: string;
  let home: FreshHome;

  beforeAll(async () => {
    home = freshHome();
    prefix = mkdtempSync(join(tmpdir(), 'codex-link-prefix-'));
    // dist is there already; building it again under the other tests' feet would break them.
    await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', prefix], { cwd: ROOT });
    const tarball = readdirSync(prefix).find((name) => name.endsWith('.tgz')) ?? '';
    await execa('npm', ['install', '-g', '--prefix', prefix, '--offline', '--no-audit', '--no-fund', join(prefix, tarball)], {
      cwd: prefix,
    });
  });
  afterAll(() => {
    rmSync(prefix, { recursive: true, force: true });
    home.dispose();
  });

  it('gives a working codex-link in a clean prefix', async () => {
    const program = join(prefix, 'bin', 'codex-link');
    const run = (...args: string[]) =>
      execa(program, args, { cwd: home.work, env: home.env, extendEnv: false, reject: false, stdin: 'ignore' });
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+$/);
    home.write(
      'codex-link.yaml',
      'version: 1\nsecret: { store: file, source: { generate: 32 } }\ngateway: { url: "http://127.0.0.1:9" }\n',
    );
    const { stdout, exitCode } = await run('plan', '-f', home.path('codex-link.yaml'));
    expect(stdout).toContain('Plan: ');
    expect(exitCode).toBe(0);
    const schema = /\$schema=(.*)/.exec((await run('init', '--file', '-')).stdout)?.[1];
    expect(schema).toBe(join(prefix, 'lib/node_modules/codex-link/schema/codex-link.schema.json'));
    expect((await run('completion', 'bash')).stdout).toContain('complete -F _codex_link codex-link');
    expect(JSON.parse((await run('schema')).stdout)).toMatchObject({ $schema: expect.stringContaining('draft-07') });
  });

  it('holds the licences of what is bundled, and nothing of the tests', () => {
    const folder = join(prefix, 'lib/node_modules/codex-link');
    expect(existsSync(join(folder, 'dist/THIRD-PARTY-LICENSES.txt'))).toBe(true);
    expect(existsSync(join(folder, 'schema/codex-link.schema.json'))).toBe(true);
    expect(existsSync(join(folder, 'node_modules'))).toBe(false);
    expect(existsSync(join(folder, 'test'))).toBe(false);
    // Beside codex-link, where its manifest's program looks for it.
    expect(existsSync(join(folder, 'integrations/windows/codex-link-dsc.mjs'))).toBe(true);
  });

  it.each(['20.19.0', '22.12.0', '23.4.0'])('on Node %s it says so in one line and exits 1', async (version) => {
    const pretend = `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}})`;
    const { stderr, stdout, exitCode } = await execa(process.execPath, ['--import', pretend, PROGRAM, 'plan'], {
      reject: false,
      stdin: 'ignore',
    });
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^codex-link needs Node\.js 22\.13 or 24 and newer, this is \S+: [^\n]+$/);
  });
});
