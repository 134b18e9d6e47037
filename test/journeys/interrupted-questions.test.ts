/** A run that is stopped while it waits for another program: that program ends with it, and what it says is one document or one line. */
import { existsSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problems } from '../core/support/schemas.ts';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, PROGRAM, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';

const TOKEN = 'test-token-4711';

let home: FreshHome;
let gateway: Gateway;
let env: Environment;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  env = { ...home.env, TEST_GATEWAY_KEY: TOKEN, PATH: `${home.path('slow')}:${home.env.PATH}` };
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

/** A program that never ends, with a child of its own that says who it is. */
function stuck(name: string, ignoresSignals = false): string {
  const trap = ignoresSignals ? "trap '' TERM INT\n" : '';
  return home.write(`slow/${name}`, `#!/bin/sh\n${trap}sleep 300 &\necho $! > ${home.path('child')}\nwait\nwait\n`, 0o755);
}

const yaml = (source: string, rest = '') =>
  writeYaml(
    home,
    `version: 1\ngateway: { url: "${gateway.url}", manager: none }\nsecret: { store: file, source: ${source} }\n${rest}`,
  );

/** False for one that only waits for its parent to take note. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Sends the signal once the stuck program runs; with `again`, once more after that many ms. */
async function interrupted(args: readonly string[], signal: NodeJS.Signals, again?: number) {
  const running = execa(process.execPath, [PROGRAM, ...args], {
    cwd: home.work,
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 60_000,
  });
  while ((home.read('child') ?? '').trim() === '') await new Promise((done) => setTimeout(done, 20));
  running.kill(signal);
  if (again !== undefined) setTimeout(() => running.kill(signal), again);
  const { exitCode, stdout, stderr } = await running;
  await expect.poll(() => isRunning(Number(home.read('child')))).toBe(false);
  return { code: exitCode, stdout, stderr };
}

const notForReaders = ({ stdout, stderr }: { stdout: string; stderr: string }) => expect(stdout + stderr).not.toMatch(/^ +at /m);

describe.each(['SIGINT', 'SIGTERM'] as const)('%s while secret.source.command is asked', (signal) => {
  it.each([['plan'], ['apply --yes'], ['use cliproxy']])('%s', async (line) => {
    yaml(`{ command: ["${stuck('source')}"] }`);
    const before = home.hashTree();
    const args = line.split(' ');
    const said = await interrupted(args, signal);
    expect([said.code, said.stdout, said.stderr]).toEqual([130, '', expect.stringContaining('CL0009')]);
    home.write('child', '');
    const document = await interrupted([...args, '--json'], signal);
    expect([document.code, document.stderr]).toEqual([130, '']);
    expect(problems('error', JSON.parse(document.stdout))).toEqual([]);
    expect(JSON.parse(document.stdout)).toMatchObject({ command: args[0], error: { code: 'CL0009' } });
    notForReaders(said);
    // Neither the lock nor a copy of anything stays.
    const { child: _, ...after } = home.hashTree();
    expect(after).toEqual(before);
  });

  it('a program that does not listen to signals is ended all the same', async () => {
    yaml(`{ command: ["${stuck('source', true)}"] }`);
    expect((await interrupted(['plan', '--json'], signal)).code).toBe(130);
  });
});

describe('a slow codex', () => {
  beforeEach(async () => {
    yaml('{ env: TEST_GATEWAY_KEY }');
    expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
    stuck('codex');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('verify, %s', async (signal) => {
    const { code, stdout } = await interrupted(['verify', '--json'], signal);
    expect([code, JSON.parse(stdout)]).toMatchObject([130, { command: 'verify', error: { code: 'CL0009' } }]);
    expect(Object.keys(home.hashTree('.cache')).filter((path) => path.includes('scratch'))).toEqual([]);
  });

  it('apply puts everything back without waiting for it', async () => {
    home.write('.codex/config.toml', 'model_provider = "openai"\n');
    const began = Date.now();
    const { code, stdout } = await interrupted(['apply', '--yes', '--json'], 'SIGINT');
    const document = JSON.parse(stdout);
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(problems('apply', document)).toEqual([]);
    expect([code, document]).toMatchObject([130, { command: 'apply', outcome: 'interrupted', error: { code: 'CL0009' } }]);
    expect(home.read('.codex/config.toml')).toBe('model_provider = "openai"\n');
    expect(existsSync(home.path('.local/state/codex-link/lock'))).toBe(false);
  });
});
