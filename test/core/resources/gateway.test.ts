import { describe, expect, test } from 'vitest';
import type { DesiredGateway, DesiredProvider } from '../../../src/config/desired.ts';
import type { Command } from '../../../src/machine/machine.ts';
import type { Server } from '../../../src/machine/memory.ts';
import { desired } from '../support/desired.ts';
import { answer, ScriptedGateway } from '../support/gateway.ts';
import { applyTo, CCS, CONFIG, exit, KEY, placeCcs, planOf, verdictOf, type World, world } from '../support/world.ts';

const ADDRESS = '127.0.0.1:8317';

interface Given {
  readonly server?: Server | null;
  readonly gateway?: Partial<DesiredGateway>;
  readonly provider?: Partial<DesiredProvider>;
  readonly prepare?: (made: World) => void;
}

async function judged({ server, gateway = {}, provider = {}, prepare = () => {} }: Given) {
  const made = world();
  if (server === null) made.machine.servers.delete(ADDRESS);
  else if (server !== undefined) made.machine.servers.set(ADDRESS, server);
  prepare(made);
  return verdictOf(await planOf(made.machine, desired({ gateway, provider })), 'gateway');
}

const scripted = (own: Partial<ScriptedGateway>) => Object.assign(new ScriptedGateway(KEY), own).server;
const withCcs = ({ machine }: World) => placeCcs(machine);

describe('a reading', () => {
  test.each<[string, Given, object]>([
    ['that is fine', {}, { status: 'in-sync', findings: [] }],
    [
      'silent, with CCS',
      { server: null, prepare: withCcs },
      {
        status: 'update',
        changes: [{ path: 'running', before: false, after: true }],
        // What starts is open to everybody: to be known before it is started.
        findings: [{ code: 'CL4009', message: 'port 8317 of the gateway will be open to other machines' }, { code: 'CL4012' }],
      },
    ],
    [
      'silent, with a CCS whose gateway is closed',
      {
        server: null,
        prepare: (made) => {
          withCcs(made);
          made.machine.place('/home/me/.ccs/cliproxy/config.yaml', 'port: 8317\nhost: 127.0.0.1\nauth-dir: x\n', 0o600);
        },
      },
      { status: 'update', findings: [] },
    ],
    [
      'silent, and CCS has not downloaded it',
      { server: null, prepare: ({ machine }) => placeCcs(machine, { downloaded: false }) },
      { status: 'manual', command: 'ccs cliproxy --latest && ccs cliproxy start', findings: [{ code: 'CL4002' }] },
    ],
    [
      'silent, without CCS',
      { server: null },
      {
        status: 'manual',
        command: 'npm install -g @kaitranntt/ccs && ccs cliproxy start',
        findings: [{ code: 'CL4002', severity: 'warning' }],
      },
    ],
    [
      'silent, and somebody else runs it',
      { server: null, prepare: withCcs, gateway: { manager: 'none' } },
      { status: 'manual', command: 'start the gateway at http://127.0.0.1:8317', findings: [{ code: 'CL4002' }] },
    ],
    [
      'silent, and ignored',
      { server: null, prepare: withCcs, gateway: { ensure: 'ignore' } },
      { status: 'unmanaged', findings: [] },
    ],
    [
      'foreign',
      { server: () => answer(200, '<title>My page</title>', { Server: 'nginx' }) },
      {
        status: 'manual',
        reason: expect.stringContaining('nginx, “My page”'),
        findings: [{ code: 'CL4001', severity: 'error' }],
      },
    ],
    [
      'foreign, and ignored',
      { server: () => answer(200, ''), gateway: { ensure: 'ignore' } },
      { status: 'manual', findings: [{ code: 'CL4001' }] },
    ],
    [
      'in safe mode',
      { server: scripted({ safeMode: true }) },
      { status: 'manual', findings: [{ code: 'CL4007', severity: 'error' }] },
    ],
    [
      'that refuses the key',
      { server: scripted({ keys: ['other'] }) },
      { status: 'manual', findings: [{ code: 'CL4003', severity: 'error' }] },
    ],
    ['open to everybody', { server: scripted({ keys: [] }) }, { status: 'manual', findings: [{ code: 'CL4006' }] }],
    [
      'without the base path',
      { provider: { basePath: '/api/provider/codex' } },
      { status: 'manual', findings: [{ code: 'CL4004', severity: 'error' }] },
    ],
    [
      'of a release that has it',
      { server: scripted({ version: '6.9.45' }), provider: { basePath: '/api/provider/codex' } },
      { status: 'in-sync', findings: [] },
    ],
    [
      'without a model list',
      { provider: { basePath: '/backend-api/codex' } },
      { status: 'in-sync', findings: [{ code: 'CL4005', severity: 'warning' }] },
    ],
    [
      'that other machines can reach',
      { prepare: ({ machine }) => void machine.servers.set('127.0.0.2:8317', () => null) },
      { status: 'in-sync', findings: [{ code: 'CL4009', severity: 'warning' }] },
    ],
  ])('%s', async (_what, given, expected) => {
    expect(await judged(given)).toMatchObject(expected);
  });

  test.each<[string, Server]>([
    ['a foreign server', () => answer(200, '')],
    ['safe mode', scripted({ safeMode: true })],
    ['another key', scripted({ keys: ['other'] })],
    ['a missing base path', scripted({})],
  ])('%s harms nobody while openai is active', async (what, server) => {
    const provider = { active: 'openai', ...(what === 'a missing base path' ? { basePath: '/nope' } : {}) } as const;
    const { status, findings } = await judged({ server, provider });
    expect([status, findings.map((one) => one.severity)]).toEqual(['unmanaged', ['warning']]);
  });

  test('the key that every CCS has is said where others can reach it', async () => {
    const made = world();
    made.machine.servers.set('127.0.0.2:8317', () => null);
    made.gateway.keys = ['ccs-internal-managed'];
    const { findings } = verdictOf(await planOf(made.machine, desired({ secret: { source: { kind: 'ccs' } } })), 'gateway');
    expect(findings.map((one) => one.code)).toEqual(['CL4009', 'CL4010']);
  });

  test('the program that is in the way is named, with what ends it', async () => {
    const verdict = await judged({
      server: () => Buffer.from('SSH-2.0\r\n'),
      prepare: ({ machine }) => {
        machine.place('/proc/net/tcp', 'header\n 0: 0100007F:207D 00000000:0000 0A 0:0 0:0 0 1000 0 55 1\n');
        machine.placeLink('/proc/99/fd/3', 'socket:[55]');
        machine.place('/proc/99/cmdline', '/usr/sbin/sshd\0--secret\0');
      },
    });
    expect(verdict.reason).toContain('process 99: /usr/sbin/sshd');
    expect(verdict.reason).not.toContain('--secret');
    expect(verdict.command).toContain('kill 99');
  });
});

describe('the key', () => {
  const hearing = (server: Server) => {
    const heard: string[] = [];
    return {
      heard,
      server: (bytes: Uint8Array) => {
        heard.push(Buffer.from(bytes).toString('latin1'));
        return server(bytes);
      },
    };
  };

  test.each<[string, Server]>([
    ['a web server', () => answer(200, '<html>')],
    ['a server that redirects', () => answer(302, '', { Location: 'https://evil.example.com/' })],
    ['a server that wants a password', () => answer(401, '', { 'WWW-Authenticate': 'Bearer' })],
    ['a server that shows the right words in the wrong way', () => answer(201, '{"message":"CLI Proxy API Server"}')],
    ['safe mode', scripted({ safeMode: true })],
    ['no HTTP at all', () => Buffer.from('\x16\x03\x01')],
  ])('is never sent to %s, neither by plan nor by apply', async (_what, behind) => {
    const { server, heard } = hearing(behind);
    const made = world();
    made.machine.servers.set(ADDRESS, server);
    await planOf(made.machine, desired());
    expect((await applyTo(made.machine, desired())).code).toBe(1);
    expect(heard.length).toBeGreaterThan(1);
    expect(heard.join('')).not.toContain(KEY);
    expect(made.machine.text(CONFIG)).toBe(null);
  });

  test('is sent to CLIProxyAPI in a header and not in an address', async () => {
    const made = world();
    await planOf(made.machine, desired());
    const withKey = made.gateway.received.filter((one) => one.includes(KEY));
    expect(withKey.length).toBeGreaterThan(0);
    for (const one of withKey) expect(one.split('\r\n')[0]).not.toContain(KEY);
  });
});

describe('starting it', () => {
  /** A CCS whose `cliproxy start` makes this server answer. */
  function stopped(server: Server | null, options: { says?: string; after?: number } = {}) {
    const made = world();
    const { machine } = made;
    const ran: Command[] = [];
    machine.servers.delete(ADDRESS);
    placeCcs(machine);
    machine.programs.set(CCS, (command) => {
      ran.push(command);
      const began = machine.now();
      if (command.args?.[1] === 'stop') machine.servers.delete(ADDRESS);
      else if (server !== null && options.after === undefined) machine.servers.set(ADDRESS, server);
      else if (server !== null) {
        const sleep = machine.sleep.bind(machine);
        machine.sleep = async (milliseconds) => {
          await sleep(milliseconds);
          if (machine.now() - began >= (options.after ?? 0)) machine.servers.set(ADDRESS, server);
        };
      }
      return exit(0, options.says ?? '');
    });
    return { ...made, ran };
  }

  test("is CCS's work, and no one waits longer than needed", async () => {
    const { machine, ran } = stopped(scripted({}));
    const before = machine.now();
    const { code, document } = await applyTo(machine, desired());
    expect([code, document.verified, ran.map((one) => one.args)]).toEqual([0, true, [['cliproxy', 'start']]]);
    expect(machine.now()).toBe(before);
    expect(ran[0]).toMatchObject({ effect: 'write', file: CCS });
    expect(JSON.stringify(ran)).not.toContain('stop');
  });

  test('may take a while', async () => {
    const { machine } = stopped(scripted({}), { after: 5000 });
    expect((await applyTo(machine, desired())).code).toBe(0);
  });

  // `ccs cliproxy start` ends with 0 whatever happens.
  test('that does not work puts everything back and says what CCS said', async () => {
    const { machine, ran } = stopped(null, { says: '[i] Starting\n[X] Port in use by node, not CLIProxy\n' });
    const before = machine.snapshot();
    const { code, document } = await applyTo(machine, desired());
    expect(code).toBe(1);
    expect(document.findings).toContainEqual(
      expect.objectContaining({ code: 'CL4008', message: expect.stringContaining('[X] Port in use by node, not CLIProxy') }),
    );
    expect(ran.map((one) => one.args?.[1])).toEqual(['start', 'stop']);
    expect(
      Object.entries(machine.snapshot()).filter(([path, entry]) => !path.includes('.local') && before[path] !== entry),
    ).toEqual([]);
  });

  test.each<[string, Server, string]>([
    ['refuses the key', scripted({ keys: ['other'] }), 'CL4003'],
    ['takes everybody', scripted({ keys: [] }), 'CL4006'],
    ['is something else', () => answer(200, ''), 'CL4008'],
  ])('one that then %s is stopped again', async (_what, server, found) => {
    const { machine, ran } = stopped(server);
    const { code, document } = await applyTo(machine, desired());
    expect([code, ran.map((one) => one.args?.[1])]).toEqual([1, ['start', 'stop']]);
    expect(document.findings.map((one) => one.code)).toContain(found);
    expect(machine.text(CONFIG)).toBe(null);
  });

  test('the provider waits for a gateway that a person has to start', async () => {
    const made = world();
    made.machine.servers.delete(ADDRESS);
    const { code, document } = await applyTo(made.machine, desired());
    const result = (address: string) => document.resources.find((one) => one.address === address)?.result;
    expect([code, document.outcome, result('gateway'), result('provider'), result('secret')]).toEqual([
      2,
      'steps-remain',
      'manual',
      'skipped',
      'done',
    ]);
    expect(made.machine.text(CONFIG)).toBe(null);
  });

  test("on OpenAI's route nobody waits for it", async () => {
    const made = world();
    made.machine.servers.delete(ADDRESS);
    made.machine.place('/home/me/.codex/auth.json', '{}', 0o600);
    const { document } = await applyTo(made.machine, desired({ provider: { active: 'openai' } }));
    expect(document.resources.find((one) => one.address === 'provider')?.result).toBe('done');
  });
});
