import { describe, expect, test } from 'vitest';
import { durationMs, sameDuration, savedStrategyName, strategyName } from '../../../src/ccs/routing.ts';
import type { DesiredGateway, DesiredRouting } from '../../../src/config/desired.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { desired } from '../support/desired.ts';
import { applyTo, CCS, exit, HELPER, placeCcs, planOf, verdictOf, world } from '../support/world.ts';

const SAVED = '/home/me/.ccs/config.yaml';
const LIVE = '/home/me/.ccs/cliproxy/config.yaml';

const wanting = (routing: Partial<DesiredRouting>, gateway: Partial<DesiredGateway> = {}) =>
  desired({ gateway, rest: { routing: { strategy: null, sessionAffinity: null, sessionAffinityTtl: null, ...routing } } });

const saved = (strategy = 'round-robin', affinity = 'false', ttl = '1h', more = '') =>
  `version: 13\ncliproxy:\n  routing:\n    strategy: ${strategy}\n    session_affinity: ${affinity}\n    session_affinity_ttl: ${ttl}\n${more}`;
const live = (strategy = 'round-robin', affinity = 'false', ttl = '1h', more = '') =>
  `${more}port: 8317\nremote-management:\n  allow-remote: true\n  secret-key: $2a$10$hash\nrouting:\n  strategy: ${strategy}\n  session-affinity: ${affinity}\n  session-affinity-ttl: "${ttl}"\n`;

/** A CCS that does what the real one does with its two files; every call of the management interface counts. */
function withCcs(options: { does?: boolean; says?: string; deaf?: boolean } = {}) {
  const { machine } = world();
  machine.place(SAVED, saved(), 0o600);
  machine.place(LIVE, live(), 0o600);
  placeCcs(machine);
  const ran: string[] = [];
  /** The gateway hashes the secret of a file that it reads. */
  const read = () => machine.place(LIVE, (machine.text(LIVE) ?? '').replace(/secret-key: .*/, 'secret-key: $2a$10$other'), 0o600);
  machine.programs.set(CCS, ({ args = [] }) => {
    ran.push(args.join(' '));
    if (args[1] === 'restart') {
      read();
      return exit(0);
    }
    const text = machine.text(SAVED) ?? '';
    const value = (name: string) => new RegExp(`${name}: (.*)`).exec(text)?.[1] ?? '';
    let [strategy, affinity, ttl] = ['strategy', 'session_affinity', 'session_affinity_ttl'].map(value);
    if (args[2] === 'set') strategy = args[3];
    if (args[2] === 'affinity') [affinity, ttl] = [args[3] === 'on' ? 'true' : 'false', args[5] ?? ttl];
    if (options.does !== false) {
      machine.place(SAVED, saved(strategy, affinity, ttl), 0o600);
      machine.place(LIVE, live(strategy, affinity, ttl).replace('$2a$10$hash', '"ccs"'), 0o600);
      if (options.deaf !== true) read();
    }
    return exit(0, options.says ?? '[OK] Routing strategy set\n  Applied: live-and-config\n');
  });
  return { machine, ran };
}

const running = (machine: MemoryMachine) => {
  machine.place('/home/me/.ccs/cliproxy/sessions.json', '{"port":8317,"pid":77,"sessions":[]}');
  machine.processes.set(77, 'start');
};

const routingOf = async (machine: MemoryMachine, wanted: Parameters<typeof planOf>[1]) =>
  verdictOf(await planOf(machine, wanted), 'routing');

describe('what the two files say', () => {
  test.each<[string, Partial<DesiredRouting>, string, string | null, object]>([
    ['nothing is managed', {}, saved('fill-first'), live(), { status: 'in-sync' }],
    [
      'all is so',
      { strategy: 'round-robin', sessionAffinity: false, sessionAffinityTtl: '60m' },
      saved(),
      live(),
      { status: 'in-sync', changes: [] },
    ],
    ['short names', { strategy: 'round-robin' }, saved('RR'), live('roundrobin'), { status: 'in-sync' }],
    [
      'no word at all',
      { strategy: 'round-robin', sessionAffinity: false, sessionAffinityTtl: '1h' },
      'version: 13\n',
      'port: 8317\n',
      { status: 'in-sync' },
    ],
    ['a short name in force', { strategy: 'fill-first' }, saved('fill-first'), live('ff'), { status: 'in-sync' }],
    [
      'a short name that CCS would lose',
      { strategy: 'fill-first' },
      saved('ff'),
      live('ff'),
      { status: 'update', changes: [{ path: 'strategy', before: 'ff', after: 'fill-first' }] },
    ],
    [
      'both differ',
      { strategy: 'fill-first' },
      saved(),
      live(),
      {
        status: 'update',
        reason: 'strategy is round-robin, wanted fill-first, and 1 more',
        changes: [
          { path: 'strategy', before: 'round-robin', after: 'fill-first', sensitive: false },
          { path: 'live.strategy', before: 'round-robin', after: 'fill-first', sensitive: false },
        ],
      },
    ],
    [
      'only what is in force',
      { strategy: 'round-robin' },
      saved(),
      live('fill-first'),
      { changes: [{ path: 'live.strategy', before: 'fill-first' }] },
    ],
    [
      'only what is saved',
      { sessionAffinity: true },
      saved(),
      live('rr', 'true'),
      { changes: [{ path: 'sessionAffinity', before: false, after: true }] },
    ],
    [
      'a strategy that CCS does not know',
      { strategy: 'round-robin' },
      saved(),
      live('wrr'),
      { changes: [{ before: 'weighted-round-robin' }] },
    ],
    ['a strategy that nobody knows', { strategy: 'round-robin' }, saved(), live('Lottery'), { changes: [{ before: 'Lottery' }] }],
    ['an old word for true', { sessionAffinity: true }, saved('rr', 'true'), live('rr', 'Yes'), { status: 'in-sync' }],
    [
      'another time',
      { sessionAffinityTtl: '30m' },
      saved(),
      live(),
      { changes: [{ path: 'sessionAffinityTtl' }, { path: 'live.sessionAffinityTtl', before: '1h', after: '30m' }] },
    ],
    [
      'no gateway yet',
      { strategy: 'round-robin' },
      saved(),
      null,
      { status: 'in-sync', reason: expect.stringContaining('as soon as CCS starts') },
    ],
    [
      'no gateway yet, and another strategy saved',
      { strategy: 'round-robin' },
      saved('fill-first'),
      null,
      { changes: [{ path: 'strategy' }] },
    ],
  ])('%s', async (_what, wanted, config, file, expected) => {
    const { machine } = withCcs();
    machine.place(SAVED, config, 0o600);
    if (file === null) await machine.remove(LIVE);
    else machine.place(LIVE, file, 0o600);
    const verdict = await routingOf(machine, wanting(wanted));
    expect(verdict).toMatchObject(expected);
    if ('changes' in expected) expect(verdict.changes).toHaveLength((expected.changes as unknown[]).length);
  });

  test('a file that cannot be read is not known, and nothing starts', async () => {
    for (const path of [SAVED, LIVE]) {
      const { machine, ran } = withCcs();
      machine.place(path, 'routing: [', 0o600);
      expect((await routingOf(machine, wanting({ strategy: 'fill-first' }))).status).toBe('unknown');
      expect([(await applyTo(machine, wanting({ strategy: 'fill-first' }))).code, ran]).toEqual([1, []]);
    }
  });

  test('what CCS drops when it writes the file is said, unless the gateway puts it back', async () => {
    const { machine } = withCcs();
    machine.place(
      LIVE,
      live('rr', 'false', '1h', 'host: 127.0.0.1\n').replace('allow-remote: true', 'allow-remote: false'),
      0o600,
    );
    const consequences = async (exposure: DesiredGateway['exposure']) =>
      (await routingOf(machine, wanting({ strategy: 'fill-first' }, { exposure }))).consequences;
    const restart = expect.stringContaining('restarted');
    expect(await consequences('report')).toEqual([restart, expect.stringContaining('host, remote-management.allow-remote')]);
    expect(await consequences('loopback')).toEqual([restart]);
  });
});

describe('where it is not ours', () => {
  test('somebody else runs the gateway', async () => {
    const { machine } = withCcs();
    machine.place(SAVED, 'no: [', 0o600); // nothing of CCS is read
    expect(await routingOf(machine, wanting({ strategy: 'fill-first' }, { manager: 'none' }))).toMatchObject({
      status: 'unmanaged',
      findings: [{ code: 'CL7030', severity: 'warning' }],
    });
  });

  test('CCS is set to another machine', async () => {
    const { machine, ran } = withCcs();
    machine.place(SAVED, saved('rr', 'false', '1h', 'cliproxy_server:\n  remote:\n    enabled: true\n'), 0o600);
    const wanted = wanting({ strategy: 'fill-first' });
    expect(await routingOf(machine, wanted)).toMatchObject({ status: 'unmanaged', findings: [{ code: 'CL7033' }] });
    await applyTo(machine, wanted);
    expect(ran).toEqual([]);
  });

  test('ccs is not installed', async () => {
    const { machine } = withCcs();
    await machine.remove(CCS);
    expect(
      await routingOf(machine, wanting({ strategy: 'fill-first', sessionAffinity: true, sessionAffinityTtl: '5m' })),
    ).toMatchObject({
      status: 'manual',
      command:
        'npm install -g @kaitranntt/ccs && ccs cliproxy routing set fill-first && ccs cliproxy routing affinity on --ttl 5m && ccs cliproxy restart',
      findings: [{ code: 'CL7001', severity: 'warning' }],
    });
    expect((await routingOf(machine, wanting({ strategy: 'round-robin' }))).status).toBe('in-sync');
  });
});

describe('an apply', () => {
  test.each<[string, Partial<DesiredRouting>, string]>([
    ['the strategy', { strategy: 'fill-first' }, 'cliproxy routing set fill-first'],
    ['the affinity', { sessionAffinity: true }, 'cliproxy routing affinity on'],
    ['the time alone, with the affinity as it is', { sessionAffinityTtl: '30m' }, 'cliproxy routing affinity off --ttl 30m'],
    [
      'everything',
      { strategy: 'fill-first', sessionAffinity: true, sessionAffinityTtl: '30m' },
      'cliproxy routing set fill-first',
    ],
  ])('of %s takes one command, and the next has nothing to do', async (_what, routing, command) => {
    const { machine, ran } = withCcs();
    const wanted = wanting(routing);
    expect((await applyTo(machine, wanted)).code).toBe(0);
    expect(ran).toEqual([command]);
    expect((await routingOf(machine, wanted)).status).toBe('in-sync');
    expect((await applyTo(machine, wanted)).code).toBe(0);
    expect(ran).toHaveLength(1);
  });

  test('restarts a gateway that has gone deaf, and says so before', async () => {
    const { machine, ran } = withCcs({ deaf: true });
    running(machine);
    const wanted = wanting({ sessionAffinity: true });
    expect((await routingOf(machine, wanted)).consequences[0]).toContain('restarted');
    expect([(await applyTo(machine, wanted)).code, ran]).toEqual([0, ['cliproxy routing affinity on', 'cliproxy restart']]);
    expect((await routingOf(machine, wanted)).status).toBe('in-sync');
  });

  test('leaves one that CCS did not start to its owner', async () => {
    const { machine, ran } = withCcs({ deaf: true });
    const { code, document } = await applyTo(machine, wanting({ sessionAffinity: true }));
    expect([code, ran, document.findings.map((one) => one.code)]).toEqual([
      0,
      ['cliproxy routing affinity on'],
      expect.arrayContaining(['CL4014']),
    ]);
  });

  test('finds what was written behind the back of the running gateway', async () => {
    const { machine, ran } = withCcs({ deaf: true });
    machine.place(LIVE, live().replace('$2a$10$hash', 'ccs'), 0o600);
    const wanted = wanting({ strategy: 'round-robin' });
    expect((await routingOf(machine, wanted)).status).toBe('in-sync'); // nothing runs that could have read it
    running(machine);
    expect((await routingOf(machine, wanting({}))).status).toBe('in-sync');
    expect(await routingOf(machine, wanted)).toMatchObject({ status: 'update', changes: [{ path: 'live' }] });
    expect([(await applyTo(machine, wanted)).code, ran]).toEqual([0, ['cliproxy restart']]);
  });

  test('calls no gateway that may not know the secret', async () => {
    const { machine, ran } = withCcs();
    machine.place(LIVE, live().replace('$2a$10$hash', 'ccs'), 0o600);
    running(machine);
    expect((await applyTo(machine, wanting({ strategy: 'fill-first' }))).code).toBe(0);
    expect(ran).toEqual(['cliproxy restart', 'cliproxy routing set fill-first']);
  });

  test('that fails later restarts the gateway, for it holds in memory what it was told', async () => {
    const { machine, ran } = withCcs();
    running(machine);
    machine.programs.set(HELPER, () => exit(0, 'two words'));
    expect((await applyTo(machine, wanting({ strategy: 'fill-first' }))).code).toBe(1);
    expect(ran).toEqual(['cliproxy routing set fill-first', 'cliproxy restart']);
  });

  test('repairs what somebody has edited in force', async () => {
    const { machine, ran } = withCcs();
    machine.place(LIVE, live('fill-first'), 0o600);
    const wanted = wanting({ strategy: 'round-robin' });
    expect([(await applyTo(machine, wanted)).code, ran]).toEqual([0, ['cliproxy routing set round-robin']]);
  });

  test('believes the files and not what CCS says', async () => {
    const { machine, ran } = withCcs({ does: false, says: '[OK] done\n[X] Lock file is already being held\n' });
    running(machine);
    const { code, document } = await applyTo(machine, wanting({ strategy: 'fill-first' }));
    // Nothing has changed, so nothing is restarted to take it back.
    expect([code, ran]).toEqual([1, ['cliproxy routing set fill-first']]);
    expect(document.findings).toContainEqual(
      expect.objectContaining({
        code: 'CL7031',
        message: expect.stringMatching(/strategy, live\.strategy did not change: \[X\] Lock file/),
      }),
    );
  });

  test('says when the running gateway refused, and does not try again', async () => {
    const says = '  Applied: config-only\n║ Saved the local startup default. It will apply\n the next time CLIProxy starts. ║\n';
    const { machine, ran } = withCcs({ says: says.replaceAll('║', '') });
    const { code, document } = await applyTo(machine, wanting({ strategy: 'fill-first' }));
    expect([code, ran.length]).toEqual([0, 1]);
    expect(document.findings.map((one) => one.code)).toContain('CL7032');
  });

  test.each([['everything', { strategy: 'fill-first', sessionAffinity: true } as const]])(
    'that fails later puts both files back, byte for byte, with %s',
    async (_what, routing) => {
      const { machine } = withCcs();
      const hand = live('round-robin', 'false', '1h', '# mine\nhost: 127.0.0.1\n');
      machine.place(LIVE, hand, 0o600);
      const before = [machine.text(SAVED), hand];
      machine.programs.set(HELPER, () => exit(0, 'two words'));
      expect((await applyTo(machine, wanting(routing))).code).toBe(1);
      expect([machine.text(SAVED), machine.text(LIVE)]).toEqual(before);
    },
  );

  test('leaves alone what somebody else has changed since', async () => {
    const { machine } = withCcs();
    machine.programs.set(HELPER, () => {
      machine.place(SAVED, saved('fill-first', 'false', '2h'), 0o600);
      return exit(0, 'two words');
    });
    const { document } = await applyTo(machine, wanting({ strategy: 'fill-first' }));
    expect(machine.text(SAVED)).toContain('session_affinity_ttl: 2h');
    expect(machine.text(LIVE)).toBe(live());
    expect(document.findings).toContainEqual(
      expect.objectContaining({ code: 'CL0010', message: expect.stringContaining(SAVED) }),
    );
  });
});

test.each([
  ['', 'round-robin'],
  [' RR ', 'round-robin'],
  ['FillFirst', 'fill-first'],
  ['wrr', 'weighted-round-robin'],
  ['Sticky', 'Sticky'],
])('the strategy %j is %s', (text, name) => {
  expect(strategyName(text)).toBe(name);
});

test('a short name of fill-first is not what CCS reads', () => {
  expect([savedStrategyName('ff'), savedStrategyName('fill-first'), savedStrategyName('rr')]).toEqual([
    'ff',
    'fill-first',
    'round-robin',
  ]);
});

test.each([
  ['1h', '60m', true],
  ['1h30m', '5400s', true],
  ['1.5h', '90m', true],
  ['0.1s', '100ms', true],
  ['1h', '1m', false],
  ['soon', 'soon', true],
  ['soon', '1h', false],
  ['1h soon', '1h', false],
])('%s and %s are as long: %s', (a, b, same) => {
  expect(sameDuration(a, b)).toBe(same);
});

test('a duration without a unit is none', () => {
  expect([durationMs('60'), durationMs(''), durationMs('1h 1m')]).toEqual([null, null, null]);
});
