/**
 * A team rolled out, watched, healed, rotated and rolled back, with the documented playbooks over real SSH. As many hosts as prove it;
 * CODEX_LINK_FLEET_HOSTS=10 for more. The tests follow each other like the life of a team.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { PROGRAM } from '../support/cli.ts';
import { filesWith, holds } from '../support/leaks.ts';
import { Ansible, type Played } from './support/ansible.ts';
import { Hosts, whyNoHosts } from './support/hosts.ts';

const COUNT = Math.max(4, Number(process.env.CODEX_LINK_FLEET_HOSTS ?? 4));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const [OLD, NEW] = ['test-fleet-key-1a2b', 'test-fleet-key-3c4d'];
const CONFIG = '.codex/config.toml';
const BEFORE = '# mine\n[projects."/work"] # keep\ntrust_level = "trusted"\n';

const why = whyNoHosts();
if (why !== null) console.warn(`SKIPPED, the fleet suite: ${why}`);

let hosts: Hosts;
let ansible: Ansible;
let pack: string;

const spec = (model: string) => ({
  version: 1,
  gateway: { url: 'http://127.0.0.1:8317', manager: 'none' },
  provider: { model },
  secret: { store: 'file', source: 'keep' },
  app: { restart: 'never' },
  drift: { heal: 'safe' },
});

/** What the team lead writes into team.yml. */
const team = (model: string, batches: readonly unknown[], rest: Readonly<Record<string, unknown>> = {}) => ({
  codex_link_package: pack,
  codex_link_version: packageJson.version,
  codex_link_spec: spec(model),
  codex_link_secret: OLD,
  codex_link_batches: batches,
  ...rest,
});

const names = () => hosts.all.map((one) => one.name);
const models = () =>
  Object.fromEntries(names().map((name) => [name, /^model = "(.*)"$/m.exec(hosts.read(name, CONFIG) ?? '')?.[1] ?? null]));
const every = <T>(value: T) => Object.fromEntries(names().map((name) => [name, value]));
const changed = ({ hosts: tallies }: Played) =>
  Object.fromEntries(names().map((name) => [name, (tallies[name]?.changed ?? 0) > 0]));
const good = (played: Played) => expect(played.code, played.output.slice(-4000)).toBe(0);

describe.skipIf(why !== null)('a team', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    hosts = new Hosts(COUNT);
    ansible = new Ansible(hosts);
    await ansible.install();
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', hosts.folder], { cwd: ROOT });
    pack = hosts.path(readdirSync(hosts.folder).find((name) => name.endsWith('.tgz')) ?? '');
    for (const { name, home } of hosts.all) {
      writeFileSync(join(home, CONFIG), BEFORE, { mode: 0o600 });
      execFileSync('chown', ['--reference', home, join(home, CONFIG)]);
      await hosts.gateway(name, [OLD]);
    }
  }, 120_000);
  afterAll(async () => {
    await hosts?.dispose();
  });

  it('is only looked at in check mode, with diffs and without secrets', async () => {
    const first = await ansible.play('rollout', { ...team('gpt-5.5', ['100%']), codex_link_install: 'npm' });
    good(first);
    const played = await ansible.play('rollout', team('gpt-5.4', ['100%']), '--check', '--diff');
    good(played);
    expect(played.output).toContain('+model = "gpt-5.4"');
    expect(changed(played)).toEqual(every(true));
    expect(models()).toEqual(every('gpt-5.5'));
    expect(hosts.read('h1', CONFIG)).toContain('[projects."/work"] # keep');
  });

  it('is in sync after a second run: nothing changed, at highest verbosity no secret', async () => {
    const played = await ansible.play('rollout', team('gpt-5.5', [1, '100%']), '-vvvvv');
    good(played);
    expect(changed(played)).toEqual(every(false));
    expect(played.output).toContain('codex_link');
    expect(holds(played.output, OLD)).toBe(false);
    for (const { home } of hosts.all) expect(filesWith(OLD, home)).toHaveLength(1);
  });

  it('drifts on three hosts: that is found, told, and healed', async () => {
    for (const name of ['h1', 'h2', 'h3']) {
      const path = join(hosts.host(name).home, CONFIG);
      writeFileSync(path, (hosts.read(name, CONFIG) ?? '').replace('model_provider = "cliproxy"', 'model_provider = "openai"'));
    }
    const reports = hosts.path('reports');
    const before = names().map((name) => hosts.read(name, CONFIG));
    const look = await ansible.play('drift', { codex_link_reports: reports });
    good(look);
    expect(changed(look)).toEqual(every(false));
    // Their YAML would have them heal themselves; a look does not.
    expect(names().map((name) => hosts.read(name, CONFIG))).toEqual(before);
    const kept = JSON.parse(readFileSync(join(reports, 'h1.json'), 'utf8')) as { report: object };
    expect(kept.report).toMatchObject({ command: 'drift', outcome: 'drift', healed: [] });
    const report = await execa(
      process.execPath,
      [PROGRAM, 'fleet', 'report', reports, '--hosts', hosts.path('hosts.ini'), '--json'],
      { reject: false },
    );
    const {
      summary,
      drift,
      hosts: told,
    } = JSON.parse(report.stdout) as { summary: object; drift: object[]; hosts: { host: string; state: string }[] };
    expect([report.exitCode, summary]).toMatchObject([2, { hosts: COUNT, drifted: 3, inSync: COUNT - 3 }]);
    expect(drift).toMatchObject([{ resource: 'provider', hosts: 3 }]);
    expect(told.filter((one) => one.state === 'drifted').map((one) => one.host)).toEqual(['h1', 'h2', 'h3']);

    const healed = await ansible.play('rollout', team('gpt-5.5', [1, '100%']));
    good(healed);
    expect(changed(healed)).toEqual({ ...every(false), h1: true, h2: true, h3: true });
  });

  it('stops after the batch of a host that fails, which is as it was', async () => {
    await hosts.gateway('h2', [NEW]);
    const before = hosts.read('h2', CONFIG);
    const played = await ansible.play('rollout', team('gpt-5.4', [1, 1, '100%']));
    await hosts.gateway('h2', [OLD]);
    expect([played.code, played.hosts.h2?.failed]).toEqual([2, 1]);
    expect(played.output).toMatch(/CL\d{4}: .*Next: /);
    expect(models()).toEqual({ ...every('gpt-5.5'), h1: 'gpt-5.4' });
    expect(hosts.read('h2', CONFIG)).toBe(before);
  });

  it('stops at a host that cannot get the route, although nothing there failed', async () => {
    await hosts.gateway('h2', []);
    const played = await ansible.play('rollout', team('gpt-5.4', [1, 1, '100%']));
    await hosts.gateway('h2', [OLD]);
    expect([played.code, played.hosts.h2?.failed]).toEqual([2, 1]);
    expect(played.output).toContain('could not be changed on h2');
    expect(models()).toEqual({ ...every('gpt-5.5'), h1: 'gpt-5.4' });
  });

  it('stops at a host that is away from the start, in time', async () => {
    hosts.cut('h2');
    const played = await ansible.play('rollout', team('gpt-5.4', [1, 1, '100%']));
    hosts.heal('h2');
    expect([played.code, played.hosts.h2?.failed]).toEqual([2, 1]);
    expect(models()).toEqual({ ...every('gpt-5.5'), h1: 'gpt-5.4' });
    expect(played.seconds).toBeLessThan(60);
  });

  it('stops at a host that goes away in the middle, in time', async () => {
    const playing = ansible.play('rollout', team('gpt-5.4', [1, 1, '100%']));
    const lock = join(hosts.host('h2').home, '.local/state/codex-link/lock');
    let seen = false;
    const watch = setInterval(() => {
      if (seen || !existsSync(lock)) return;
      seen = true;
      hosts.cut('h2');
    }, 2);
    const played = await playing;
    clearInterval(watch);
    hosts.heal('h2');
    expect(seen).toBe(true);
    expect([played.code, played.hosts.h2?.failed], played.output.slice(-3000)).toEqual([2, 1]);
    expect({ ...models(), h2: '?' }).toEqual({ ...every('gpt-5.5'), h1: 'gpt-5.4', h2: '?' });
    expect(played.seconds).toBeLessThan(90);
  });

  it('goes on where it was stopped', async () => {
    good(await ansible.play('rollout', team('gpt-5.4', [1, '100%'])));
    expect(models()).toEqual(every('gpt-5.4'));
  });

  it('gets a new key while one host is away: that one is not locked out, and catches up', async () => {
    const withdrawn = hosts.path('withdrawn');
    for (const name of names()) await hosts.gateway(name, [OLD, NEW]);
    hosts.cut('h3');
    const variables = { codex_link_secret: NEW, codex_link_withdraw: `touch ${withdrawn}`, codex_link_batches: [1, '100%'] };
    const first = await ansible.play('rotate', variables);
    hosts.heal('h3');
    expect([first.code !== 0, first.code !== undefined, existsSync(withdrawn)], first.output.slice(-3000)).toEqual([
      true,
      true,
      false,
    ]);
    expect(first.output).toContain('Still without the new key: h3.');
    const { file, args, env } = hosts.on('h3', 'codex-link', ['verify', '--json']);
    const verified = await execa(file, args, { env, extendEnv: false, reject: false, cwd: '/' });
    expect(JSON.parse(verified.stdout)).toMatchObject({ verified: true });

    const second = await ansible.play('rotate', variables, '-vvv');
    good(second);
    expect([existsSync(withdrawn), holds(second.output, NEW)]).toEqual([true, false]);
    for (const name of names()) await hosts.gateway(name, [NEW]);
    for (const { home } of hosts.all) expect([filesWith(OLD, home), filesWith(NEW, home).length]).toEqual([[], 1]);
    const look = await ansible.play('drift', { codex_link_reports: hosts.path('after') });
    good(look);
    const report = await execa(process.execPath, [PROGRAM, 'fleet', 'report', hosts.path('after')], { reject: false });
    expect([report.exitCode, report.stdout]).toEqual([0, expect.stringContaining(`${COUNT} in sync`)]);
  });

  it('moves to the OAuth route at once, and back', async () => {
    const routes = () =>
      Object.fromEntries(
        names().map((name) => [name, /^model_provider = "(.*)"/m.exec(hosts.read(name, CONFIG) ?? '')?.[1] ?? 'openai']),
      );
    good(await ansible.play('fallback', {}));
    expect(routes()).toEqual(every('openai'));
    good(await ansible.play('fallback', { codex_link_route: 'auto' }));
    expect(routes()).toEqual(every('cliproxy'));
  });

  it('is rolled out by two at once: one of them works, the other says who does, and nothing breaks', async () => {
    const variables = { ...team('gpt-5.3', ['100%']), codex_link_secret: NEW };
    const both = await Promise.all([ansible.play('rollout', variables), ansible.play('rollout', variables)]);
    for (const name of names()) expect(both.some((one) => one.hosts[name]?.failed === 0)).toBe(true);
    for (const one of both) if (one.code !== 0) expect(one.output).toContain('CL0003');
    expect(models()).toEqual(every('gpt-5.3'));
    const after = await ansible.play('rollout', variables);
    good(after);
    expect(changed(after)).toEqual(every(false));
  });

  it('can be looked at by root, as the person', async () => {
    const { user, home } = hosts.host('h1');
    const { code, output } = await ansible.module('localhost', {
      state: 'planned',
      os_user: user,
      executable: join(home, '.local/bin/codex-link'),
    });
    expect(code, output).toBe(0);
    expect(output).toContain(`"user": "${user}"`);
    expect(output).toContain('"changed": false');
  });

  it('is told by hand what a machine would do, with the specification in the task', async () => {
    const { code, output } = await ansible.module('h1', { spec: spec('gpt-5.0') }, '--check', '--diff');
    expect(code, output).toBe(0);
    expect(output).toContain('+model = ');
    expect(output).toContain('gpt-5.0');
    expect(models()).toEqual(every('gpt-5.3'));
  });

  it('goes back to before everything', async () => {
    const played = await ansible.play('rollback', { codex_link_generation: 0 });
    good(played);
    for (const name of names()) expect(hosts.read(name, CONFIG)).toBe(BEFORE);
  });

  it('is released: announced first, then done, then nothing more', async () => {
    good(await ansible.play('rollout', { ...team('gpt-5.5', ['100%']), codex_link_secret: NEW }));
    const said = await ansible.module('all', { state: 'absent' }, '--check');
    expect([said.code, said.output.match(/"changed": true/g)?.length], said.output).toEqual([0, COUNT]);
    expect(models()).toEqual(every('gpt-5.5'));
    const done = await ansible.module('all', { state: 'absent' });
    expect([done.code, done.output.match(/"changed": true/g)?.length], done.output).toEqual([0, COUNT]);
    for (const { name, home } of hosts.all) expect([hosts.read(name, CONFIG), filesWith(NEW, home)]).toEqual([BEFORE, []]);
    const again = await ansible.module('all', { state: 'absent' });
    expect([again.code, again.output.match(/"changed": false/g)?.length], again.output).toEqual([0, COUNT]);
  });
});
