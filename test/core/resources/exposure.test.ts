import { describe, expect, test } from 'vitest';
import type { DesiredGateway, DesiredRouting } from '../../../src/config/desired.ts';
import { FaultyMachine } from '../../../src/machine/faulty.ts';
import { desired } from '../support/desired.ts';
import { applyTo, CCS, exit, HELPER, placeCcs, planOf, rebooted, verdictOf, world } from '../support/world.ts';

const SAVED = '/home/me/.ccs/config.yaml';
const LIVE = '/home/me/.ccs/cliproxy/config.yaml';
const SESSION = '/home/me/.ccs/cliproxy/sessions.json';
const VERSION = '/home/me/.ccs/cliproxy/bin/original/.version';
const LOCK = '/home/me/.ccs/config.yaml.lock';
const INSIDE = '127.0.0.1:8317';
const OUTSIDE = '127.0.0.2:8317';

const config = (more = '') => `# by CCS\nversion: 13\ncliproxy:\n  backend: original\n${more}`;
const made = (more = '', secret = '$2a$10$hash', remote = 'true') =>
  `# by CCS\n${more}port: 8317\n\n# why\nremote-management:\n  allow-remote: ${remote}\n  secret-key: ${secret} # hashed\nrouting:\n  strategy: round-robin\n`;
const CLOSED_SAVED = config('  auth:\n    management_secret: my-own\n');
const CLOSED = made('host: 127.0.0.1\n', '$2a$10$hash', 'false');

interface Given {
  readonly saved?: string;
  readonly live?: string | null;
  /** Null: it does not run. */
  readonly listens?: 'everywhere' | 'here' | null;
  /** Whether CCS has written down that it runs it. */
  readonly session?: boolean;
  /** CCS writes the file anew when it starts the gateway, because an update has changed its format. */
  readonly updated?: boolean;
  readonly stubborn?: boolean;
}

/** A pool whose gateway listens where its file says from its next start on. */
function pool({ saved = config(), live = made(), listens = 'everywhere', session = true, updated, stubborn }: Given = {}) {
  const { machine, gateway } = world();
  const ran: string[] = [];
  let outdated = updated === true;
  machine.place(SAVED, saved, 0o600);
  if (live !== null) machine.place(LIVE, live, 0o600);
  placeCcs(machine);
  machine.place(VERSION, '7.2.140');
  machine.clock += 1000;
  const listen = (where: Given['listens']) => {
    machine.servers.delete(INSIDE);
    machine.servers.delete(OUTSIDE);
    if (where !== null) machine.servers.set(INSIDE, gateway.server);
    if (where === 'everywhere') machine.servers.set(OUTSIDE, () => null);
  };
  const begin = () => {
    if (machine.text(LIVE) === null || outdated) machine.place(LIVE, made('', '"ccs"'), 0o600);
    outdated = false;
    const text = machine.text(LIVE) ?? '';
    machine.place(LIVE, text.replace(/secret-key: (?!\$2)\S+/, 'secret-key: $2a$10$new'), 0o600);
    machine.place(
      SESSION,
      JSON.stringify({ port: 8317, pid: 77, sessions: [], startedAt: new Date(machine.now()).toISOString() }),
    );
    machine.processes.set(77, 'start');
    listen(/^host: "?127/m.test(text) && stubborn !== true ? 'here' : 'everywhere');
  };
  listen(listens);
  if (session && listens !== null) {
    machine.place(
      SESSION,
      JSON.stringify({ port: 8317, pid: 77, sessions: [], startedAt: new Date(machine.now()).toISOString() }),
    );
    machine.processes.set(77, 'start');
  }
  machine.programs.set(CCS, ({ args = [] }) => {
    ran.push(args.slice(1).join(' '));
    if (args[2] === 'set') machine.place(LIVE, made('', '$2a$10$hash').replace('round-robin', args[3] ?? ''), 0o600);
    if (args[2] === 'set') machine.place(SAVED, config(`  routing:\n    strategy: ${args[3]}\n`), 0o600);
    if (args[1] === 'start' && machine.servers.has(INSIDE)) return exit(0, '[i] already running');
    if (args[1] === 'start' || args[1] === 'restart') begin();
    if (args[1] === 'stop') listen(null);
    return exit(0);
  });
  return { machine, gateway, ran };
}

const closed = (gateway: Partial<DesiredGateway> = {}, routing: DesiredRouting | null = null) =>
  desired({ gateway: { exposure: 'loopback', ...gateway }, rest: { routing } });
const judge = async (given: Given, wanted = desired()) => verdictOf(await planOf(pool(given).machine, wanted), 'gateway');
const codes = (verdict: Awaited<ReturnType<typeof judge>>) => verdict.findings.map((one) => `${one.code} ${one.severity}`);

describe('what is said of it', () => {
  test.each<[string, Given, string[]]>([
    ['everything as CCS makes it', {}, ['CL4009 warning', 'CL4012 warning']],
    ['a secret of its own', { saved: CLOSED_SAVED }, ['CL4009 warning', 'CL4013 warning']],
    ['no remote management', { saved: CLOSED_SAVED, live: made('', '$2a$10$hash', 'false') }, ['CL4009 warning']],
    ['no management at all', { live: made('', '""') }, ['CL4009 warning']],
    ['open only after its next start', { listens: 'here' }, ['CL4012 info']],
    ['closed', { listens: 'here', live: CLOSED, saved: CLOSED_SAVED }, []],
    ['closed, with the secret of CCS', { listens: 'here', live: CLOSED }, ['CL4012 info']],
    ['not read by the gateway', { listens: 'here', live: made('', '"x"'), saved: CLOSED_SAVED }, ['CL4014 warning']],
    ['started by somebody else', { session: false }, ['CL4009 warning']],
    [
      'set to another machine',
      { live: CLOSED, listens: 'here', saved: `${CLOSED_SAVED}cliproxy_server:\n  remote:\n    enabled: true\n` },
      ['CL4016 warning'],
    ],
    [
      'another port',
      { listens: 'here', saved: `${CLOSED_SAVED}cliproxy_server:\n  local:\n    port: 8400\n` },
      ['CL4015 warning'],
    ],
  ])('%s', async (_what, given, expected) => {
    const verdict = await judge(given);
    expect([verdict.status, codes(verdict)]).toEqual(['in-sync', expected]);
  });

  test('the key that every CCS has: dangerous where others reach it, worth knowing where not', async () => {
    for (const [listens, severity] of [
      ['everywhere', 'warning'],
      ['here', 'info'],
    ] as const) {
      const { machine, gateway } = pool({ listens, live: CLOSED, saved: CLOSED_SAVED });
      gateway.keys = ['ccs-internal-managed'];
      const verdict = verdictOf(await planOf(machine, desired({ secret: { source: { kind: 'ccs' } } })), 'gateway');
      expect(verdict.findings.find((one) => one.code === 'CL4010')).toMatchObject({ severity, fix: 'codex-link rotate' });
    }
  });

  test('where somebody else runs it here, only what can be seen from outside, and no file of CCS', async () => {
    const { machine } = pool();
    machine.place(SAVED, 'no: [', 0o600);
    machine.place(LIVE, 'no: [', 0o600);
    const wanted = desired({ gateway: { manager: 'none' } });
    const verdict = verdictOf(await planOf(machine, wanted), 'gateway');
    expect([verdict.status, codes(verdict)]).toEqual(['in-sync', ['CL4009 warning']]);
    expect(verdict.findings[0]?.fix).toBe('set host: 127.0.0.1 in the config.yaml of the gateway, then restart it');
    expect((await applyTo(machine, wanted)).code).toBe(0);
    expect((await planOf(machine, wanted)).outcome).toBe('in-sync');
  });

  test('a gateway that runs elsewhere is not looked at from here', async () => {
    const { machine } = pool();
    machine.place(SAVED, 'no: [', 0o600);
    machine.servers.set('gw.example.com:443', machine.servers.get(INSIDE) ?? (() => null));
    const wanted = desired({
      gateway: {
        manager: 'none',
        url: 'https://gw.example.com',
        host: 'gw.example.com',
        port: 443,
        tls: true,
        loopback: false,
        exposure: 'loopback',
      },
    });
    expect(verdictOf(await planOf(machine, wanted), 'gateway')).toMatchObject({
      status: 'in-sync',
      reason: 'CLIProxyAPI answers at https://gw.example.com',
      findings: [],
    });
  });
});

describe('facts', () => {
  const reason = async (given: Given, prepare: (machine: ReturnType<typeof pool>['machine']) => void = () => {}) => {
    const { machine } = pool(given);
    prepare(machine);
    return verdictOf(await planOf(machine, desired()), 'gateway').reason;
  };
  const where = 'answers at http://127.0.0.1:8317';

  test.each<[string, string, (machine: ReturnType<typeof pool>['machine']) => void]>([
    ['run by CCS', `CLIProxyAPI 7.2.140 (original), run by CCS (process 77), ${where}`, () => {}],
    [
      'a newer one installed since',
      `CLIProxyAPI, run by CCS (process 77), ${where}`,
      (machine) => {
        machine.clock += 60_000;
        machine.place(VERSION, '7.3.0');
      },
    ],
    [
      'both backends installed',
      `CLIProxyAPI, run by CCS (process 77), ${where}`,
      (machine) => machine.place(VERSION.replace('original', 'plus'), '7.2.1-0'),
    ],
    [
      'CCS says which',
      `CLIProxyAPI 7.2.1-0 (plus), run by CCS (process 77), ${where}`,
      (machine) => {
        machine.place(VERSION.replace('original', 'plus'), '7.2.1-0');
        machine.place(SESSION, '{"port":8317,"pid":77,"sessions":[],"version":"7.2.1-0","backend":"plus"}');
      },
    ],
    ['nonsense for a version', `CLIProxyAPI, run by CCS (process 77), ${where}`, (machine) => machine.place(VERSION, '<html>')],
    ['the process is gone', `CLIProxyAPI ${where}`, (machine) => void machine.processes.delete(77)],
    ['no JSON', `CLIProxyAPI ${where}`, (machine) => machine.place(SESSION, '{')],
    [
      'another program',
      `CLIProxyAPI, run by /opt/cli-proxy-api (process 99), ${where}`,
      (machine) => {
        machine.processes.delete(77);
        listening(machine, '/opt/cli-proxy-api');
      },
    ],
    [
      'the one of CCS, which has forgotten it',
      `CLIProxyAPI, run by CCS (process 99), ${where}`,
      (machine) => {
        machine.processes.delete(77);
        listening(machine, '/home/me/.ccs/cliproxy/bin/original/cli-proxy-api');
      },
    ],
  ])('%s', async (_what, expected, prepare) => {
    expect(await reason({ listens: 'here' }, prepare)).toBe(expected);
  });
});

function listening(machine: ReturnType<typeof pool>['machine'], program: string): void {
  machine.place('/proc/net/tcp', 'header\n 0: 00000000:207D 00000000:0000 0A 0:0 0:0 0 1000 0 55 1\n');
  machine.placeLink('/proc/99/fd/3', 'socket:[55]');
  machine.place('/proc/99/cmdline', `${program}\0--config\0`);
}

describe('exposure: loopback', () => {
  test.each<[string, Given, string[]]>([
    ['everything', {}, ['host', 'remote-management.allow-remote', 'remote-management.secret-key']],
    ['only the start is missing', { live: CLOSED, saved: CLOSED_SAVED }, ['listening']],
    [
      'an address of the network',
      { live: made('host: 192.168.0.7\n'), saved: CLOSED_SAVED },
      ['host', 'remote-management.allow-remote'],
    ],
    ['the file was written anew', { listens: 'here', saved: CLOSED_SAVED }, ['host', 'remote-management.allow-remote']],
    [
      'never started',
      { listens: null, live: null },
      ['running', 'host', 'remote-management.allow-remote', 'remote-management.secret-key'],
    ],
    ['stopped', { listens: null, live: CLOSED, saved: CLOSED_SAVED }, ['running']],
  ])('%s: corrected, restarted or started, and then there is nothing to do', async (_what, given, paths) => {
    const { machine, ran } = pool(given);
    const wanted = closed();
    const before = verdictOf(await planOf(machine, wanted), 'gateway');
    expect([before.status, before.changes.map((one) => one.path)]).toEqual(['update', paths]);
    expect(before.consequences.join()).toContain('ccs cliproxy routing');
    const { code, document } = await applyTo(machine, wanted);
    expect([code, document.resources.find((one) => one.address === 'gateway')?.result]).toEqual([0, 'done']);
    expect([machine.servers.has(INSIDE), machine.servers.has(OUTSIDE)]).toEqual([true, false]);
    expect(machine.text(LIVE)).toMatch(/^host: "?127\.0\.0\.1"?$/m);
    expect(machine.text(LIVE)).toMatch(/allow-remote: false\n {2}secret-key: \$2a\$10\$\S+( # hashed)?\n/);
    expect(machine.text(SAVED)).toMatch(/^ {4}management_secret: "?(my-own|[\w-]{43})"?$/m);
    const again = await applyTo(machine, wanted);
    expect([again.code, again.plan.outcome, ran.filter((one) => one !== 'start' && one !== 'restart')]).toEqual([
      0,
      'in-sync',
      [],
    ]);
    expect(ran.length).toBeLessThanOrEqual(given.live === null ? 2 : 1);
  });

  test('keeps every other byte of both files', async () => {
    const { machine } = pool();
    await applyTo(machine, closed());
    expect(machine.text(LIVE)).toBe(
      '# by CCS\nhost: 127.0.0.1\nport: 8317\n\n# why\nremote-management:\n  allow-remote: false\n  secret-key: $2a$10$new # hashed\nrouting:\n  strategy: round-robin\n',
    );
    expect(machine.text(SAVED)?.replace(/management_secret: .*/, 'management_secret: X')).toBe(
      '# by CCS\nversion: 13\ncliproxy:\n  auth:\n    management_secret: X\n  backend: original\n',
    );
  });

  test('leaves a hash of a secret of its own alone', async () => {
    const { machine } = pool({ saved: CLOSED_SAVED });
    await applyTo(machine, closed());
    expect([machine.text(LIVE), machine.text(SAVED)]).toEqual([expect.stringContaining('$2a$10$hash'), CLOSED_SAVED]);
  });

  test('the new secret is nowhere but in its file', async () => {
    const { machine } = pool();
    const { document, plan } = await applyTo(machine, closed());
    const secret = /management_secret: "?([\w-]+)/.exec(machine.text(SAVED) ?? '')?.[1] ?? '';
    expect(secret).toHaveLength(43);
    expect(JSON.stringify([document, plan.resources.map((one) => one.verdict)])).not.toContain(secret);
  });

  test('a CCS that writes the file anew at the restart gets a second round', async () => {
    const { machine, ran } = pool({ updated: true });
    expect([(await applyTo(machine, closed())).code, ran]).toEqual([0, ['restart', 'restart']]);
    expect((await planOf(machine, closed())).outcome).toBe('in-sync');
  });

  test('one that stays open is an error, and everything is as it was', async () => {
    const { machine, ran } = pool({ stubborn: true });
    const before = [machine.text(SAVED), machine.text(LIVE)];
    const { code, document } = await applyTo(machine, closed());
    expect([code, document.findings.map((one) => one.code)]).toEqual([1, expect.arrayContaining(['CL4019'])]);
    expect([machine.text(SAVED), machine.text(LIVE)]).toEqual(before);
    expect([ran.at(-1), document.findings.map((one) => one.code)]).toEqual(['restart', expect.not.arrayContaining(['CL0010'])]);
  });

  test('what fails later puts the files back, and starts the gateway with them', async () => {
    const { machine, ran } = pool();
    const before = [machine.text(SAVED), machine.text(LIVE)];
    machine.programs.set(HELPER, () => exit(0, 'two words'));
    const { code, document } = await applyTo(machine, closed());
    expect([code, ran, machine.servers.has(OUTSIDE)]).toEqual([1, ['restart', 'restart'], true]);
    expect([machine.text(SAVED), machine.text(LIVE)]).toEqual(before);
    expect(document.findings.map((one) => one.code)).not.toContain('CL0010');
  });

  test('a change of routing opens the file again, and the same apply closes it', async () => {
    const { machine, ran } = pool({ listens: 'here', live: CLOSED, saved: CLOSED_SAVED });
    const wanted = closed({}, { strategy: 'fill-first', sessionAffinity: null, sessionAffinityTtl: null });
    const before = verdictOf(await planOf(machine, wanted), 'gateway');
    expect(before).toMatchObject({ status: 'update', reason: expect.stringContaining('when the routing changes') });
    expect([(await applyTo(machine, wanted)).code, ran]).toEqual([0, ['routing set fill-first', 'restart']]);
    expect((await planOf(machine, wanted)).outcome).toBe('in-sync');
    expect(machine.text(LIVE)).toContain('host: 127.0.0.1\n');
  });

  test('died at any change, the next apply finishes', async () => {
    for (let at = 1; ; at += 1) {
      const { machine } = pool();
      const dying = new FaultyMachine(machine, { at, when: 'before', code: 'CRASH' });
      let died = true;
      await applyTo(dying, closed()).then(
        ({ code }) => (died = code !== 0),
        () => {},
      );
      if (!died) {
        expect(at).toBeGreaterThan(5);
        break;
      }
      rebooted(machine);
      // The number of a process that died belongs to nobody now.
      const lock = machine.text(LOCK);
      if (lock !== null) machine.place(LOCK, lock.replace(/^\d+/, '9999'));
      machine.clock += 60_000;
      expect([at, (await applyTo(machine, closed())).code]).toEqual([at, 0]);
      const after = await planOf(machine, closed());
      expect([at, after.outcome, machine.servers.has(OUTSIDE)]).toEqual([at, 'in-sync', false]);
      expect(machine.text(SAVED)).toMatch(/management_secret: "?[\w-]{43}/);
    }
  });

  test.each<[string, Given, Partial<DesiredGateway>, string]>([
    ['somebody else runs it', {}, { manager: 'none' }, 'gateway.manager is none'],
    ['CCS did not start it', { session: false }, {}, 'CCS did not start it (process 99: /opt/cli-proxy-api)'],
    [
      'CCS has another port',
      { saved: config('cliproxy_server:\n  local:\n    port: 8400\n') },
      {},
      'CCS has its gateway on another port',
    ],
    ['IPv6', {}, { host: '::1', url: 'http://[::1]:8317' }, 'CCS waits for its gateway at 127.0.0.1'],
  ])('%s: a person has to', async (_what, given, gateway, why) => {
    const { machine, ran } = pool(given);
    machine.servers.set('::1:8317', machine.servers.get(INSIDE) ?? (() => null));
    listening(machine, '/opt/cli-proxy-api');
    const wanted = closed(gateway);
    const verdict = verdictOf(await planOf(machine, wanted), 'gateway');
    expect(verdict).toMatchObject({
      status: 'manual',
      reason: expect.stringContaining(why),
      command: expect.stringContaining('host: 127.0.0.1'),
    });
    expect(verdict.findings[0]).toMatchObject({ code: 'CL4018', severity: 'warning' });
    expect([(await applyTo(machine, wanted)).code, ran]).toEqual([2, []]);
  });

  test('what cannot be edited in place is left alone', async () => {
    const { machine, ran } = pool({ live: `x: &a ${'0.0.0.0'}\nhost: *a\n${made()}` });
    const before = [machine.text(SAVED), machine.text(LIVE)];
    const { code, document } = await applyTo(machine, closed());
    expect([code, document.findings.map((one) => one.code)]).toEqual([1, expect.arrayContaining(['CL4011'])]);
    expect([machine.text(SAVED), machine.text(LIVE), ran]).toEqual([...before, []]);
  });
});

describe('before it runs', () => {
  const silent = (provider: { basePath: string }, given: Given = {}) => {
    const { machine, gateway, ran } = pool({ listens: null, live: CLOSED, saved: CLOSED_SAVED, ...given });
    gateway.version = '6.9.45';
    return { machine, ran, wanted: desired({ provider }) };
  };

  test('a base path that its release lacks is a warning, with the reason', async () => {
    const { machine, wanted } = silent({ basePath: '/api/provider/codex' });
    const { status, findings } = verdictOf(await planOf(machine, wanted), 'gateway');
    expect([status, findings]).toMatchObject([
      'update',
      [{ code: 'CL4017', severity: 'warning', message: expect.stringContaining('7.2.140'), fix: expect.stringContaining('/v1') }],
    ]);
  });

  test.each([
    ['/api/provider/codex', '7.1.16', 'original'],
    ['/api/provider/codex', 'dev', 'original'],
    ['/api/provider/codex', '7.2.140-0', 'plus'],
    ['/v1', '7.2.140', 'original'],
    ['/backend-api/codex', '7.2.140', 'original'],
  ])('%s is not known to be missing in %s (%s)', async (basePath, version, backend) => {
    const { machine, wanted } = silent({ basePath }, { saved: CLOSED_SAVED.replace('original', backend) });
    machine.place(VERSION.replace('original', backend), version);
    expect(codes(verdictOf(await planOf(machine, wanted), 'gateway'))).toEqual([]);
  });

  test('a running one is asked, and the release tells why', async () => {
    const { machine } = pool({ listens: 'here' });
    const verdict = verdictOf(await planOf(machine, desired({ provider: { basePath: '/api/provider/codex' } })), 'gateway');
    expect(verdict.reason).toBe(
      'the gateway at http://127.0.0.1:8317 has no /api/provider/codex: /api/provider is gone from CLIProxyAPI 7.2.0 on, and this is 7.2.140',
    );
  });

  test('a gateway on another port is not started in its place', async () => {
    const { machine, ran, wanted } = silent(
      { basePath: '/v1' },
      { saved: `${CLOSED_SAVED}cliproxy_server:\n  local:\n    port: 8400\n` },
    );
    const verdict = verdictOf(await planOf(machine, wanted), 'gateway');
    expect(verdict).toMatchObject({ status: 'manual', command: expect.stringContaining('gateway.url: http://127.0.0.1:8400') });
    expect(codes(verdict)).toEqual(['CL4015 warning']);
    expect([(await applyTo(machine, wanted)).code, ran]).toEqual([2, []]);
  });
});
