/** What checks the YAML of a repository: the script of the GitHub Action and the hook of pre-commit, with the built program. */
import { readFileSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { codexLink, PROGRAM } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { findCommand } from '../support/system.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ACTION = join(ROOT, 'integrations/github-action');
const GOOD = 'version: 1\ngateway: { manager: none }\nsecret: { source: { env: TEST_GATEWAY_KEY } }\n';
const BAD = 'version: 1\nprovidr: {}\ngateway: { url: nonsense }\n';

let home: FreshHome;
let env: Record<string, string>;

beforeEach(() => {
  home = freshHome();
  symlinkSync(PROGRAM, join(home.work, 'codex-link'));
  env = { ...home.env, PATH: [home.work, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter) };
});
afterEach(() => home.dispose());

describe('the action', () => {
  const check = (variables: Record<string, string>) =>
    execa(join(ACTION, 'check.sh'), [], {
      cwd: home.work,
      env: { ...env, GITHUB_OUTPUT: join(home.work, 'output'), ...variables },
      extendEnv: false,
      reject: false,
    });

  it('says that the file is good, what it would do, and writes nothing into the home', async () => {
    const file = home.write('repo/codex-link.yaml', GOOD);
    const before = home.hashTree();
    const ran = await check({ FILE: file, SARIF: join(home.work, 'x.sarif') });
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toMatch(/^Valid: [\s\S]*Plan: \d/);
    expect(readFileSync(join(home.work, 'output'), 'utf8')).toBe('outcome=changes\n');
    expect(JSON.parse(readFileSync(join(home.work, 'x.sarif'), 'utf8'))).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [] }],
    });
    expect(home.hashTree()).toEqual(before);
  });

  it('fails with every error of the file, for people and for the scanner', async () => {
    const ran = await check({ FILE: home.write('codex-link.yaml', BAD), SARIF: join(home.work, 'x.sarif') });
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toMatch(/did you mean[\s\S]*provider|provider[\s\S]*gateway\.url/);
    const { runs } = JSON.parse(readFileSync(join(home.work, 'x.sarif'), 'utf8')) as { runs: { results: unknown[] }[] };
    expect(runs[0]?.results).toHaveLength(2);
  });

  it('plans for another OS, or not at all', async () => {
    const FILE = home.write('codex-link.yaml', GOOD);
    expect((await check({ FILE, PLAN_OS: 'darwin' })).exitCode).toBe(0);
    expect((await check({ FILE, PLAN: 'false' })).stdout).not.toContain('Plan:');
  });

  it('runs with the bash 3.2 of macOS, to which an empty array is an unbound variable', () => {
    const script = readFileSync(join(ACTION, 'check.sh'), 'utf8');
    expect(script).toContain('set -euo pipefail');
    expect(script).not.toMatch(/=\(|\[@\]|mapfile|readarray|declare -A|\$\{\w+(,,|\^\^)/);
  });

  it('hands every input over as a variable, never as a part of a command', () => {
    const { runs } = parse(readFileSync(join(ACTION, 'action.yml'), 'utf8')) as { runs: { steps: { run: string }[] } };
    for (const { run } of runs.steps) expect(run).not.toContain('${{');
  });

  it.skipIf(findCommand('shellcheck') === null)('is a script that shellcheck has nothing against', async () => {
    expect((await execa('shellcheck', [join(ACTION, 'check.sh')], { reject: false })).stdout).toBe('');
  });
});

it('the hook of pre-commit takes many files at once, and names the errors of all', async () => {
  const [hook] = parse(readFileSync(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8')) as [{ entry: string; files: string }];
  const files = [
    home.write('a/codex-link.yaml', GOOD),
    home.write('b/codex-link.yml', BAD),
    home.write('c/codex-link.yaml', BAD),
  ];
  for (const file of files) expect(file).toMatch(new RegExp(hook.files));
  expect('codex-link.yaml.bak').not.toMatch(new RegExp(hook.files));
  const [, ...entry] = hook.entry.split(' ');
  expect(await codexLink(home, [...entry, files[0]!, files[0]!])).toMatchObject({ code: 0, stderr: '' });
  const ran = await codexLink(home, [...entry, ...files]);
  expect(ran.code).toBe(1);
  for (const wrong of files.slice(1)) expect(ran.stderr).toContain(wrong);
  expect(ran.stdout).toContain('a/codex-link.yaml');
  expect((await codexLink(home, [...entry, '--file', files[0]!, files[0]!])).code).toBe(64);
  const told = await codexLink(home, [...entry, '--json', ...files]);
  const { findings } = JSON.parse(told.stdout) as { findings: { file: string }[] };
  expect([told.code, new Set(findings.map(({ file }) => file))]).toEqual([1, new Set(files.slice(1))]);
});

it('the other hook of pre-commit shows what each file would do, and fails for an error only', async () => {
  const hooks = parse(readFileSync(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8')) as { id: string; entry: string }[];
  const entry = hooks.find(({ id }) => id === 'codex-link-plan')?.entry ?? '';
  // pre-commit splits it as a shell would, and adds the names of the files.
  const run = (...files: string[]) =>
    execa('sh', ['-c', `${entry} "$@"`, 'sh', ...files], { cwd: home.work, env, extendEnv: false, reject: false });
  const good = home.write("it's/codex-link.yaml", GOOD);
  const before = home.hashTree();
  const shown = await run(good, good);
  expect([shown.exitCode, shown.stdout.match(/^Plan: \d/gm)?.length]).toEqual([0, 2]);
  expect(home.hashTree()).toEqual(before);
  const failed = await run(home.write('b/codex-link.yml', BAD), good);
  expect([failed.exitCode, failed.stdout]).toEqual([1, '']);
});
