/** An apply that is stopped half-way, by Ctrl-C and by kill -9: nothing half-written, and the next one finishes. */
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, PROGRAM, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';

const TOKEN = 'test-token-4711';
const CONFIG = '.codex/config.toml';
const BEFORE = '# mine\napproval_policy = "on-request"\n';

let home: FreshHome;
let gateway: Gateway;
let env: Environment;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  home.write(CONFIG, BEFORE);
  // The provider asks codex before it writes; one that takes its time holds the apply there, with secret and helper already done.
  const slow = `#!/bin/sh\necho > ${home.path('reached')}\nsleep 2\nexit 0\n`;
  home.write('slow/codex', slow, 0o755);
  env = { ...home.env, TEST_GATEWAY_KEY: TOKEN, PATH: `${home.path('slow')}:${home.env.PATH}` };
  writeYaml(
    home,
    `version: 1\ngateway: { url: "${gateway.url}", manager: none }\nsecret: { store: file, source: { env: TEST_GATEWAY_KEY } }\nverify: { doctor: off }\n`,
  );
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

async function stoppedBy(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') {
  const running = execa(process.execPath, [PROGRAM, 'apply', '--yes'], {
    cwd: home.work,
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  while (!existsSync(home.path('reached'))) await new Promise((done) => setTimeout(done, 20));
  expect(existsSync(home.path('.codex/bin/cliproxy-token'))).toBe(true);
  running.kill(signal);
  return running;
}

describe('an editor that saves while an apply is on its way', () => {
  it('keeps its change: the apply notices, puts back what it had done, and says what to type', async () => {
    const edited = `${BEFORE}# saved in between\n`;
    const running = execa(process.execPath, [PROGRAM, 'apply', '--yes'], {
      cwd: home.work,
      env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
    while (!existsSync(home.path('reached'))) await new Promise((done) => setTimeout(done, 20));
    home.write(CONFIG, edited);
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('CL0008');
    expect(stderr).toContain('next: codex-link plan');
    expect(home.read(CONFIG)).toBe(edited);
    expect(home.read('.codex/bin/cliproxy-token')).toBeNull();
  });
});

describe('an apply that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s: exit 130, and everything is put back', async (signal) => {
    const before = home.hashTree();
    const { exitCode, stderr } = await stoppedBy(signal);
    expect(exitCode).toBe(130);
    expect(stderr).toContain('everything is as it was before');
    const {
      reached: _marker,
      '.local': _1,
      '.local/state': _2,
      '.local/state/codex-link': _3,
      '.cache': _4,
      ...after
    } = home.hashTree();
    expect(after).toEqual(before);
  });

  it('SIGKILL: each file is old or new, the lock does not stay in the way, the next apply finishes', async () => {
    await stoppedBy('SIGKILL');
    expect(home.read(CONFIG)).toBe(BEFORE);
    const next = await codexLink(home, ['apply', '--yes'], { env: { ...home.env, TEST_GATEWAY_KEY: TOKEN } });
    expect(next.stderr).toBe('');
    expect(next.code).toBe(0);
    expect((await codexLink(home, ['plan'], { env })).stdout).toMatch(/^In sync/);
    expect(home.read(CONFIG)).toContain('model_provider = "cliproxy"');
  });
});
