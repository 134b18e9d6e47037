/**
 * Every command in every way in which scripts run it: what it exits with, what is on standard output, and that nobody sees a stack. Each
 * row is the built program in a home folder that is set up; what it changes, it changes to what it was.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { problems } from '../core/support/schemas.ts';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, PROGRAM, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';
import { findCommand } from '../support/system.ts';

const TOKEN = 'test-token-4711';

interface Row {
  /** As typed. */
  readonly line: string;
  /** Of a machine that is set up. */
  readonly code: number;
  /** The published schema of its document. */
  readonly schema: string;
  /** Whether it reads the YAML. */
  readonly readsYaml: boolean;
}

const row = (line: string, schema: string, more: Partial<Row> = {}): Row => ({ line, schema, code: 0, readsYaml: true, ...more });
const alone = { readsYaml: false };

const ROWS: readonly Row[] = [
  row('plan', 'plan'),
  row('apply --yes', 'apply'),
  row('drift', 'drift'),
  row('status', 'status'),
  row('schedule status', 'schedule'),
  row('schedule install', 'error', { code: 1 }), // the YAML has none
  row('schedule remove', 'apply'),
  row('verify', 'verify'),
  row('use cliproxy', 'apply'),
  row('use auto', 'apply'),
  row('use openai --dry-run', 'plan'),
  row('rotate --dry-run', 'error', { code: 1 }), // without CCS nobody can
  row('history', 'history', alone),
  row('history show 1', 'history', alone),
  row('rollback --dry-run', 'plan'),
  row('destroy --dry-run', 'plan'),
  row('validate', 'validate'),
  row('schema', 'schema', alone),
  row('explain', 'explain', alone),
  row('explain CL0001', 'explain', alone),
  row('fleet report reports', 'fleet', alone),
  row('init --file -', 'init', alone),
  row('graph', 'graph'),
  row('graph --target provider --format mermaid', 'graph'),
  row('completion bash', 'completion', alone),
  row('export --format mobileconfig', 'export'),
  row('--help', 'help', alone),
  row('plan --help', 'help', alone),
  row('--version', 'version', alone),
];

let home: FreshHome;
let gateway: Gateway;
let env: Environment;

beforeAll(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  // Neither codex nor ccs: what they do to a command line is tested with them, and they take their time.
  env = { ...home.env, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, TEST_GATEWAY_KEY: TOKEN, COLORTERM: 'truecolor' };
  delete env.NO_COLOR;
  writeYaml(
    home,
    `version: 1\ngateway: { url: "${gateway.url}", manager: none }\nsecret: { store: file, source: { env: TEST_GATEWAY_KEY } }\nverify: { doctor: off }\n`,
  );
  expect(await run('apply --yes')).toMatchObject({ code: 0 });
  mkdirSync(join(home.work, 'reports'));
  writeFileSync(join(home.work, 'reports/this.json'), (await run('drift --json')).stdout);
});
afterAll(async () => {
  await gateway.close();
  home.dispose();
});

interface Ran {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function run(line: string, environment: Environment = env): Promise<Ran> {
  return codexLink(home, line.split(' '), { env: environment });
}

/** What no run may ever show. */
function decent({ stdout, stderr }: Ran): void {
  const all = stdout + stderr;
  expect(all).not.toContain('\u001b[');
  expect(all).not.toMatch(/^\s+at .+:\d+/m);
  expect(all).not.toContain('node:internal');
  expect(all).not.toContain(TOKEN);
}

/** Exactly one document, and nothing beside it that a person would have to read. */
function document(ran: Ran, schema: string): Record<string, unknown> {
  decent(ran);
  const parsed = JSON.parse(ran.stdout) as Record<string, unknown>;
  expect(problems(schema, parsed), ran.stdout).toEqual([]);
  return parsed;
}

it('every command is in the table', () => {
  const commands = new Set(ROWS.map(({ line }) => line.split(' ')[0]));
  expect(Object.keys(COMMANDS).filter((command) => !commands.has(command))).toEqual([]);
});

describe.each(ROWS)('codex-link $line', ({ line, code, schema, readsYaml }) => {
  const command = line.startsWith('--') ? 'codex-link' : line.split(' ')[0];

  it('in a pipe', async () => {
    const ran = await run(line);
    decent(ran);
    expect(ran.code, ran.stderr).toBe(code);
    if (code !== 0) expect([ran.stdout, ran.stderr]).toEqual(['', expect.stringMatching(/^error CL\d{4} /)]);
  });

  it('--json', async () => {
    const ran = await run(`${line} --json`);
    const found = document(ran, schema);
    expect([ran.code, ran.stderr]).toEqual([code, '']);
    if (!line.includes('--help') && !line.includes('--version'))
      expect(String(found.command).split(' ')[0], ran.stdout).toBe(command);
    expect(found.dryRun).toBe(line.includes('--dry-run') && code === 0 ? true : undefined);
  });

  it('every common flag at once', async () => {
    const flags = '--json --no-color -q -v --yes --no-input --os linux --target provider --exclude schedule';
    const ran = await run(
      `${line} ${flags}${line.includes('--file') ? '' : ` -f ${home.path('.config/codex-link/codex-link.yaml')}`}`,
    );
    document(ran, schema);
    expect(ran.code).toBe(code);
  });

  it('a flag that there is not', async () => {
    const ran = await run(`${line} --json --nope`);
    expect([ran.code, ran.stderr]).toEqual([64, '']);
    expect(document(ran, 'error')).toMatchObject({ error: { code: 'CL0001' } });
  });

  it.runIf(readsYaml)('a YAML that is none', async () => {
    writeFileSync(join(home.work, 'broken.yaml'), 'version: 1\nprovder: {}\n');
    const ran = await run(`${line} --json --file broken.yaml`);
    // What goes back to how things were goes by the state, and tells the mistake as a warning.
    const goesBack = command === 'rollback' || command === 'destroy';
    expect([ran.code, ran.stderr]).toEqual([goesBack ? 0 : 1, '']);
    const told = document(ran, goesBack ? schema : 'error');
    expect(told).toMatchObject({
      command: expect.stringContaining(command ?? ''),
      findings: expect.arrayContaining([expect.objectContaining({ line: 2, severity: goesBack ? 'warning' : 'error' })]),
    });
  });

  it('-q says at most one line, but for what is asked to be printed', async () => {
    const ran = await run(`${line} -q`);
    decent(ran);
    expect(ran.code).toBe(code);
    const prints = /^(history|explain|schema|fleet|graph|completion|export|init|validate|schedule status|.*--help)/;
    if (!prints.test(line)) expect(ran.stdout.split('\n').filter((one) => one !== '').length).toBeLessThanOrEqual(1);
  });

  it('a reader that has seen enough', async () => {
    for (const flags of ['', ' --json']) {
      const pipe = `set -o pipefail; "$NODE" "$PROGRAM" ${line}${flags} | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = await execa('bash', ['-c', pipe], {
        cwd: home.work,
        env: { ...env, NODE: process.execPath, PROGRAM },
        extendEnv: false,
        stdin: 'ignore',
      });
      expect([flags, stdout]).toEqual([flags, String(code)]);
      expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
    }
  });

  it('standard output, error and input closed', async () => {
    for (const closed of ['>&-', '>&- 2>&- <&-']) {
      const { exitCode } = await execa('bash', ['-c', `"$NODE" "$PROGRAM" ${line} ${closed}`], {
        cwd: home.work,
        env: { ...env, NODE: process.execPath, PROGRAM },
        extendEnv: false,
        reject: false,
      });
      expect([closed, exitCode]).toEqual([closed, code]);
    }
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['no HOME', { HOME: undefined, XDG_CONFIG_HOME: '/nonexistent' }],
    ['a HOME that is not there', { HOME: '/nonexistent/home' }],
    ['folders of its own that nobody can write', { XDG_STATE_HOME: '/dev/null/state', XDG_CACHE_HOME: '/dev/null/cache' }],
    ['an empty environment', Object.fromEntries(['HOME', 'PATH', 'TMPDIR', 'TERM', 'LANG'].map((name) => [name, undefined]))],
  ])('%s', async (_what, change) => {
    // Only what it looks at: a run without a HOME is in that of whoever runs the tests.
    const changes = /^(apply|use (cliproxy|auto)|schedule (remove|install)|drift)/.test(line);
    if (change.HOME === undefined && 'HOME' in change && changes) return;
    const changed = Object.fromEntries(
      Object.entries({ ...env, ...change }).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const ran = await run(`${line} --json`, changed);
    decent(ran);
    expect([0, 1, 2, 3, 64]).toContain(ran.code);
    const { error } = JSON.parse(ran.stdout) as { error?: { code: string } };
    document(ran, error === undefined || 'resources' in JSON.parse(ran.stdout) ? schema : 'error');
    expect(error?.code).not.toBe('CL0016');
  });
});

describe.skipIf(findCommand('script') === null)('on a terminal', () => {
  const onTerminal = async (line: string, more: Environment = {}) =>
    (
      await execa('script', ['-qec', `"${process.execPath}" "${PROGRAM}" ${line}`, '/dev/null'], {
        cwd: home.work,
        env: { ...env, ...more },
        extendEnv: false,
        stdin: 'ignore',
        reject: false,
      })
    ).stdout;

  it('there are colours, until somebody says no', async () => {
    expect(await onTerminal('plan')).toContain('\u001b[');
    expect(await onTerminal('plan --no-color')).not.toContain('\u001b[');
    expect(await onTerminal('plan', { NO_COLOR: '1' })).not.toContain('\u001b[');
    expect(await onTerminal('plan', { TERM: 'dumb' })).not.toContain('\u001b[');
    expect(await onTerminal('plan --json')).not.toContain('\u001b[');
  });

  it.each(['rollback', 'destroy', 'apply'])('%s --no-input does not ask', async (line) => {
    expect(await onTerminal(`${line} --no-input`)).toContain('CL0004');
  });
});
