import { describe, expect, test } from 'vitest';
import { type GatewayReading, probe } from '../../../src/gateway/probe.ts';
import { type Machine, MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine, type Server } from '../../../src/machine/memory.ts';
import { Secret } from '../../../src/secret.ts';
import { desired } from '../support/desired.ts';
import { answer, ScriptedGateway } from '../support/gateway.ts';

const KEY = 'the-key-of-the-gateway';
const { gateway } = desired();

function probing(server: Server | null, basePath = '/v1', key: string | null = KEY): Promise<GatewayReading> {
  const machine = new MemoryMachine();
  if (server !== null) machine.servers.set('127.0.0.1:8317', server);
  return probe(machine, gateway, basePath, key === null ? null : new Secret(key));
}

/** A server with another thing at `/` or elsewhere than CLIProxyAPI has, and everything that it got to hear. */
function foreign(at: (path: string) => Uint8Array | null): { server: Server; heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    server: (bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      heard.push(text);
      return at(text.split(' ')[1] ?? '');
    },
  };
}

describe('CLIProxyAPI', () => {
  const fine = { state: 'answering', open: false, keyAccepted: true, basePath: 'exists' };

  test.each<[string, Partial<ScriptedGateway>, string, string | null, object]>([
    ['with our key', {}, '/v1', KEY, fine],
    ['with another key', { keys: ['other'] }, '/v1', KEY, { ...fine, keyAccepted: false }],
    ['when we have no key', {}, '/v1', null, { ...fine, keyAccepted: null }],
    ['that asks for no key', { keys: [] }, '/v1', KEY, { ...fine, open: true }],
    ['of 7.2 has no provider path', {}, '/api/provider/codex', KEY, { ...fine, basePath: 'missing' }],
    ['of 6.9 has one', { version: '6.9.45' }, '/api/provider/codex', KEY, fine],
    ['has no model list for the backend path', {}, '/backend-api/codex', KEY, { ...fine, basePath: 'no-models' }],
    ['has no path that nobody ever heard of', {}, '/nope', KEY, { ...fine, basePath: 'missing' }],
    ['has a missing path without our key too', {}, '/nope', null, { ...fine, keyAccepted: null, basePath: 'missing' }],
    ['in safe mode', { safeMode: true }, '/v1', KEY, { state: 'safe-mode' }],
  ])('%s', async (_what, own, basePath, key, reading) => {
    expect(await probing(Object.assign(new ScriptedGateway(KEY), own).server, basePath, key)).toEqual(reading);
  });

  // 5 requests with a wrong or a missing key ban the address for 30 minutes, on the paths of its management only.
  test('is never asked about its management, and gets few requests', async () => {
    const scripted = new ScriptedGateway(KEY);
    await probing(scripted.server);
    expect(scripted.received.length).toBeLessThanOrEqual(4);
    expect(scripted.received.join('')).not.toContain('/v0/');
  });
});

describe('something else', () => {
  const root = '{"message":"CLI Proxy API Server"}';

  test.each<[string, (path: string) => Uint8Array | null, string]>([
    ['a web server', () => answer(200, '<html><title> My  Page </title>', { Server: 'nginx' }), 'HTTP 200, nginx, “My  Page”'],
    ['a server with the words in another place', () => answer(200, `{"text":${JSON.stringify(root)}}`), 'HTTP 200'],
    ['a server that says so with an error', () => answer(500, root), 'HTTP 500'],
    ['JSON that is no object', () => answer(200, 'null'), 'HTTP 200'],
    ['a login page', () => answer(302, '', { Location: '/login' }), 'HTTP 302'],
    ['a title that moves the cursor', () => answer(200, '<title>\x1b[2Jx\x07</title>'), '“ [2Jx'],
    ['a server of another protocol', () => Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'), 'does not speak HTTP'],
    ['a server that closes', () => null, 'does not speak HTTP'],
  ])('%s is foreign, and never hears the key', async (_what, at, words) => {
    const { server, heard } = foreign(at);
    const reading = await probing(server);
    expect(reading).toEqual({ state: 'foreign', what: expect.stringContaining(words) });
    expect(JSON.stringify(reading)).not.toMatch(/\\u001b|\\u0007/);
    expect(heard.length).toBeGreaterThan(0);
    expect(heard.join('')).not.toContain(KEY);
    expect(heard.join('')).not.toMatch(/authorization/i);
  });

  test.each<[string, () => Uint8Array | null, string]>([
    ['another protocol', () => Buffer.from('SSH-2.0\r\n'), 'foreign'],
    ['nothing at all', () => null, 'foreign'],
  ])('that begins like CLIProxyAPI and goes on with %s breaks nothing', async (_what, later, state) => {
    const { server } = foreign((path) => (path === '/' ? answer(200, root) : later()));
    expect(await probing(server)).toMatchObject({ state });
  });
});

describe('no answer', () => {
  const failing = (code: string) => {
    const machine = new MemoryMachine();
    const dial = async () => {
      throw new MachineError(code, `it failed with ${code}`);
    };
    return probe(Object.assign(machine, { dial }) as Machine, gateway, '/v1', new Secret(KEY));
  };

  test.each([
    ['ECONNREFUSED', { state: 'silent', why: 'nothing listens there' }],
    ['ENOTFOUND', { state: 'silent', why: 'the host name is not known' }],
    ['EHOSTUNREACH', { state: 'silent', why: 'the host cannot be reached' }],
    ['ECONNRESET', { state: 'silent', why: 'it failed with ECONNRESET' }],
    ['ETIMEDOUT', { state: 'foreign', what: 'a server that does not answer' }],
  ])('%s', async (code, reading) => {
    expect(await failing(code)).toEqual(reading);
  });

  test('in the middle of the questions', async () => {
    const machine = new MemoryMachine();
    machine.servers.set('127.0.0.1:8317', new ScriptedGateway(KEY).server);
    const dial = machine.dial.bind(machine);
    let count = 0;
    machine.dial = (endpoint) => (++count > 1 ? Promise.reject(new MachineError('ECONNRESET', 'it broke')) : dial(endpoint));
    expect(await probe(machine, gateway, '/v1', new Secret(KEY))).toEqual({ state: 'silent', why: 'it broke' });
  });

  test('a bug is no silence', async () => {
    const dial = () => Promise.reject(new TypeError('a bug'));
    await expect(probe(Object.assign(new MemoryMachine(), { dial }) as Machine, gateway, '/v1', null)).rejects.toThrow('a bug');
  });
});

test('a remote gateway is asked where it is', async () => {
  const machine = new MemoryMachine();
  machine.servers.set('gate.example.com:443', new ScriptedGateway(KEY).server);
  const remote = { ...gateway, url: 'https://gate.example.com', host: 'gate.example.com', port: 443, tls: true, loopback: false };
  expect(await probe(machine, remote, '/v1', new Secret(KEY))).toMatchObject({ state: 'answering', keyAccepted: true });
});
