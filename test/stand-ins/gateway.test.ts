import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startForeignServer } from './foreign-server.mjs';
import { type Gateway, type GatewayOptions, startGateway } from './gateway.mjs';

const running: { close(): Promise<void> }[] = [];
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function gateway(options: GatewayOptions = {}): Promise<Gateway> {
  const started = await startGateway({ apiKeys: ['right'], ...options });
  running.push(started);
  return started;
}

function configText(keys: string[], secret = 'ccs'): string {
  const list = keys.map((key) => `  - "${key}"`).join('\n');
  const management = `remote-management:\n  allow-remote: true\n  secret-key: "${secret}"\n  disable-control-panel: false\n`;
  return `# by CCS\nport: 0\n\n${management}\nrouting:\n  strategy: round-robin\n\napi-keys:\n${list}\n\nauth-dir: "${folder}/auth"\n`;
}

async function get(url: string, headers: Record<string, string> = {}): Promise<[number, string]> {
  const response = await fetch(url, { headers });
  return [response.status, await response.text()];
}

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

describe('routes by version', () => {
  const table: [string, number, number, number][] = [
    // path, 6.9.45, 7.1.16, 7.2.140
    ['/', 200, 200, 200],
    ['/healthz', 200, 200, 200],
    ['/v1/models', 200, 200, 200],
    ['/api/provider/codex/models', 200, 200, 404],
    ['/backend-api/codex/models', 404, 404, 404],
    ['/nothing', 404, 404, 404],
  ];
  for (const [index, version] of (['6.9.45', '7.1.16', '7.2.140'] as const).entries()) {
    test(version, async () => {
      const { url } = await gateway({ version });
      for (const [path, ...statuses] of table) {
        expect([path, (await get(url + path, bearer('right')))[0]]).toEqual([path, statuses[index]]);
      }
      const [, catalog] = await get(`${url}/v1/models?client_version=0.169.0`, bearer('right'));
      expect(Object.keys(JSON.parse(catalog))).toEqual(version === '6.9.45' ? ['data', 'object'] : ['models']);
      const posted = await fetch(`${url}/api/provider/codex/responses`, { method: 'POST', headers: bearer('right'), body: '{}' });
      expect(posted.status).toBe(version === '7.2.140' ? 404 : 200);
    });
  }

  test('the root says who it is, every answer has the CORS header, and HEAD is no GET', async () => {
    const { url } = await gateway();
    const response = await fetch(url);
    expect(await response.text()).toBe(
      '{"endpoints":["POST /v1/chat/completions","POST /v1/completions","GET /v1/models"],"message":"CLI Proxy API Server"}',
    );
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect((await fetch(`${url}/v1/responses`, { method: 'HEAD' })).status).toBe(404);
    expect((await fetch(`${url}/healthz`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${url}/v1/models`, { method: 'OPTIONS' })).status).toBe(204);
    expect((await fetch(`${url}/v1/models/`, { redirect: 'manual' })).status).toBe(301);
  });
});

describe('API keys', () => {
  test('missing, wrong, and right in each of the five places', async () => {
    const { url, requests } = await gateway();
    expect(await get(`${url}/v1/models`)).toEqual([401, '{"error":"Missing API key"}']);
    expect(await get(`${url}/v1/models`, bearer('wrong'))).toEqual([401, '{"error":"Invalid API key"}']);
    const places: [string, Record<string, string>][] = [
      ['', bearer('right')],
      ['', { Authorization: 'right' }],
      ['', { 'X-Goog-Api-Key': 'right' }],
      ['', { 'X-Api-Key': 'right' }],
      ['?key=right', {}],
      ['?auth_token=right', {}],
      ['?key=right', bearer('wrong')],
    ];
    for (const [query, headers] of places) expect((await get(`${url}/v1/models${query}`, headers))[0]).toBe(200);
    expect(requests.slice(0, 3)).toEqual([
      { method: 'GET', path: '/v1/models', status: 401, key: 'none' },
      { method: 'GET', path: '/v1/models', status: 401, key: 'invalid' },
      { method: 'GET', path: '/v1/models', status: 200, key: 'valid' },
    ]);
    expect(JSON.stringify(requests)).not.toContain('right');
  });

  test('an empty list lets everything in', async () => {
    const { url } = await gateway({ apiKeys: [] });
    expect((await get(`${url}/v1/models`))[0]).toBe(200);
    expect((await get(`${url}/v1/models`, bearer('any')))[0]).toBe(200);
  });

  test('template keys switch 7.2.140 off', async () => {
    const { url } = await gateway({ apiKeys: ['your-api-key-1'] });
    expect((await get(url))[1]).toContain('Example API key detected');
    expect((await get(`${url}/v1/models`, bearer('your-api-key-1')))[0]).toBe(403);
  });
});

test('a turn is answered as a stream, and without accounts refused', async () => {
  const { url } = await gateway();
  const turn = { method: 'POST', headers: bearer('right'), body: JSON.stringify({ model: 'gpt-5.5', stream: true }) };
  const text = await (await fetch(`${url}/v1/responses`, turn)).text();
  expect(text.match(/^event: .*$/gm)).toEqual([
    'event: response.created',
    'event: response.output_item.done',
    'event: response.completed',
  ]);
  expect(text).toContain('hi from the pool');
  const empty = await gateway({ accounts: 0, version: '6.9.45' });
  expect((await fetch(`${empty.url}/backend-api/codex/responses`, turn)).status).toBe(502);
});

describe('/v0/management', () => {
  test('is not there without a secret', async () => {
    const { url } = await gateway();
    expect(await get(`${url}/v0/management/routing/strategy`)).toEqual([404, '404 page not found']);
  });

  test('five failures close it for half an hour, even to the right key', async () => {
    let now = 0;
    const { url, requests } = await gateway({ managementSecret: 'sesame', now: () => now });
    const ask = (headers: Record<string, string>) => get(`${url}/v0/management/routing/strategy`, headers);
    expect(await ask(bearer('sesame'))).toEqual([200, '{"strategy":"round-robin"}']);
    expect(await ask({ 'X-Management-Key': 'sesame' })).toEqual([200, '{"strategy":"round-robin"}']);
    expect(await ask({})).toEqual([401, '{"error":"missing management key"}']);
    for (let n = 0; n < 4; n += 1) expect(await ask(bearer('wrong'))).toEqual([401, '{"error":"invalid management key"}']);
    now += 1000;
    expect(await ask(bearer('sesame'))).toEqual([
      403,
      '{"error":"IP banned due to too many failed attempts. Try again in 29m59s"}',
    ]);
    now += 30 * 60 * 1000;
    expect((await ask(bearer('sesame')))[0]).toBe(200);
    expect(requests.map((request) => request.key)).toEqual([
      'valid',
      'valid',
      'none',
      ...Array<string>(5).fill('invalid'),
      'valid',
    ]);
    const refused = await fetch(`${url}/v0/management/routing/strategy`);
    expect(refused.headers.get('x-cpa-version')).toBe('7.2.140');
  });

  test('sets the strategy, in its config file too', async () => {
    const config = join(folder, 'config.yaml');
    writeFileSync(config, configText(['k']));
    const { url } = await gateway({ config });
    const put = (value: string) =>
      fetch(`${url}/v0/management/routing/strategy`, {
        method: 'PUT',
        headers: bearer('ccs'),
        body: JSON.stringify({ value }),
      });
    expect(await (await put('ff')).text()).toBe('{"status":"ok"}');
    expect(await (await put('bogus')).text()).toBe('{"error":"invalid strategy"}');
    expect(readFileSync(config, 'utf8')).toContain('  strategy: fill-first\n');
  });

  // SaveConfigPreserveComments merges all of the program's memory into the file.
  test('writes what it has in memory over an edit that it has not read yet', async () => {
    const config = join(folder, 'config.yaml');
    writeFileSync(config, `${configText(['old'])}host: "127.0.0.1"\n`);
    const { url } = await gateway({ config });
    writeFileSync(config, configText(['new']));
    await fetch(`${url}/v0/management/routing/strategy`, { method: 'PUT', headers: bearer('ccs'), body: '{"value":"ff"}' });
    const written = readFileSync(config, 'utf8');
    expect(written).toContain('  - "old"\n');
    expect(written).not.toContain('new');
    expect(written).toContain('host: "127.0.0.1"\n');
    expect(written).toMatch(/secret-key: \$2a\$10\$\S{53}\n/);
  });

  test.each(['6.9.45', '7.1.16', '7.2.140'] as const)(
    '%s tells its version there and nowhere else, even when it refuses',
    async (version) => {
      const { url } = await gateway({ version, managementSecret: 'sesame' });
      const header = async (path: string, headers = {}) =>
        (await fetch(`${url}${path}`, { headers })).headers.get('x-cpa-version');
      expect(await header('/v0/management/routing/strategy')).toBe(version);
      expect(await header('/v0/management/routing/strategy', bearer('sesame'))).toBe(version);
      expect([await header('/'), await header('/healthz'), await header('/v1/models')]).toEqual([null, null, null]);
      expect((await fetch(`${url}/healthz`, { method: 'HEAD' })).status).toBe(200);
      const answer = {
        method: 'POST',
        headers: { ...bearer('right'), 'Content-Type': 'application/json' },
        body: '{"model":"m"}',
      };
      const traced = (await fetch(`${url}/v1/responses`, answer)).headers.get('x-cpa-trace-id') !== null;
      expect(traced).toBe(version === '7.2.140');
    },
  );
});

describe('the config file', () => {
  test('gives the keys, has its secret hashed, and is read again when it changes', async () => {
    const config = join(folder, 'config.yaml');
    writeFileSync(config, configText(['first']));
    const { url } = await gateway({ apiKeys: [], config, port: 0 });
    expect((await get(`${url}/v1/models`, bearer('first')))[0]).toBe(200);
    expect(readFileSync(config, 'utf8').replace(/\$2a\$10\$\S{53}/, '"ccs"')).toBe(configText(['first']));
    writeFileSync(config, configText(['second']));
    await vi.waitFor(async () => expect((await get(`${url}/v1/models`, bearer('second')))[0]).toBe(200), 3000);
    expect((await get(`${url}/v1/models`, bearer('first')))[0]).toBe(401);
  });
});

describe('an edit of the config file', () => {
  test('that leaves it empty, or is no YAML, changes nothing; the next good one does', async () => {
    const config = join(folder, 'config.yaml');
    writeFileSync(config, configText(['first']));
    const { url } = await gateway({ config });
    const works = async (key: string) => (await get(`${url}/v1/models`, bearer(key)))[0] === 200;
    for (const text of ['', 'api-keys: [\n', 'api-keys:\n  - "open\n', 'what is this\n']) {
      writeFileSync(config, text);
      await new Promise((done) => setTimeout(done, 400));
      expect([text, await works('first')]).toEqual([text, true]);
    }
    writeFileSync(config, configText(['second']));
    await vi.waitFor(async () => expect(await works('second')).toBe(true), 3000);
  });

  test.each([[true], [false]])('that replaces the file is heard of: %s', async (heard) => {
    const config = join(folder, 'config.yaml');
    writeFileSync(config, configText(['first']));
    const { url } = await gateway({ config, hearsReplacedConfig: heard });
    const works = async (key: string) => (await get(`${url}/v1/models`, bearer(key)))[0] === 200;
    const unheard = async (replace: () => void) => {
      replace();
      await new Promise((done) => setTimeout(done, 500));
      expect([await works('first'), await works('second')]).toEqual([!heard, heard]);
      // A plain secret in the file of a running gateway shows that it has not read it.
      expect(/secret-key: "ccs"/.test(readFileSync(config, 'utf8'))).toBe(!heard);
    };
    await unheard(() => {
      writeFileSync(`${config}.new`, configText(['second']));
      renameSync(`${config}.new`, config);
    });
    await unheard(() => {
      unlinkSync(config);
      writeFileSync(config, configText(['second']));
    });
    if (!heard) await unheard(() => writeFileSync(config, configText(['second'])));
  });

  test('moves neither host nor port before it starts again', async () => {
    const config = join(folder, 'config.yaml');
    writeFileSync(config, configText(['first']));
    const { port } = await gateway({ config, listenAsConfigured: true });
    const reached = async (host: string, key: string) =>
      (await get(`http://${host}:${port}/v1/models`, bearer(key)).catch(() => [0]))[0];
    expect(await reached('127.0.0.2', 'first')).toBe(200);
    writeFileSync(config, `host: 127.0.0.1\n${configText(['second'])}`);
    await vi.waitFor(async () => expect(await reached('127.0.0.2', 'second')).toBe(200), 3000);
    const again = await gateway({ config, listenAsConfigured: true });
    expect((await get(`http://127.0.0.1:${again.port}/v1/models`, bearer('second')))[0]).toBe(200);
    await expect(get(`http://127.0.0.2:${again.port}/`)).rejects.toThrow();
  });
});

test('as a program: says its port, takes keys from the environment, logs without them', async () => {
  const log = join(folder, 'log.jsonl');
  const program = fileURLToPath(new URL('./gateway.mjs', import.meta.url));
  const child = spawn(process.execPath, [program, '--port', '0', '--version', '6.9.45', '--log', log], {
    cwd: '/',
    env: { PATH: process.env.PATH, STAND_IN_API_KEYS: 'from-env,second' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => child.on('exit', done));
  try {
    const line = await new Promise<string>((done) => child.stdout.once('data', (data: Buffer) => done(data.toString())));
    const { port } = JSON.parse(line) as { port: number };
    expect((await get(`http://127.0.0.1:${port}/v1/models`, bearer('from-env')))[0]).toBe(200);
    expect(readFileSync(log, 'utf8')).toBe('{"method":"GET","path":"/v1/models","status":200,"key":"valid"}\n');
  } finally {
    child.kill();
    await ended;
  }
});

test('a foreign server answers 200 to everything and keeps what it got', async () => {
  const server = await startForeignServer();
  running.push(server);
  const [status, body] = await get(server.url, { 'X-Api-Key': 'oops' });
  expect([status, body.startsWith('<!doctype html>')]).toEqual([200, true]);
  expect([server.saw('oops'), server.saw('never sent')]).toEqual([true, false]);
});
