/** Routing through the real CCS, with the stand-in in the place of the gateway: what is asked of its management interface is counted. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CcsPool, makeCcsPool } from '../support/ccs-pool.ts';
import { codexLink, codexLinkJson, statuses, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { ccsPath, codexPath } from '../support/programs.ts';

let home: FreshHome;
let pool: CcsPool;
beforeEach(async () => {
  home = freshHome();
  pool = await makeCcsPool(home);
});
afterEach(async () => {
  await pool.stop();
  home.dispose();
});

function yaml(routing: string): void {
  writeYaml(
    home,
    `version: 1\ngateway: { url: "http://127.0.0.1:${pool.port}" }\nsecret: { store: file }\nverify: { doctor: off }\nrouting: ${routing}\n`,
  );
}

const asked = () => pool.requests().filter((one) => one.path.startsWith('/v0/management'));
const pools = (ran: Awaited<ReturnType<typeof codexLinkJson>>) =>
  ran.document.findings.map((one) => one.code).filter((code) => /^CL(70|4014)/.test(code));
const change = (plan: Awaited<ReturnType<typeof codexLinkJson>>) =>
  plan.document.resources.find((one) => one.address === 'routing')?.changes.map((one) => one.path);

describe.skipIf(ccsPath() === null || codexPath() === null)('routing with the real CCS', { timeout: 120_000 }, () => {
  test('a plan calls nothing, an apply the management interface once, and the next not at all', async () => {
    await pool.start();
    yaml('{ strategy: fill-first, sessionAffinity: true, sessionAffinityTtl: 30m }');
    const before = home.hashTree('.ccs/cliproxy');
    const plan = await codexLinkJson(home, ['plan']);
    expect(change(plan)).toEqual(
      ['', 'live.'].flatMap((view) => ['strategy', 'sessionAffinity', 'sessionAffinityTtl'].map((one) => `${view}${one}`)),
    );
    expect([asked(), { ...home.hashTree('.ccs/cliproxy'), ...before }]).toEqual([[], home.hashTree('.ccs/cliproxy')]);

    const applied = await codexLinkJson(home, ['apply', '--yes']);
    expect([applied.code, pools(applied)]).toEqual([0, []]);
    expect(asked()).toEqual([{ method: 'PUT', path: '/v0/management/routing/strategy', status: 200, key: 'valid' }]);
    const saved = /^ {2}routing:\n(?: {4}.*\n)+/m
      .exec(home.read('.ccs/config.yaml') ?? '')?.[0]
      .trim()
      .split(/\n */)
      .sort();
    expect(saved).toEqual(['routing:', 'session_affinity: true', 'session_affinity_ttl: "30m"', 'strategy: fill-first']);
    const live = () => readFileSync(pool.configFile, 'utf8');
    expect(live()).toMatch(/routing:\n {2}strategy: fill-first\n {2}session-affinity: true\n {2}session-affinity-ttl: "30m"\n/);
    const again = await codexLinkJson(home, ['apply', '--yes']);
    expect([again.code, again.document.outcome, statuses(again.document).routing]).toEqual([0, 'converged', 'in-sync']);
    // CCS itself agrees, and keeps it: what it writes next is the same.
    expect((await pool.ccs('cliproxy', 'routing', 'affinity')).stdout).toContain('30m');
    await pool.ccs('cliproxy', 'restart');
    expect(statuses((await codexLinkJson(home, ['plan'])).document).routing).toBe('in-sync');

    // Somebody edits only what is in force.
    writeFileSync(pool.configFile, live().replace('strategy: fill-first', 'strategy: rr'));
    expect(change(await codexLinkJson(home, ['plan']))).toEqual(['live.strategy']);
    const count = asked().length;
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    expect([asked().length - count, live()]).toEqual([1, expect.stringContaining('strategy: fill-first\n')]);

    // Somebody uses CCS itself: it replaces the file, and the running gateway hears nothing of it.
    await pool.ccs('cliproxy', 'routing', 'affinity', 'off');
    expect(change(await codexLinkJson(home, ['plan']))).toEqual(['sessionAffinity', 'live.sessionAffinity', 'live']);
    const earlier = asked().length;
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    expect(asked().slice(earlier)).toEqual([
      { method: 'GET', path: '/v0/management/routing/strategy', status: 200, key: 'valid' },
    ]);
    expect(statuses((await codexLinkJson(home, ['plan'])).document).routing).toBe('in-sync');
  });

  test('a refusal is said, costs one try a run, and does not keep the gateway from following its file', async () => {
    await pool.start();
    let tries = 0;
    for (const strategy of ['fill-first', 'round-robin']) {
      yaml(`{ strategy: ${strategy} }`);
      // On a port of its own the gateway does not hear of it: CCS writes the new secret into another file.
      await pool.ccs('tokens', '--secret', `made-up-${strategy}`);
      const applied = await codexLinkJson(home, ['apply', '--yes']);
      tries += 1;
      expect([applied.code, pools(applied)]).toEqual([0, ['CL7032']]);
      expect(asked().map((one) => [one.method, one.status])).toEqual(Array(tries).fill(['PUT', 401]));
      expect(JSON.stringify(applied)).not.toContain('made-up');
      expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
      expect(asked()).toHaveLength(tries);
    }
    // The gateway has read its file: the secret of CCS is now the right one, and nobody is banned.
    const live = await fetch(`http://127.0.0.1:${pool.port}/v0/management/routing/strategy`, {
      headers: { Authorization: 'Bearer made-up-round-robin' },
    });
    expect([live.status, await live.json()]).toEqual([200, { strategy: 'round-robin' }]);
  });

  test('what fails later puts both files back, and the running gateway follows', async () => {
    await pool.start();
    yaml('{ strategy: fill-first, sessionAffinity: true }');
    await pool.ccs('cliproxy', 'routing', 'set', 'round-robin');
    writeFileSync(pool.configFile, `# mine\nhost: 127.0.0.1\n${readFileSync(pool.configFile, 'utf8')}`);
    await new Promise((done) => setTimeout(done, 400));
    const files = () => [home.read('.ccs/config.yaml'), readFileSync(pool.configFile, 'utf8')];
    const before = files();
    const refusing = `#!/bin/sh\necho '{"error":{"data":{"reason":"configLoad","detail":"no","line":1,"column":1}}}'\nexit 1\n`;
    home.write('refusing/codex', refusing, 0o755);
    const env = { ...home.env, PATH: `${home.path('refusing')}:${home.env.PATH}` };
    const count = asked().length;
    const applied = await codexLinkJson(home, ['apply', '--yes'], { env });
    expect([applied.code, applied.document.resources.find((one) => one.address === 'routing')?.result]).toEqual([
      1,
      'rolled-back',
    ]);
    expect(files()).toEqual(before);
    expect(asked().length - count).toBe(1);
    await new Promise((done) => setTimeout(done, 400));
    const live = await fetch(`http://127.0.0.1:${pool.port}/v0/management/routing/strategy`, {
      headers: { Authorization: 'Bearer ccs' },
    });
    expect(await live.json()).toEqual({ strategy: 'round-robin' });
  });

  test('before the gateway has ever run, what CCS will write is all there is', async () => {
    yaml('{ strategy: fill-first }');
    expect(change(await codexLinkJson(home, ['plan']))).toEqual(['strategy']);
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    expect(readFileSync(pool.configFile, 'utf8')).toContain('strategy: fill-first\n');
    expect(statuses((await codexLinkJson(home, ['plan'])).document)).toMatchObject({ routing: 'in-sync', gateway: 'in-sync' });
    expect(asked().filter((one) => one.status !== 200)).toEqual([]);
  });
});
