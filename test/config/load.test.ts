import { describe, expect, test } from 'vitest';
import { findingsOf, load, mainFile } from './support.ts';

describe('what YAML allows', () => {
  test.each([
    ['a byte order mark', '\ufeffversion: 1\n'],
    ['CRLF', 'version: 1\r\nprovider:\r\n  name: CLIProxy\r\n'],
    ['no line end at the end', 'version: 1'],
    ['JSON', '{"version": 1, "provider": {"name": "CLIProxy"}}'],
    ['a document start and end', '---\nversion: 1\n...\n'],
    ['a YAML 1.1 directive', '%YAML 1.1\n---\nversion: 1\ndrift: { heal: off }\n'],
    ['an explicit text', 'version: 1\naccounts: [{ email: a@b.c, nickname: !!str 123 }]\n'],
  ])('%s', async (_, text) => {
    await expect(load(text)).resolves.toBeDefined();
  });

  test('a byte order mark does not move columns', async () => {
    expect(await findingsOf(load('\ufeffvresion: 1\n'))).toMatchObject([{ line: 1, column: 1 }]);
  });

  test('CRLF does not move lines', async () => {
    expect(await findingsOf(load('version: 1\r\napp:\r\n  rstart: x\r\n'))).toMatchObject([{ line: 3, column: 3 }]);
  });

  test.each(['off', '"off"', 'false', 'False'])('%s is off', async (off) => {
    const desired = await load(
      `version: 1\nverify: { doctor: ${off} }\ndrift: { schedule: ${off}, heal: ${off}, fallback: ${off} }\n`,
    );
    expect(desired).toMatchObject({ verify: { doctor: 'off' }, drift: { schedule: null, heal: 'off', fallback: 'off' } });
  });

  test('anchors and aliases', async () => {
    const desired = await load('version: 1\nprovider: { model: &m gpt-5.5 }\nvariants: [{ name: x, model: *m }]\n');
    expect(desired.variants).toEqual([{ name: 'x', model: 'gpt-5.5' }]);
  });

  test('a wrong value behind an alias is told at the alias', async () => {
    const findings = await findingsOf(
      load('version: 1\nprovider: { name: &n never }\napp:\n  restart: *n\ngateway: { manager: *n }\n'),
    );
    expect(findings.map((one) => `${one.line}:${one.column}`)).toEqual(['5:21']);
  });

  test('merge keys: own keys win, then earlier maps', async () => {
    const desired = await load(`version: 1
accounts:
  - &work { email: work@example.com, nickname: work, paused: true }
  - &home { email: home@example.com, nickname: home }
overrides:
  - when: { os: linux }
    set:
      accounts:
        - <<: [*home, *work]
          nickname: mine
`);
    expect(desired.accounts).toEqual([
      { email: 'work@example.com', nickname: 'work', default: false, paused: true },
      { email: 'home@example.com', nickname: 'mine', default: false, paused: true },
    ]);
  });

  test('what is merged is told where it stands', async () => {
    const findings = await findingsOf(load('version: 1\napp: &x { rstart: x }\nverify: { <<: *x }\n'));
    expect(findings.map((one) => `${one.line}:${one.column} ${one.code}`)).toEqual(['2:11 CL2021']);
  });

  test('<< in quotes is a key', async () => {
    expect(await findingsOf(load('version: 1\n"<<": { app: {} }\n'))).toMatchObject([{ code: 'CL2021', line: 2, column: 1 }]);
  });
});

describe('references', () => {
  const facts = { user: 'ada', host: 'lab.example.com', env: { TEAM: 'tools', EMPTY: '' } };
  const account = async (text: string) => (await load(`version: 1\nsecret: { account: '${text}' }\n`, { facts })).secret.account;

  test.each([
    ['${user}', 'ada'],
    ['${user}@${host}', 'ada@lab.example.com'],
    ['${home}/x', '/home/me/x'],
    ['${env:TEAM}-${env:TEAM}', 'tools-tools'],
    ['x${env:EMPTY}', 'x'],
    ['$${user}', '${user}'],
    ['$$${user}', '$${user}'],
    ['$user ~/x {user}', '$user ~/x {user}'],
  ])('%s is %s', async (text, value) => {
    expect(await account(text)).toBe(value);
  });

  test('a reference is not resolved twice', async () => {
    const desired = await load("version: 1\nsecret: { account: '${env:A}' }\n", { facts: { env: { A: '${env:B}' } } });
    expect(desired.secret.account).toBe('${env:B}');
  });

  test('variables are found in any case on Windows', async () => {
    const desired = await load("version: 1\nsecret: { account: '${env:userName}' }\n", {
      facts: { os: 'win32', env: { USERNAME: 'ada' } },
    });
    expect(desired.secret.account).toBe('ada');
  });

  test('words may come from the environment', async () => {
    const desired = await load('version: 1\nprovider: { active: "${env:ROUTE}" }\n', { facts: { env: { ROUTE: 'openai' } } });
    expect(desired.provider.active).toBe('openai');
  });
});

describe('paths', () => {
  test('relative ones start from the file that they stand in, ~ from home', async () => {
    const desired = await load(
      'version: 1\nextends: ../team/team.yaml\nhelper: { path: bin/token }\nsecret: { source: { command: [~/bin/key, ./x, ~/y, plain] } }\n',
      {
        facts: { cwd: '/home/me' },
        files: {
          '/home/team/team.yaml': 'drift: { report: { json: drift.json, junit: ~/j.xml, prometheus: /p, notify: true } }\n',
        },
      },
    );
    expect(desired.helper.path).toBe('/home/me/bin/token');
    expect(desired.secret.source).toEqual({ kind: 'command', argv: ['/home/me/bin/key', './x', '/home/me/y', 'plain'] });
    expect(desired.drift.report).toEqual({
      json: '/home/team/drift.json',
      junit: '/home/me/j.xml',
      prometheus: '/p',
      notify: true,
    });
  });

  test('the program of a command may be relative', async () => {
    const desired = await load('version: 1\nsecret: { source: { command: [./key.sh, --raw] } }\n');
    expect(desired.secret.source).toEqual({ kind: 'command', argv: ['/home/me/key.sh', '--raw'] });
  });

  test.each([
    ['linux' as const, {}, '/home/me/.codex/bin/cliproxy-token'],
    ['win32' as const, {}, '/home/me/.codex/bin/cliproxy-token.ps1'],
    ['darwin' as const, { CODEX_HOME: '/srv/codex' }, '/srv/codex/bin/cliproxy-token'],
    ['linux' as const, { CODEX_HOME: '' }, '/home/me/.codex/bin/cliproxy-token'],
  ])('default helper on %s with %o', async (os, env, path) => {
    expect((await load('version: 1\n', { facts: { os, env } })).helper.path).toBe(path);
  });
});

describe('defaults', () => {
  test('all of them', async () => {
    expect(await load('version: 1\n')).toEqual({
      file: mainFile,
      sources: [mainFile],
      ccs: { ensure: 'absent' },
      accounts: null,
      unlistedAccounts: 'keep',
      routing: null,
      gateway: {
        url: 'http://127.0.0.1:8317',
        host: '127.0.0.1',
        port: 8317,
        tls: false,
        loopback: true,
        manager: 'ccs',
        ensure: 'running',
        exposure: 'report',
        allowInsecure: false,
      },
      variants: null,
      provider: {
        active: 'cliproxy',
        id: 'cliproxy',
        name: 'CLIProxy',
        basePath: '/v1',
        model: null,
        contextWindow: null,
        auth: 'helper',
        keepChatgptFeatures: false,
        portable: false,
        settings: {},
      },
      secret: { store: 'auto', service: 'CLIPROXY_API_KEY', account: 'me', source: { kind: 'ccs' } },
      helper: { path: '/home/me/.codex/bin/cliproxy-token', timeoutMs: 5000, refreshIntervalMs: 300_000 },
      app: { restart: 'on-change', quitTimeoutSeconds: 20 },
      verify: { doctor: 'network', allowWarnings: [] },
      drift: { schedule: null, heal: 'off', fallback: 'off', ignore: [], report: {} },
    });
  });

  test.each([
    ['linux' as const, 'helper'],
    ['darwin' as const, 'helper'],
    ['win32' as const, 'dotenv'],
  ])('auth auto on %s is %s', async (os, auth) => {
    expect((await load('version: 1\nprovider: { auth: auto }\n', { facts: { os } })).provider.auth).toBe(auth);
  });

  test('an empty section is a managed one', async () => {
    expect(await load('version: 1\nrouting: {}\naccounts: []\nvariants: []\n')).toMatchObject({
      routing: { strategy: null, sessionAffinity: null, sessionAffinityTtl: null },
      accounts: [],
      variants: [],
    });
  });

  test("somebody else's gateway keeps its key", async () => {
    expect((await load('version: 1\ngateway: { manager: none }\n')).secret.source).toEqual({ kind: 'keep' });
  });

  test.each([
    ['keep', { kind: 'keep' }],
    ['prompt', { kind: 'prompt' }],
    ['{ env: KEY }', { kind: 'env', name: 'KEY' }],
    ['{ file: ~/key }', { kind: 'file', path: '/home/me/key' }],
    ['{ generate: 32 }', { kind: 'generate', bytes: 32 }],
  ])('source %s', async (yaml, source) => {
    expect((await load(`version: 1\nsecret: { source: ${yaml} }\n`)).secret.source).toEqual(source);
  });

  test.each([
    ['http://localhost:1', { host: 'localhost', port: 1, tls: false, loopback: true }],
    ['http://127.8.9.1/', { url: 'http://127.8.9.1', host: '127.8.9.1', port: 80, loopback: true }],
    ['"http://[::1]:8317"', { host: '::1', port: 8317, loopback: true }],
    ['HTTPS://Gateway.Example.com', { host: 'gateway.example.com', port: 443, tls: true, loopback: false }],
    ['"https://[2001:db8::1]"', { host: '2001:db8::1', port: 443, tls: true, loopback: false }],
  ])('gateway %s', async (url, gateway) => {
    expect((await load(`version: 1\ngateway: { url: ${url} }\n`)).gateway).toMatchObject(gateway);
  });

  test('plain http to another host, when allowed', async () => {
    const desired = await load('version: 1\ngateway: { url: http://10.0.0.5, allowInsecure: true }\n');
    expect(desired.gateway).toMatchObject({ tls: false, loopback: false, port: 80 });
  });

  test('a webhook and its source', async () => {
    const desired = await load('version: 1\ndrift: { report: { webhook: { urlFrom: { env: HOOK } } } }\n');
    expect(desired.drift.report).toEqual({ webhook: { urlFrom: { kind: 'env', name: 'HOOK' } } });
  });

  test('schedules', async () => {
    expect((await load('version: 1\ndrift: { schedule: { every: 15m } }\n')).drift.schedule).toEqual({ every: '15m' });
    const cron = '*/15,3 0-6/2 1 1-12 7';
    expect((await load(`version: 1\ndrift: { schedule: { cron: "${cron}" } }\n`)).drift.schedule).toEqual({ cron });
  });
});
