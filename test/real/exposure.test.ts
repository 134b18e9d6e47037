/** Closing the gateway with the real CCS: the stand-in listens where its file says, and is asked at another address of this machine. */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CcsPool, makeCcsPool } from '../support/ccs-pool.ts';
import { codexLink, codexLinkJson, statuses, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { ccsPath, codexPath } from '../support/programs.ts';

/** Of the network where there is one; all of 127.0.0.0/8 is this machine too, but not what a server on 127.0.0.1 listens on. */
const OTHER =
  Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.2';

let home: FreshHome;
let pool: CcsPool;
beforeEach(async () => {
  home = freshHome();
  pool = await makeCcsPool(home, { listenAsConfigured: true });
});
afterEach(async () => {
  await pool.stop();
  home.dispose();
});

function yaml(exposure: string, more = ''): void {
  writeYaml(
    home,
    `version: 1\ngateway: { url: "http://127.0.0.1:${pool.port}", exposure: ${exposure} }\nsecret: { store: file }\nverify: { doctor: off }\n${more}`,
  );
}

function reached(host: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port: pool.port }, () => done(true));
    socket.on('connect', () => socket.destroy()).on('error', () => done(false));
  });
}

const live = () => readFileSync(pool.configFile, 'utf8');
const secret = () => /management_secret: "?([\w-]+)/.exec(home.read('.ccs/config.yaml') ?? '')?.[1] ?? '';
const manage = async (key: string) =>
  (await fetch(`http://127.0.0.1:${pool.port}/v0/management/routing/strategy`, { headers: { Authorization: `Bearer ${key}` } }))
    .status;
const codes = (ran: Awaited<ReturnType<typeof codexLinkJson>>) =>
  ran.document.findings.map((one) => one.code).filter((code) => code.startsWith('CL4'));

describe.skipIf(ccsPath() === null || codexPath() === null)('exposure with the real CCS', { timeout: 120_000 }, () => {
  test('is reported, closed, opened again by CCS, found, and closed again', async () => {
    await pool.start();
    yaml('report');
    expect(codes(await codexLinkJson(home, ['plan']))).toEqual(['CL4009', 'CL4010', 'CL4012']);
    expect(await reached(OTHER)).toBe(true);

    yaml('loopback');
    const before = live();
    const plan = await codexLinkJson(home, ['plan']);
    expect(plan.document.resources.find((one) => one.address === 'gateway')?.changes.map((one) => one.path)).toEqual([
      'host',
      'remote-management.allow-remote',
      'remote-management.secret-key',
    ]);
    expect(live()).toBe(before);
    const applied = await codexLink(home, ['apply', '--yes']);
    expect(applied.code).toBe(0);
    expect([await reached('127.0.0.1'), await reached(OTHER)]).toEqual([true, false]);
    const hashed = /secret-key: .*/;
    expect(live().replace(hashed, '')).toBe(
      before.replace(hashed, '').replace('port:', 'host: 127.0.0.1\nport:').replace('allow-remote: true', 'allow-remote: false'),
    );
    expect(secret()).toHaveLength(43);
    expect(`${applied.stdout}${applied.stderr}`).not.toContain(secret());
    expect([await manage(secret()), await manage('ccs')]).toEqual([200, 401]);
    expect(home.read('.ccs/cliproxy/config.yaml')).toBe(null); // the file of port 8317, which nothing reads here

    const pid = () => (JSON.parse(home.read(`.ccs/cliproxy/sessions-${pool.port}.json`) ?? '{}') as { pid?: number }).pid;
    const first = pid();
    const again = await codexLinkJson(home, ['apply', '--yes']);
    expect([again.code, statuses(again.document).gateway, pid()]).toEqual([0, 'in-sync', first]);
    const verbose = await codexLink(home, ['plan', '-v']);
    expect(verbose.stdout).toContain(`CLIProxyAPI 7.2.140 (original), run by CCS (process ${first}), answers at`);
    expect((await codexLink(home, ['verify'])).stdout).toContain(`CLIProxyAPI 7.2.140 (original), run by CCS (process ${first})`);

    // CCS writes the file anew, and starts an open gateway next time.
    await pool.stop();
    await pool.ccs('cliproxy', 'routing', 'set', 'fill-first');
    await pool.start();
    expect([live().includes('host:'), await reached(OTHER)]).toEqual([false, true]);
    const found = await codexLinkJson(home, ['plan']);
    const gateway = found.document.resources.find((one) => one.address === 'gateway');
    expect([gateway?.status, gateway?.cause]).toEqual(['update', 'drift']);
    const own = secret();
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    expect([await reached('127.0.0.1'), await reached(OTHER), secret()]).toEqual([true, false, own]);
  });

  test('a change of routing in the same apply does not leave it open; what fails later opens it as it was', async () => {
    await pool.start();
    yaml('loopback', 'routing: { strategy: fill-first, sessionAffinity: true }\n');
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    expect([await reached('127.0.0.1'), await reached(OTHER)]).toEqual([true, false]);
    expect(live()).toMatch(/strategy: fill-first\n {2}session-affinity: true\n/);
    expect((await codexLinkJson(home, ['plan'])).document.outcome).toBe('in-sync');

    writeFileSync(pool.configFile, live().replace(/^host: .*\n/m, ''));
    await pool.ccs('cliproxy', 'restart');
    const files = () => [home.read('.ccs/config.yaml'), live()];
    const before = files();
    const refusing = `#!/bin/sh\necho '{"error":{"data":{"reason":"configLoad","detail":"no","line":1,"column":1}}}'\nexit 1\n`;
    home.write('refusing/codex', refusing, 0o755);
    home.write('.codex/config.toml', 'model = "other"\n');
    const applied = await codexLinkJson(home, ['apply', '--yes'], {
      env: { ...home.env, PATH: `${home.path('refusing')}:${home.env.PATH}` },
    });
    expect([applied.code, applied.document.resources.find((one) => one.address === 'gateway')?.result]).toEqual([
      1,
      'rolled-back',
    ]);
    expect([files(), await reached(OTHER), codes(applied)]).toEqual([before, true, ['CL4010']]);
  });

  test('killed at any moment, the next apply closes it', async () => {
    await pool.start();
    yaml('loopback');
    for (const after of [700, 1500, 2300, 3500]) {
      const child = execa(process.execPath, [new URL('../../dist/codex-link.js', import.meta.url).pathname, 'apply', '--yes'], {
        cwd: home.work,
        env: home.env,
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
      });
      setTimeout(() => child.kill('SIGKILL'), after);
      await child;
    }
    await new Promise((done) => setTimeout(done, 3000)); // a `ccs` of the last one may still be at work
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    expect([await reached('127.0.0.1'), await reached(OTHER)]).toEqual([true, false]);
    expect((await codexLinkJson(home, ['plan'])).document.outcome).toBe('in-sync');
    expect([await manage(secret()), await manage('ccs')]).toEqual([200, 401]);
  });

  test('a gateway that has never run is started closed', async () => {
    yaml('loopback');
    expect((await codexLink(home, ['apply', '--yes'])).code).toBe(0);
    expect([await reached('127.0.0.1'), await reached(OTHER)]).toEqual([true, false]);
    expect((await codexLinkJson(home, ['plan'])).document.outcome).toBe('in-sync');
  });
});
