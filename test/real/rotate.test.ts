/** `codex-link rotate` on a pool of the real CCS, whose gateway is the stand-in for CLIProxyAPI; only that gateway judges the keys. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type CcsPool, makeCcsPool } from '../support/ccs-pool.ts';
import { codexLink, codexLinkJson, PROGRAM, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { ccsPath, codexPath } from '../support/programs.ts';

const WELL_KNOWN = 'ccs-internal-managed';
const KILLS = 6;

let home: FreshHome;
let pool: CcsPool;

beforeEach(async () => {
  home = freshHome();
  pool = await makeCcsPool(home);
  writeYaml(
    home,
    `version: 1
gateway: { url: "http://127.0.0.1:${pool.port}" }
provider: { id: codex-link }
secret: { store: file }
verify: { allowWarnings: [updates.status] }
`,
  );
});
afterEach(async () => {
  await pool.stop();
  home.dispose();
});

const stored = () => home.read('.config/codex-link/CLIPROXY_API_KEY.token')?.trim() ?? '';
const keys = () => (parse(readFileSync(pool.configFile, 'utf8')) as { 'api-keys': string[] })['api-keys'];
/** What the gateway itself says to a key. */
/** What the gateway answers; a restart that a killed run had begun may still cut it off, and is waited for. */
async function status(key: string): Promise<number> {
  const ask = () => fetch(`http://127.0.0.1:${pool.port}/v1/models`, { headers: { Authorization: `Bearer ${key}` } });
  for (let tries = 0; tries < 5; tries++) {
    const answer = await ask().catch(() => null);
    if (answer !== null) return answer.status;
    await up();
  }
  return (await ask()).status;
}

/** Waits for a restart that a killed run had begun; where it died in the middle, CCS starts the gateway as it would at its next use. */
async function up(): Promise<void> {
  for (let waited = 0; waited < 8000; waited += 200) {
    if (
      await fetch(`http://127.0.0.1:${pool.port}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((done) => setTimeout(done, 200));
  }
  await pool.start();
}

describe.skipIf(ccsPath() === null || codexPath() === null)('rotate with the real ccs', () => {
  it('replaces the key, and CCS brings no old one back', async () => {
    await pool.start();
    await pool.ccs('cliproxy', 'create', 'fast', '--provider', 'codex', '--model', 'gpt-5.4');
    const settings = () => home.read('.ccs/codex-fast.settings.json') ?? home.read('.ccs/fast.settings.json') ?? '';
    expect(settings()).toContain(WELL_KNOWN);
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);

    const first = await codexLinkJson(home, ['rotate', '--yes']);
    expect([first.code, first.document.verified], first.stderr).toEqual([0, true]);
    const key = stored();
    expect(await Promise.all([status(key), status(WELL_KNOWN)])).toEqual([200, 401]);
    expect(settings()).toContain(key);
    expect(settings()).not.toContain(WELL_KNOWN);

    // Each of these writes the gateway's config anew, from what CCS's own config says.
    await pool.ccs('cliproxy', 'routing', 'set', 'fill-first');
    await pool.ccs('cliproxy', 'routing', 'affinity', 'on', '--ttl', '30m');
    expect(new Set(keys())).toEqual(new Set([key]));
    expect((await pool.ccs('tokens', '--show')).stdout).toContain(key);
    expect((await codexLink(home, ['plan'])).stdout).toMatch(/^In sync/);

    const second = await codexLink(home, ['rotate', '--yes']);
    expect(second.code, second.stderr).toBe(0);
    expect(await Promise.all([status(stored()), status(key), status(WELL_KNOWN)])).toEqual([200, 401, 401]);
    expect(second.stdout + second.stderr).not.toContain(stored());
    expect(second.stdout + second.stderr).not.toContain(key);
  }, 120_000);

  it(`killed at ${KILLS} instants, the route works with one of the two, and the next apply finishes`, async () => {
    await pool.start();
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    const began = Date.now();
    expect((await codexLink(home, ['rotate', '--yes'])).code).toBe(0);
    const takes = Date.now() - began;
    for (let kill = 1; kill <= KILLS; kill++) {
      const before = stored();
      await killedAfter((takes * kill) / KILLS);
      await up();
      expect(await status(stored()), `kill ${kill}`).toBe(200);
      const next = await codexLink(home, ['apply', '--yes']);
      expect(next.code, `kill ${kill}: ${next.stdout}${next.stderr}`).toBe(0);
      expect(await status(stored()), `kill ${kill}`).toBe(200);
      if (stored() !== before) expect(await status(before), `kill ${kill}`).toBe(401);
      expect(new Set(keys()), `kill ${kill}`).toEqual(new Set([stored()]));
      expect((await codexLink(home, ['plan'])).stdout, `kill ${kill}`).toMatch(/^In sync/);
    }
  }, 180_000);
});

/** A rotation whose process is ended after this time; what it had started goes on, as it does. */
async function killedAfter(milliseconds: number): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, 'rotate', '--yes', '--json'], {
    cwd: home.work,
    env: home.env,
    stdio: 'ignore',
  });
  const ended = new Promise((done) => child.once('close', done));
  await new Promise((done) => setTimeout(done, milliseconds));
  child.kill('SIGKILL');
  await ended;
}
