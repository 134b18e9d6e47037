/**
 * The schedule, installed by the built program, and started by what really starts it: a user manager of systemd whose timer fires, and a
 * cron daemon. The gateway is a stand-in; the drift that they find is real.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PastRun, runsIn } from '../../src/drift/runs.ts';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, PROGRAM, type Ran, writeYaml } from '../support/cli.ts';
import { noCron, withCron } from '../support/cron-daemon.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';
import { noUserManager, withUserManager } from '../support/user-manager.ts';

const TOKEN = 'test-token-4711';
const HELPER = '.codex/bin/cliproxy-token';
const RUNS = '.local/state/codex-link/drift.log';
const UNITS = '.config/systemd/user';
/** A name that every kind of quoting has to get right. */
const YAML = `.config/codex-link/my 100%h "pool" 'é' \${HOME}.yaml`;

let home: FreshHome;
let gateway: Gateway;
let env: Environment;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  env = { ...home.env, TEST_GATEWAY_KEY: TOKEN };
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

const yaml = (schedule: string) => `version: 1
gateway: { url: "${gateway.url}", manager: none }
secret: { store: file, source: { env: TEST_GATEWAY_KEY } }
drift: { schedule: ${schedule} }
`;

/** The runs that drift remembers. */
function runs(): readonly PastRun[] {
  return runsIn(home.read(RUNS) ?? '');
}

async function until(what: string, ms: number, check: () => boolean): Promise<void> {
  const end = Date.now() + ms;
  while (!check()) {
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms; runs: ${JSON.stringify(runs())}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

const withoutManager = noUserManager();
if (withoutManager !== null) console.warn(`SKIPPED: the schedule by a real systemd --user: ${withoutManager}`);

describe.skipIf(withoutManager !== null)('a timer of a real systemd --user', () => {
  const systemctl = async (...args: string[]) =>
    (await execa('systemctl', ['--user', ...args], { env, extendEnv: false, reject: false })).stdout;

  /** Its own times are too far apart for a test: the timer stays as it is, and beside it stands that it fires every second. */
  async function hurry(output: string): Promise<void> {
    home.write(
      `${UNITS}/codex-link-drift.timer.d/test.conf`,
      '[Timer]\nOnCalendar=\nOnCalendar=*:*:*\nRandomizedDelaySec=0\nAccuracySec=50ms\n',
    );
    // There is no journal here.
    home.write(
      `${UNITS}/codex-link-drift.service.d/test.conf`,
      `[Unit]\nStartLimitIntervalSec=0\n[Service]\nStandardOutput=append:${output}\nStandardError=append:${output}\n`,
    );
    await systemctl('daemon-reload');
    await systemctl('restart', 'codex-link-drift.timer');
  }

  it('fires, stays silent while all is well, and finds a real drift', async () => {
    await withUserManager(home, async (session) => {
      env = { ...env, ...session };
      home.write(YAML, yaml('{ every: 1h }'));
      const file = ['--file', home.path(YAML)];
      const applied = await codexLink(home, ['apply', '--yes', ...file], { env });
      expect([applied.code, applied.stderr]).toEqual([0, '']);
      expect(await systemctl('is-active', 'codex-link-drift.timer')).toBe('active');
      const units = ['service', 'timer'].map((kind) => home.path(UNITS, `codex-link-drift.${kind}`));
      const judged = await execa('systemd-analyze', ['--user', 'verify', ...units], { env, extendEnv: false, reject: false });
      expect([judged.exitCode, judged.stderr, judged.stdout]).toEqual([0, '', '']); // it exits with 0 for unknown keys, too
      expect((await codexLink(home, ['plan', '--detailed-exitcode', ...file], { env })).code).toBe(0);

      const output = join(home.work, 'output');
      await hurry(output);
      await until('two runs in sync', 20_000, () => runs().length >= 2);
      expect(runs().map((one) => one.outcome)).not.toContain('drift');
      expect(readFileSync(output, 'utf8')).toBe('');
      home.write(HELPER, '#!/bin/sh\necho edited\n', 0o700);
      await until('the drift is found', 20_000, () => runs().some((one) => one.outcome === 'drift'));
      await until('it is told', 5000, () => readFileSync(output, 'utf8').includes('helper'));
      // The service's last end is known only while it does not run.
      const status = async () => (await codexLinkJson(home, ['schedule', 'status', ...file], { env })).document as object;
      let standing = await status();
      for (let tries = 0; tries < 20 && !('lastExitCode' in standing && standing.lastExitCode === 2); tries++)
        standing = await status();
      expect(standing).toMatchObject({
        scheduler: 'systemd',
        installed: true,
        wanted: 'every 1h',
        status: 'in-sync',
        lastExitCode: 2,
      });
      await systemctl('stop', 'codex-link-drift.timer');
      expect(readFileSync(output, 'utf8').match(/codex-link apply/g)?.length).toBe(1); // --changed-only: once
      expect(await systemctl('is-failed', 'codex-link-drift.service')).not.toBe('failed');

      expect(await status()).toMatchObject({
        lastDrift: { outcome: 'drift' },
        status: 'update',
        reason: 'codex-link-drift.timer is not started',
      });
    });
  });

  it('is installed, changed, found broken, mended, and removed without a trace; destroy takes it along', async () => {
    await withUserManager(home, async (session) => {
      env = { ...env, ...session };
      const run = (...args: string[]) => codexLink(home, args, { env });
      const next = async () => {
        const { document } = await codexLinkJson(home, ['schedule', 'status'], { env });
        return (document as unknown as { nextRun: string | null }).nextRun;
      };
      writeYaml(home, 'version: 1\n');
      const { code, stderr } = await run('schedule', 'install');
      expect([code, stderr.includes('CL8045')]).toEqual([1, true]);

      writeYaml(home, yaml('{ cron: "30 4 * * 1-5" }'));
      expect((await run('schedule', 'install')).code).toBe(0);
      const soon = new Date((await next()) ?? '');
      expect([
        soon.getHours(),
        soon.getMinutes() >= 30 && soon.getMinutes() < 36,
        [1, 2, 3, 4, 5].includes(soon.getDay()),
      ]).toEqual([4, true, true]);
      writeYaml(home, yaml('{ every: 7m }')); // no part of an hour: counted, not by the clock
      expect((await run('schedule', 'install')).code).toBe(0);
      expect(await systemctl('show', 'codex-link-drift.timer', '--property=TimersMonotonic')).toMatch(/OnUnitActiveUSec=7min/);
      // Such a timer has no time of the clock of its own, and has to be asked otherwise when it runs next.
      const ahead = Date.parse((await next()) ?? '') - Date.now();
      expect([ahead > 0, ahead < 13 * 60_000]).toEqual([true, true]);

      const broken: [string, () => Promise<unknown>][] = [
        ['not started', () => systemctl('stop', 'codex-link-drift.timer')],
        ['not enabled', () => systemctl('disable', 'codex-link-drift.timer')],
        [
          'codex-link-drift.service is not what',
          async () => home.write(`${UNITS}/codex-link-drift.service`, '[Service]\nExecStart=/bin/true\n'),
        ],
        ['codex-link-drift.timer is not what', () => execa('rm', [home.path(UNITS, 'codex-link-drift.timer')])],
        [
          'has not read',
          async () => {
            const timer = home.read(`${UNITS}/codex-link-drift.timer`) ?? '';
            home.write(`${UNITS}/codex-link-drift.timer`, '# somebody\n');
            await systemctl('daemon-reload');
            await new Promise((done) => setTimeout(done, 1100)); // systemd compares whole seconds
            home.write(`${UNITS}/codex-link-drift.timer`, timer);
          },
        ],
      ];
      for (const [reason, action] of broken) {
        await action();
        const { document } = await codexLinkJson(home, ['plan', '--target', 'schedule'], { env });
        const found = document.resources.find((one) => one.address === 'schedule');
        expect(found).toMatchObject({ status: 'update', cause: 'drift', reason: expect.stringContaining(reason) });
        expect((await run('schedule', 'install')).code, reason).toBe(0);
        expect((await codexLink(home, ['schedule', 'status'], { env })).stdout).toContain('looks for drift, every 7m');
      }

      const removed = await run('schedule', 'remove');
      expect([removed.code, removed.stdout.includes('installs it again')]).toEqual([0, true]);
      expect(await systemctl('list-timers', '--all', '--no-legend')).toBe('');
      expect(Object.keys(home.hashTree('.config')).filter((path) => path.includes('drift'))).toEqual([]);

      expect((await run('apply', '--yes')).code).toBe(0);
      expect(await systemctl('is-enabled', 'codex-link-drift.timer')).toBe('enabled');
      expect((await run('destroy', '--yes')).code).toBe(0);
      expect(await systemctl('list-timers', '--all', '--no-legend')).toBe('');
      expect(Object.keys(home.hashTree('.config')).filter((path) => path.includes('drift'))).toEqual([]);
    });
  });

  it('is put back when a later step of the apply fails', async () => {
    await withUserManager(home, async (session) => {
      env = { ...env, ...session };
      writeYaml(home, yaml('{ every: 1h }'));
      expect((await codexLink(home, ['schedule', 'install'], { env })).code).toBe(0);
      const before = home.hashTree(UNITS);
      writeYaml(home, yaml('{ every: 15m }'));
      const check = { id: 'config.load', status: 'fail', summary: 'broken', remediation: null, details: {} };
      const doctor = { schemaVersion: 1, checks: { 'config.load': check } };
      home.write('broken/codex', `#!/bin/sh\necho '${JSON.stringify(doctor)}'\n`, 0o755);
      const failed = await codexLinkJson(home, ['apply', '--yes'], {
        env: { ...env, PATH: `${home.path('broken')}:${env.PATH}` },
      });
      expect([failed.code, failed.document.outcome], failed.stdout).toEqual([1, 'failed']);
      expect(failed.document.resources.find((one) => one.address === 'schedule')?.result).toBe('rolled-back');
      expect(home.hashTree(UNITS)).toEqual(before);
      expect(await systemctl('show', 'codex-link-drift.timer', '--property=TimersCalendar')).toContain('*-*-* *:00:00');
      expect(await systemctl('is-active', 'codex-link-drift.timer')).toBe('active');
    });
  });
});

const withoutCron = noCron();
if (withoutCron !== null) console.warn(`SKIPPED: the schedule by a real cron daemon: ${withoutCron}`);

describe.skipIf(withoutCron !== null)('an entry of a crontab under a real cron daemon', () => {
  it('fires at the minute and finds a real drift; the rest of the table stays as it was', async () => {
    await withCron(async (cron) => {
      const run = async (...args: string[]): Promise<Ran> => {
        const [command = '', ...rest] = [...cron.enter, process.execPath, PROGRAM, ...args];
        const ran = await execa(command, rest, {
          cwd: home.work,
          env,
          extendEnv: false,
          reject: false,
          stdin: 'ignore',
          timeout: 60_000,
        });
        return { code: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr };
      };
      const mark = join(home.work, 'theirs');
      // Somebody else's table, with all that may go wrong with it; and cron takes HOME from the user's entry, so the test has to say it here.
      await cron.install('0 0 * * * true\r\n');
      const refused = await run('schedule', 'install', '--file', home.write(YAML, yaml('{ every: 1h }')));
      expect([refused.code, refused.stderr.includes('CL8044'), await cron.table()]).toEqual([1, true, '0 0 * * * true\\r\n']);
      const theirs = `# my table\n\nHOME=${home.home}\nMAILTO=""\n# codex-link is not in this line\n* * * * * date +\\%s >> ${mark} # é\n@yearly true`;
      await cron.install(`${theirs}\n`);
      home.write(YAML, yaml('{ cron: "*  * * * *" }'));
      const file = ['--file', home.path(YAML)];
      const applied = await run('apply', '--yes', ...file);
      expect([applied.code, applied.stderr]).toEqual([0, '']);
      const table = (await cron.table()) ?? '';
      expect(table.slice(0, theirs.length + 21)).toBe(`${theirs}\n# >>> codex-link >>>`);
      expect(table.match(/^\* \* \* \* \* .*$/gm)?.length).toBe(2);
      expect((await run('plan', '--detailed-exitcode', ...file)).code).toBe(0);

      home.write(HELPER, '#!/bin/sh\necho edited\n', 0o700);
      await until('cron fires', 75_000, () => existsSync(mark));
      await until('the drift is found', 30_000, () => runs().length > 0);
      expect(runs().map((one) => one.outcome)).toEqual(['drift']);
      expect(readFileSync(mark, 'utf8')).toMatch(/^\d+\n/); // theirs runs too

      const status = await run('schedule', 'status', ...file);
      expect(status.stdout).toMatch(/cron \* +\* \* \* \*, by the crontab[\s\S]*last run .*, drift/);
      await cron.install(`${theirs}\n`); // somebody takes it out
      const plan = await run('plan', '--json', ...file);
      expect(JSON.parse(plan.stdout).resources).toContainEqual(
        expect.objectContaining({ address: 'schedule', status: 'create', cause: 'drift' }),
      );
      expect((await run('schedule', 'install', ...file)).code).toBe(0);
      await cron.install(`${(await cron.table()) ?? ''}# later\n`); // and somebody adds
      expect((await run('schedule', 'remove', ...file)).code).toBe(0);
      expect(await cron.table()).toBe(`${theirs}\n# later\n`);

      await cron.install('# only mine\n');
      expect((await run('schedule', 'install', ...file)).code).toBe(0);
      expect((await run('destroy', '--yes', ...file)).code).toBe(0);
      expect(await cron.table()).toBe('# only mine\n');
    });
  }, 150_000);
});
