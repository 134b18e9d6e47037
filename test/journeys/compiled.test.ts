/** The program with V8's code of it: the same program, only faster, and only on the Node that built it. */
import { cpSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PROGRAM } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';

let home: FreshHome;
let dist: string;

beforeEach(() => {
  home = freshHome();
  dist = join(home.work, 'dist');
  cpSync(dirname(PROGRAM), dist, { recursive: true });
  home.write(
    '.config/codex-link/codex-link.yaml',
    'version: 1\ngateway: { url: "http://127.0.0.1:9", manager: none }\nsecret: { store: file, source: { generate: 32 } }\n',
  );
});
afterEach(() => home.dispose());

const run = (args: readonly string[], flags: readonly string[] = []) =>
  execa(process.execPath, [...flags, join(dist, 'codex-link.js'), ...args], {
    cwd: home.work,
    env: home.env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });

it('does what the modules do, without them', async () => {
  const [plan, wrong] = [await run(['plan']), await run(['plan', '--what'])];
  rmSync(join(dist, 'chunks'), { recursive: true });
  expect(await run(['plan'])).toMatchObject({ exitCode: 0, stdout: plan.stdout, stderr: '' });
  expect(await run(['plan', '--what'])).toMatchObject({ exitCode: 64, stderr: wrong.stderr });
  // With the libraries that are loaded late.
  const applied = await run(['apply', '--yes', '--target', 'helper']);
  expect(applied).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Applied: 2 done') });
});

it('is passed over on another Node', async () => {
  const compiled = join(dist, 'compiled');
  for (const name of readdirSync(compiled))
    renameSync(join(compiled, name), join(compiled, name.replace(process.version, 'v22.13.0')));
  expect(await run(['plan'])).toMatchObject({ exitCode: 0, stderr: '' });
  rmSync(join(dist, 'chunks'), { recursive: true });
  expect((await run(['plan'])).exitCode).toBe(1);
});

it.each([
  ['is not there', () => rmSync(join(dist, 'compiled'), { recursive: true }), []],
  ['was made with other flags of Node', () => {}, ['--jitless']],
])('does no harm when it %s', async (_what, change, flags) => {
  change();
  expect(await run(['plan'], flags)).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('Plan: ') });
});
