import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { sendReports } from '../../../src/cli/drift-reports.ts';
import type { DesiredReport } from '../../../src/config/desired.ts';
import { readHistory, updateHistory } from '../../../src/drift/history.ts';
import type { DriftRun } from '../../../src/drift/run.ts';
import { sendToWebhook } from '../../../src/drift/webhook.ts';
import { MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { RealMachine } from '../../../src/machine/real.ts';
import { notify } from '../../../src/platform/notification.ts';
import { chatText, redacted } from '../../../src/report/chat-text.ts';
import { junitXml } from '../../../src/report/junit.ts';
import { prometheusText } from '../../../src/report/prometheus.ts';
import { findCommand } from '../../support/system.ts';
import { desired } from '../support/desired.ts';
import { driftOf, HOUR } from '../support/drift.ts';
import { answer } from '../support/gateway.ts';
import { problems } from '../support/schemas.ts';
import { applyTo, exit, HELPER, world } from '../support/world.ts';
import { metricsOf } from './metrics.ts';

const PROMTOOL = process.env.PROMTOOL ?? findCommand('promtool');

const FINDING = {
  code: 'CL1006',
  severity: 'error',
  resource: null,
  message: 'a layer <above>',
  fix: 'ask',
  file: null,
  line: null,
  column: null,
} as const;
const NASTY = 'a "quoted" <tag> & \\back\nline\u0007\u0000 ünï \ud800';

function run(more: Partial<DriftRun> = {}): DriftRun {
  const base = { cause: null, writer: null, since: null, changes: [], command: null, reason: 'fine' } as const;
  return {
    started: '2026-11-21T12:00:00.000Z',
    durationMs: 61,
    outcome: 'drift',
    version: '0.1.0',
    os: 'linux',
    host: NASTY,
    user: 'me',
    file: '/home/me/codex-link.yaml',
    changed: true,
    inSyncSince: null,
    lastInSync: '2026-11-21T11:00:00.000Z',
    lastSuccess: '2026-11-21T12:00:00.000Z',
    resources: [
      {
        ...base,
        address: 'provider',
        kind: 'provider',
        status: 'update',
        drifted: true,
        cause: 'drift',
        writer: 'ccsxp',
        since: '2026-11-21T10:00:00.000Z',
        reason: NASTY,
        changes: [{ path: 'name', before: NASTY, after: 'x', sensitive: false }],
        command: 'codex-link apply',
      },
      { ...base, address: 'secret', kind: 'secret', status: 'unknown', drifted: false, reason: 'locked', command: 'unlock it' },
      { ...base, address: 'helper', kind: 'helper', status: 'in-sync', drifted: false },
      { ...base, address: 'verification', kind: 'verification', status: 'run', drifted: false },
      { ...base, address: 'accounts/ann.b@example.com', kind: 'accounts', status: 'deferred', drifted: false },
      { ...base, address: 'routing', kind: 'routing', status: 'update', drifted: false },
      { ...base, address: 'app', kind: 'app', status: 'skipped', drifted: false },
    ],
    ignored: [{ address: 'routing', field: null, until: null, why: 'load test', reason: 'strategy' }],
    healed: [],
    fights: [],
    fallback: null,
    findings: [FINDING],
    ...more,
  };
}

describe('junit', () => {
  test.skipIf(!existsSync('/usr/bin/xmllint'))('is valid by the schema of its readers, whatever is in it', () => {
    const schema = new URL('junit.xsd', import.meta.url).pathname;
    for (const one of [run(), run({ resources: [], findings: [] }), run({ outcome: 'in-sync', findings: [] })]) {
      const { status, stderr } = spawnSync('/usr/bin/xmllint', ['--noout', '--schema', schema, '-'], {
        input: junitXml(one),
        encoding: 'utf8',
      });
      expect([status, stderr.trim()]).toEqual([0, '- validates']);
    }
    const broken = junitXml(run()).replace('failures="2"', 'failures="many"');
    expect(spawnSync('/usr/bin/xmllint', ['--noout', '--schema', schema, '-'], { input: broken }).status).not.toBe(0);
  });

  test('has a case for each resource, and counts what it holds', () => {
    const xml = junitXml(run());
    expect(xml).toContain('tests="8" failures="2" errors="1" skipped="3" time="0.061" timestamp="2026-11-21T12:00:00"');
    expect(xml.match(/<failure /g)?.length).toBe(2);
    expect(xml).toContain('<skipped message="accepted by drift.ignore: load test"/>');
    expect(xml).toContain('written by ccsxp');
  });
});

describe('prometheus', () => {
  test('is the text format, whatever is in it, and says it', () => {
    const metrics = metricsOf(prometheusText(run()));
    expect(metrics.get('codex_link_drift{kind="provider",resource="provider"}')).toBe(1);
    expect(metrics.get('codex_link_drift{kind="helper",resource="helper"}')).toBe(0);
    expect(metrics.get('codex_link_unknown{kind="secret",resource="secret"}')).toBe(1);
    expect(metrics.get('codex_link_drift_since_timestamp_seconds{kind="provider",resource="provider"}')).toBe(1795255200);
    expect(metrics.get('codex_link_last_run_timestamp_seconds{}')).toBe(1795262400);
    expect(metrics.get('codex_link_last_success_timestamp_seconds{}')).toBe(1795262400);
    expect(metrics.get('codex_link_run_duration_seconds{}')).toBe(0.061);
    expect(metrics.get('codex_link_build_info{version="0.1.0"}')).toBe(1);
    expect(
      [...metrics].filter(([name, value]) => name.startsWith('codex_link_outcome') && value === 1).map(([name]) => name),
    ).toEqual(['codex_link_outcome{outcome="drift"}']);
    expect(metricsOf(prometheusText(run({ version: NASTY }))).size).toBe(metrics.size);
    expect(metricsOf(prometheusText(run({ resources: [], lastSuccess: null, lastInSync: null }))).size).toBeGreaterThan(5);
  });

  test.skipIf(PROMTOOL === null)('promtool has nothing against it', () => {
    const { status, stdout, stderr } = spawnSync(PROMTOOL ?? '', ['check', 'metrics'], {
      input: prometheusText(run()),
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });

  test.each([
    ['a value that is none', 'a{b="c"} x\n'],
    ['a label that does not end', 'a{b="c} 1\n'],
    ['no line end', '# TYPE a gauge\na 1'],
    ['a sample before its type', 'a 1\n# TYPE a gauge\n'],
    ['the same twice', '# TYPE a gauge\na 1\na 2\n'],
    ['a carriage return', '# TYPE a gauge\r\na 1\n'],
  ])('the parser of this test refuses %s', (_what, text) => expect(() => metricsOf(text)).toThrow());
});

describe('files', () => {
  const machineWith = async (report: DesiredReport) => {
    const { machine } = world();
    const wanted = desired({ drift: { report } });
    await applyTo(machine, wanted);
    return { machine, wanted };
  };

  test('are written by every run, whole, each as private as its readers let it be', async () => {
    const { machine, wanted } = await machineWith({
      json: '/out/a/drift.json',
      junit: '/out/drift.xml',
      prometheus: '/out/drift.prom',
    });
    expect(await sendReports(await driftOf(machine, wanted))).toEqual({ findings: [], sent: false });
    expect(problems('drift', JSON.parse(machine.text('/out/a/drift.json') ?? ''), true)).toEqual([]);
    expect(machine.text('/out/drift.xml')).toContain('failures="0"');
    expect(metricsOf(machine.text('/out/drift.prom') ?? '').get('codex_link_outcome{outcome="in-sync"}')).toBe(1);
    const modes = await Promise.all(
      ['a/drift.json', 'drift.xml', 'drift.prom'].map(async (name) => (await machine.stat(`/out/${name}`))?.mode.toString(8)),
    );
    expect(modes).toEqual(['600', '600', '644']);
    await machine.chmod('/out/a/drift.json', 0o640);
    await sendReports(await driftOf(machine, wanted));
    expect((await machine.stat('/out/a/drift.json'))?.mode).toBe(0o640);
  });

  test('that cannot be written are findings, and keep no other from being written', async () => {
    const { machine, wanted } = await machineWith({ json: '/out', junit: '/out/file/x.xml', prometheus: '/out/drift.prom' });
    machine.placeFolder('/out');
    machine.place('/out/file', '');
    const { findings } = await sendReports(await driftOf(machine, wanted));
    expect(findings.map((one) => [one.code, one.file])).toEqual([
      ['CL8006', '/out'],
      ['CL8006', '/out/file/x.xml'],
    ]);
    expect(machine.text('/out/drift.prom')).toContain('codex_link_drift');
  });
});

describe('the webhook', () => {
  const URL_OF = 'https://chat.example.com/services/T0/B0/made-up-secret?x=1';
  const chat = (statuses: number[]) => {
    const machine = new MemoryMachine({ env: { HOOK: URL_OF } });
    const received: string[] = [];
    machine.servers.set('chat.example.com:443', (bytes) => {
      received.push(Buffer.from(bytes).toString());
      return answer(statuses[received.length - 1] ?? 200, 'ok');
    });
    return { machine, received };
  };

  test.each<[string, number[], number, string | null]>([
    ['takes it', [200], 1, null],
    ['is busy once', [503, 204], 2, null],
    ['is busy always', [503, 502, 429, 200], 3, 'it answered with HTTP 429'],
    ['does not know the address', [404, 200], 1, 'it answered with HTTP 404'],
    ['has moved', [302, 200], 1, 'it answered with HTTP 302'],
  ])('%s', async (_what, statuses, tries, why) => {
    const { machine, received } = chat(statuses);
    expect(await sendToWebhook(machine, { kind: 'env', name: 'HOOK' }, 'hello "you"')).toBe(why);
    expect(received.length).toBe(tries);
    expect(received[0]).toMatch(/^POST \/services\/T0\/B0\/made-up-secret\?x=1 HTTP\/1\.1\r\n/);
    expect(JSON.parse(received[0]?.split('\r\n\r\n')[1] ?? '')).toEqual({ text: 'hello "you"' });
    expect(machine.clock - Date.parse('2026-11-21T12:00:00Z')).toBeLessThan(30_000);
  });

  test('that is slow to answer may have taken it, and is told once in a run', async () => {
    const { machine } = chat([]);
    let dialled = 0;
    machine.dial = async () => {
      dialled++;
      throw new MachineError('ETIMEDOUT', 'it did not answer within 5000 ms');
    };
    expect(await sendToWebhook(machine, { kind: 'env', name: 'HOOK' }, 'x')).toBe('it cannot be reached (ETIMEDOUT)');
    expect(dialled).toBe(1);
  });

  test.each<[string, Parameters<typeof sendToWebhook>[1], (machine: MemoryMachine) => void]>([
    ['a variable that is not set', { kind: 'env', name: 'NONE' }, () => {}],
    ['a file that is not there', { kind: 'file', path: '/none' }, () => {}],
    ['a file that may not be read', { kind: 'file', path: '/f' }, (machine) => machine.place('/f', URL_OF, 0o000)],
    ['no URL', { kind: 'file', path: '/f' }, (machine) => machine.place('/f', 'made-up-secret')],
    [
      'clear text to another host',
      { kind: 'file', path: '/f' },
      (machine) => machine.place('/f', URL_OF.replace('https', 'http')),
    ],
    [
      'a password in the URL',
      { kind: 'file', path: '/f' },
      (machine) => machine.place('/f', 'https://u:made-up-secret@chat.example.com/'),
    ],
    [
      'a program that fails',
      { kind: 'command', argv: ['/bin/op'] },
      (machine) => void machine.programs.set('/bin/op', () => exit(1, URL_OF, URL_OF)),
    ],
    [
      'a host that is not there',
      { kind: 'file', path: '/f' },
      (machine) => machine.place('/f', 'https://gone.example.com/made-up-secret'),
    ],
  ])('%s is said, without the address', async (_what, source, prepare) => {
    const { machine, received } = chat([]);
    prepare(machine);
    const why = await sendToWebhook(machine, source, 'x');
    expect(why).toMatch(/\S/);
    expect(why).not.toContain('made-up-secret');
    expect(received).toEqual([]);
  });

  test('of this machine gets the line over a real connection, from a file or a program', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request
        .on('data', (chunk) => (body += chunk))
        .on('end', () => {
          const ok = request.headers['content-type'] === 'application/json' && request.url === '/made-up-secret';
          bodies.push(body);
          response.writeHead(ok ? 200 : 400).end('ok');
        });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const argv = ['/bin/echo', `http://127.0.0.1:${port}/made-up-secret`];
    try {
      expect(await sendToWebhook(new RealMachine('linux'), { kind: 'command', argv }, 'ünï')).toBeNull();
    } finally {
      server.close();
    }
    expect(bodies).toEqual(['{"text":"ünï"}']);
  });

  test('is told what is new, once, also after it was away, and that it is over', async () => {
    const { machine } = world();
    const wanted = desired({ drift: { report: { webhook: { urlFrom: { kind: 'env', name: 'HOOK' } } } } });
    (machine.facts.env as Record<string, string>).HOOK = URL_OF;
    await applyTo(machine, wanted);
    let up = true;
    const texts: string[] = [];
    machine.servers.set('chat.example.com:443', (bytes) => {
      if (!up) return answer(503, '');
      texts.push((JSON.parse(Buffer.from(bytes).toString().split('\r\n\r\n')[1] ?? '') as { text: string }).text);
      return answer(200, 'ok');
    });
    /** As the command does: what was told is remembered. */
    const told = async () => {
      const seen = await driftOf(machine, wanted);
      const { findings, sent } = await sendReports(seen);
      if (sent) await updateHistory(machine, await readHistory(machine), (history) => ({ ...history, sent: seen.digest }));
      machine.clock += HOUR;
      return [texts.splice(0).length, findings.map((one) => one.code)];
    };
    expect(await told()).toEqual([0, []]);
    machine.place(HELPER, 'edited', 0o700);
    up = false;
    expect(await told()).toEqual([0, ['CL8007']]);
    up = true;
    expect([await told(), await told()]).toEqual([
      [1, []],
      [0, []],
    ]);
    await applyTo(machine, wanted);
    expect([await told(), await told()]).toEqual([
      [1, []],
      [0, []],
    ]);
  });

  test('is told no more than it needs to know', () => {
    const text = chatText(run({ host: 'box' }), '/home/me');
    expect(text).toContain('codex-link on box: provider has drifted\n• provider, by ccsxp since ');
    expect(text).not.toContain('→');
    expect(redacted('ann.b+x@example.com in /home/me/.codex, bob@x.org', '/home/me')).toBe(
      'a…@example.com in ~/.codex, b…@x.org',
    );
  });
});

describe('a notification', () => {
  const desktop = () => {
    const machine = new MemoryMachine({ env: {} });
    machine.place('/usr/bin/notify-send', '', 0o755);
    machine.place('/run/user/1000/bus', '');
    return machine;
  };

  test('is shown on the bus at its usual place, with no text taken for an option or markup', async () => {
    const machine = desktop();
    const ran: unknown[] = [];
    machine.programs.set('/usr/bin/notify-send', ({ args, env }) => {
      ran.push([args, env.DBUS_SESSION_BUS_ADDRESS]);
      return exit(0);
    });
    expect(await notify(machine, 'codex-link', '--help <b> & more')).toBeNull();
    expect(ran).toEqual([
      [['--app-name=codex-link', '--', 'codex-link', '--help &lt;b> &amp; more'], 'unix:path=/run/user/1000/bus'],
    ]);
  });

  test.each<[string, (machine: MemoryMachine) => void, string]>([
    ['without the program', (machine) => void machine.remove('/usr/bin/notify-send'), 'notify-send is not installed'],
    ['without a session', (machine) => void machine.remove('/run/user/1000/bus'), 'there is no desktop session'],
    [
      'when it fails',
      (machine) => void machine.programs.set('/usr/bin/notify-send', () => exit(1, '', 'no server\n')),
      'no server',
    ],
  ])('%s it says why', async (_what, prepare, why) => {
    const machine = desktop();
    prepare(machine);
    expect(await notify(machine, 't', 'x')).toBe(why);
  });

  test('has its texts apart from the script on other systems', async () => {
    const other = new MemoryMachine({ os: 'darwin', env: {} });
    other.place('/usr/bin/osascript', '', 0o755);
    const ran: unknown[] = [];
    other.programs.set('/usr/bin/osascript', ({ args }) => {
      ran.push(args?.slice(-2));
      return exit(0);
    });
    expect(await notify(other, 'codex-link', '" & (do shell script "x")')).toBeNull();
    expect(ran).toEqual([['codex-link', '" & (do shell script "x")']]);
  });
});
