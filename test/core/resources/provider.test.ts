import { describe, expect, test } from 'vitest';
import type { DesiredProvider } from '../../../src/config/desired.ts';
import { RecordingMachine } from '../../../src/machine/recording.ts';
import { unifiedDiff } from '../../../src/report/file-diff.ts';
import { planJson } from '../../../src/report/json.ts';
import { ccsxpTable } from '../../support/ccsxp.ts';
import { desired } from '../support/desired.ts';
import { applyTo, CODEX, CONFIG, exit, planOf, STATE, verdictOf, type World, world } from '../support/world.ts';

const wanting = (provider: Partial<DesiredProvider> = {}) => desired({ provider });

/** The world with this config.toml, and the token and helper already in place. */
async function settled(config: string | null, provider: Partial<DesiredProvider> = {}): Promise<World> {
  const made = world();
  made.machine.placeFolder('/home/me/.codex', 0o700);
  await applyTo(made.machine, desired({ provider: { ...provider } }));
  if (config === null) await made.machine.remove(CONFIG);
  else made.machine.place(CONFIG, config, 0o600);
  return made;
}

/** What config.toml becomes. */
async function written(before: string | null, provider: Partial<DesiredProvider> = {}): Promise<string | null> {
  const { machine } = await settled(before, provider);
  const { code, document } = await applyTo(machine, wanting(provider));
  expect([code, document.outcome]).toEqual([0, 'converged']);
  const plan = await planOf(machine, wanting(provider));
  expect(verdictOf(plan, 'provider').status).toBe('in-sync');
  return machine.text(CONFIG);
}

const HELPER_TABLE = `[model_providers.cliproxy]
name = "CLIProxy"
base_url = "http://127.0.0.1:8317/v1"
wire_api = "responses"

[model_providers.cliproxy.auth]
command = "/home/me/.codex/bin/cliproxy-token"
timeout_ms = 5000
refresh_interval_ms = 300000
`;
const ENV_TABLE = `[model_providers.cliproxy]
name = "CLIProxy"
base_url = "http://127.0.0.1:8317/v1"
wire_api = "responses"
env_key = "CLIPROXY_API_KEY"
`;
const SELECTED = 'model_provider = "cliproxy"\n\n';

describe('on an empty file', () => {
  test.each<[string, Partial<DesiredProvider>, string]>([
    ['with a helper', {}, SELECTED + HELPER_TABLE],
    ['with dotenv', { auth: 'dotenv' }, SELECTED + ENV_TABLE],
    ['with the environment', { auth: 'env' }, SELECTED + ENV_TABLE],
    [
      'with dotenv and the features of ChatGPT',
      { auth: 'dotenv', keepChatgptFeatures: true },
      `${SELECTED}${ENV_TABLE}requires_openai_auth = true\n`,
    ],
    [
      'with a model and its window',
      { model: 'gpt-5.5', contextWindow: 272_000 },
      `model = "gpt-5.5"\nmodel_provider = "cliproxy"\nmodel_context_window = 272000\n\n${HELPER_TABLE}`,
    ],
    [
      'portable',
      { portable: true },
      SELECTED + HELPER_TABLE.replace('"/home/me/.codex/bin/cliproxy-token"', '"./bin/cliproxy-token"\ncwd = "."'),
    ],
    [
      'with another id, name and path',
      { id: 'my-pool', name: 'Pool', basePath: '/backend-api/codex' },
      `model_provider = "my-pool"\n\n${HELPER_TABLE.replaceAll('cliproxy]', 'my-pool]').replace('.cliproxy.auth', '.my-pool.auth').replace('"CLIProxy"', '"Pool"').replace('/v1', '/backend-api/codex')}`,
    ],
    [
      'with settings',
      { settings: { request_max_retries: 4, supports_websockets: false, http_headers: { 'X-Team': 'tools' } } },
      SELECTED +
        HELPER_TABLE.replace(
          'wire_api = "responses"\n',
          'wire_api = "responses"\nrequest_max_retries = 4\nsupports_websockets = false\nhttp_headers = { X-Team = "tools" }\n',
        ),
    ],
    [
      'while openai is active',
      { active: 'openai', model: 'gpt-5.5', contextWindow: 272_000 },
      `model = "gpt-5.5"\n\n${HELPER_TABLE}`,
    ],
  ])('%s', async (_what, provider, text) => {
    if (provider.active !== 'openai') {
      expect(await written(null, provider)).toBe(text);
      return;
    }
    const { machine } = await settled(null, provider);
    await applyTo(machine, wanting(provider));
    expect(machine.text(CONFIG)).toBe(text);
  });
});

describe('the active route', () => {
  test('openai moves the selector, takes the window away, and leaves the table', async () => {
    const both = { contextWindow: 272_000, model: 'gpt-5.5' };
    const { machine } = await settled(null, both);
    await applyTo(machine, wanting(both));
    const there = machine.text(CONFIG) ?? '';
    const meta = { type: 'session_meta', payload: { model_provider: 'cliproxy' } };
    machine.place('/home/me/.codex/sessions/2026/11/21/rollout-1.jsonl', `${JSON.stringify(meta)}\n`);
    const plan = await planOf(machine, wanting({ ...both, active: 'openai' }));
    expect(verdictOf(plan, 'provider')).toMatchObject({
      status: 'update',
      reason: 'model_provider is cliproxy, wanted openai',
      consequences: [
        '1 conversation under cliproxy is hidden while openai is selected, and comes back with cliproxy',
        expect.stringContaining('open threads'),
      ],
    });
    await applyTo(machine, wanting({ ...both, active: 'openai' }));
    expect(machine.text(CONFIG)).toBe(
      there.replace('model_provider = "cliproxy"', 'model_provider = "openai"').replace('model_context_window = 272000\n', ''),
    );
    await applyTo(machine, wanting(both));
    expect(verdictOf(await planOf(machine, wanting(both)), 'provider').status).toBe('in-sync');
  });

  test('openai needs no selector where there is none', async () => {
    const { machine } = await settled(HELPER_TABLE);
    expect(verdictOf(await planOf(machine, wanting({ active: 'openai' })), 'provider').status).toBe('in-sync');
  });
});

describe('what is in the way', () => {
  const table = '[model_providers.cliproxy]\nname = "CLIProxy"\nbase_url = "http://127.0.0.1:8317/v1"\nwire_api = "responses"\n';

  test.each<[string, string, Partial<DesiredProvider>, readonly string[]]>([
    [
      'a key of the environment, for a helper',
      `${SELECTED}${table}env_key = "K"\nenv_key_instructions = "x"\n`,
      {},
      ['env_key', 'env_key_instructions'],
    ],
    [
      'a bearer token, for a helper',
      `${SELECTED}${table}experimental_bearer_token = "sk-1234567890"\n`,
      {},
      ['experimental_bearer_token', 'sk-1234567890'],
    ],
    ['another login, for a helper', `${SELECTED}${table}requires_openai_auth = true\n`, {}, ['requires_openai_auth']],
    [
      'arguments of another helper',
      `${SELECTED}${table}\n[model_providers.cliproxy.auth]\ncommand = "/x"\nargs = ["a"]\ncwd = "/y"\n`,
      {},
      ['args', 'cwd'],
    ],
    ['a helper, for dotenv', SELECTED + HELPER_TABLE, { auth: 'dotenv' }, ['auth']],
    [
      'the features of ChatGPT, when they are not kept',
      `${SELECTED}${ENV_TABLE}requires_openai_auth = true\n`,
      { auth: 'dotenv' },
      ['requires_openai_auth'],
    ],
  ])('%s goes', async (_what, before, provider, gone) => {
    const after = await written(before, provider);
    for (const text of gone) expect(after).not.toContain(text);
  });

  test('what ccsxp made of it is recognised and put right', async () => {
    const ccsxp = `${SELECTED}${ccsxpTable()}
[model_providers.cliproxy.auth]
command = "/home/me/.codex/bin/cliproxy-token"
timeout_ms = 5000
refresh_interval_ms = 300000
`;
    const { machine } = await settled(ccsxp);
    expect(verdictOf(await planOf(machine, wanting()), 'provider')).toMatchObject({
      status: 'update',
      writer: 'ccsxp',
      reason:
        'ccsxp has rewritten model_providers.cliproxy: name is "CLIProxy Codex", and the path is /api/provider/codex with CLIPROXY_API_KEY',
      findings: [{ code: 'CL1005' }], // what is wrong now will be right afterwards
    });
    await machine.remove(`${STATE}/generations/000001.json`); // with a history, the text before ccsxp comes back instead
    await applyTo(machine, wanting());
    const after = machine.text(CONFIG);
    // It harms nobody, and was not asked to go.
    expect(after).toContain('supports_websockets = false');
    for (const gone of ['CLIProxy Codex', 'env_key', 'requires_openai_auth', '/api/provider/codex'])
      expect(after).not.toContain(gone);
  });
});

test('every other byte stays', async () => {
  const theirs = '\uFEFF# top\r\nmodel = "mine" # not managed\r\n\r\n[ mcp_servers . x ]\r\ncommand = \'c\'\r\n# bottom';
  const after = (await written(theirs)) ?? '';
  const kept = after.split('\r\n').filter((line) => theirs.includes(line) && line !== '');
  expect(after.startsWith('\uFEFF# top\r\n')).toBe(true);
  for (const line of theirs.replace('\uFEFF', '').split('\r\n').filter(Boolean)) expect(kept.join('\n')).toContain(line);
  expect(after).not.toMatch(/[^\r]\n/);
});

describe('what Codex would refuse', () => {
  test.each<[string, string, string, number]>([
    ['another table', '[model_providers.other]\nbase_url = "x"\n', 'model_providers.other.name', 1],
    ['a reserved id', '# x\n[model_providers.openai]\nname = "x"\n', 'model_providers.openai', 2],
    [
      'two ways to log in',
      '[model_providers.other]\nname = "x"\nenv_key = "K"\n\n[model_providers.other.auth]\ncommand = "c"\n',
      'model_providers.other.env_key',
      3,
    ],
    ['an old key', '# x\n\nprofile = "x"\n', 'profile', 3],
    [
      'a wrong type',
      '[model_providers.other]\nname = "x"\n  request_max_retries = "4"\n',
      'model_providers.other.request_max_retries',
      3,
    ],
  ])('%s stands in the way, with its place', async (_what, config, key, line) => {
    const { machine } = await settled(SELECTED + HELPER_TABLE + config);
    // Root keys cannot stand below a table.
    if (config.includes('profile')) machine.place(CONFIG, config + SELECTED + HELPER_TABLE);
    const offset = config.includes('profile') ? 0 : (SELECTED + HELPER_TABLE).split('\n').length - 1;
    const { findings } = verdictOf(await planOf(machine, wanting()), 'provider');
    expect(findings[0]).toMatchObject({
      code: 'CL1002',
      severity: 'error',
      file: CONFIG,
      line: line + offset,
      message: expect.stringContaining(key),
    });
    const before = machine.text(CONFIG);
    expect((await applyTo(machine, wanting())).code).toBe(1);
    expect(machine.text(CONFIG)).toBe(before);
  });

  test('what only Codex itself finds stops the apply before the file is touched', async () => {
    const { machine } = await settled(null);
    machine.programs.set(CODEX, ({ env }) =>
      exit(
        1,
        JSON.stringify({ error: { data: { detail: `${env.CODEX_HOME}/config.toml:7:3: no such luck`, line: 7, column: 3 } } }),
      ),
    );
    const recording = new RecordingMachine(machine);
    const { code, document } = await applyTo(recording, wanting());
    expect(code).toBe(1);
    expect(document.findings).toContainEqual(
      expect.objectContaining({
        code: 'CL1003',
        message: 'Codex would refuse the new file: config.toml:7:3: no such luck',
        file: CONFIG,
        line: 7,
      }),
    );
    expect(recording.operations.map((one) => one.path)).not.toContain(CONFIG);
  });

  test.each([
    ['is not installed', (made: World) => void made.machine.remove(CODEX)],
    [
      'is too old for the question',
      (made: World) => void made.machine.programs.set(CODEX, () => exit(2, '', 'unexpected argument')),
    ],
    ['hangs', (made: World) => void made.machine.programs.set(CODEX, () => ({ ...exit(0), code: null, timedOut: true }))],
  ])('a Codex that %s is no obstacle', async (_what, spoil) => {
    const made = await settled(null);
    spoil(made);
    const { code } = await applyTo(made.machine, desired({ verify: { doctor: 'off' } }));
    expect([code, made.machine.text(CONFIG)]).toEqual([0, SELECTED + HELPER_TABLE]);
  });
});

describe('a file that cannot be understood', () => {
  test.each<[string, string | Uint8Array, object]>([
    ['no TOML', 'model = "a"\nmodel = = 1\n', { code: 'CL1001', file: CONFIG, line: 2, column: expect.any(Number) }],
    ['a key twice', 'model = "a"\nmodel = "b"\n', { code: 'CL1001', line: 2 }],
    ['no UTF-8', new Uint8Array([0x61, 0xff, 0xfe]), { code: 'CL0005', file: CONFIG }],
    ['NUL bytes of a file system that lost power', '\0\0\0\0', { code: 'CL1001', line: 1 }],
    ['a table where a value stands', 'model_providers = 1\n', { code: 'CL1004', file: CONFIG }],
  ])('%s is unknown, and never replaced', async (_what, content, found) => {
    const { machine } = await settled('');
    machine.place(CONFIG, content, 0o600);
    const verdict = verdictOf(await planOf(machine, wanting()), 'provider');
    expect(verdict).toMatchObject({ status: 'unknown', findings: [found] });
    const before = machine.snapshot()[CONFIG];
    const { code } = await applyTo(machine, wanting());
    expect([code, machine.snapshot()[CONFIG]]).toEqual([1, before]);
  });

  test('a file that may not be read', async () => {
    const { machine } = await settled('');
    machine.place(CONFIG, 'model = "a"\n', 0o000);
    expect(verdictOf(await planOf(machine, wanting()), 'provider')).toMatchObject({
      status: 'unknown',
      findings: [{ code: 'CL0005', resource: 'provider' }],
    });
  });
});

test('an edit between plan and apply is noticed, never overwritten', async () => {
  const { machine } = await settled('model = "a"\n');
  const plan = await planOf(machine, wanting());
  const planned = plan.resources.find((one) => one.resource.address === 'provider')!;
  machine.place(CONFIG, 'model = "b"\n', 0o600);
  await expect(planned.resource.converge(machine, planned.actual, () => {})).rejects.toMatchObject({ code: 'ECHANGED' });
  expect(machine.text(CONFIG)).toBe('model = "b"\n');
  await machine.remove(CONFIG);
  await expect(planned.resource.converge(machine, planned.actual, () => {})).rejects.toMatchObject({ code: 'ECHANGED' });
  expect(machine.text(CONFIG)).toBe(null);
});

describe('secrets of others', () => {
  // Every spelling of TOML, and every place where Codex and its users put a secret. Each stands near what changes.
  const secrets = Array.from({ length: 12 }, (_, index) => `hidden-${index}-hidden`);
  const config = `model_provider = "openai"
[mcp_servers.a.env]
TOKEN = "${secrets[0]}"
ANYTHING = '${secrets[1]}'
[mcp_servers.b]
http_headers = { Authorization = "Bearer ${secrets[2]}" }
bearer_token = "${secrets[3]}"
[model_providers.cliproxy]
name = "x"
experimental_bearer_token = "${secrets[4]}"
http_headers = { X-Api-Key = "${secrets[5]}" }
query_params = { api_key = "${secrets[6]}" }
[model_providers.cliproxy.auth]
command = "old"
[tools]
password = """
${secrets[7]}
${secrets[8]}"""
client_secret = "a \\"${secrets[9]}\\" \\t b"
[shell.env]
list = ["${secrets[10]}", "${secrets[11]}"]
`;

  test.each<[string, Partial<DesiredProvider>]>([
    ['a helper', {}],
    ['dotenv', { auth: 'dotenv' }],
    ['other headers', { settings: { http_headers: { 'X-Team': 'tools' }, query_params: { a: 'b' } } }],
  ])('are not in a plan for %s', async (_what, provider) => {
    const { machine } = await settled(config);
    const plan = await planOf(machine, wanting(provider));
    const text = JSON.stringify(await planJson(plan, 'linux'));
    for (const secret of secrets) expect(text).not.toContain(secret);
    const { fileChange, changes } = verdictOf(plan, 'provider');
    expect(await unifiedDiff(fileChange!)).toContain('(sensitive)');
    if ('settings' in provider) {
      const headers = changes.find((one) => one.path === 'model_providers.cliproxy.http_headers');
      expect(headers).toMatchObject({ before: { 'X-Api-Key': '(sensitive)' }, after: { 'X-Team': 'tools' }, sensitive: true });
    }
  });

  test('names of variables are no secrets', async () => {
    const { machine } = await settled('[mcp_servers.a]\nbearer_token_env_var = "THE_NAME"\nmodel_auto_compact_token_limit = 1\n');
    const { fileChange } = verdictOf(await planOf(machine, wanting()), 'provider');
    expect(await unifiedDiff(fileChange!)).toContain('THE_NAME');
  });
});

test('the model and the window are left alone where they are not managed', async () => {
  expect(await written('model = "mine"\nmodel_context_window = 1\n')).toBe(
    `model = "mine"\nmodel_context_window = 1\n${SELECTED}${HELPER_TABLE}`,
  );
});

test('CODEX_HOME is where the file is', async () => {
  const made = world({
    env: { HOME: '/home/me', PATH: '/usr/bin', GATEWAY_KEY: 'key-of-this-test-0123456789', CODEX_HOME: '/else/where' },
  });
  const wanted = desired({ provider: { auth: 'dotenv' } });
  await applyTo(made.machine, wanted);
  expect([made.machine.text('/else/where/config.toml'), made.machine.text(CONFIG)]).toEqual([SELECTED + ENV_TABLE, null]);
});

test.each<[Partial<DesiredProvider>, string[]]>([
  [{}, ['CL1005']],
  [{ auth: 'dotenv' }, ['CL1005']],
  [{ auth: 'dotenv', keepChatgptFeatures: true }, []],
  [{ active: 'openai' }, []],
])('what %j costs is said when it is changed, and in sync no more', async (provider, codes) => {
  const { machine } = await settled(null, provider);
  machine.place('/home/me/.codex/auth.json', JSON.stringify({ tokens: { access_token: 'made-up-login' } }), 0o600);
  const seen = async () => verdictOf(await planOf(machine, wanting(provider)), 'provider').findings.map((one) => one.code);
  expect(await seen()).toEqual(codes);
  await applyTo(machine, wanting(provider));
  expect(await seen()).toEqual([]);
});

describe('a key that has left the YAML', () => {
  const MORE = { model: 'gpt-5.5', contextWindow: 272_000, settings: { request_max_retries: 4 } } as const;
  const left = async (change: (text: string) => string, provider: Partial<DesiredProvider> = {}) => {
    const { machine } = world();
    machine.place(CONFIG, '# mine\n', 0o600);
    await applyTo(machine, wanting(MORE));
    machine.place(CONFIG, change(machine.text(CONFIG) ?? ''), 0o600);
    const plan = await planOf(machine, wanting(provider));
    const { code } = await applyTo(machine, wanting(provider));
    return { machine, code, plan, text: machine.text(CONFIG) ?? '' };
  };

  test('goes, where nobody has changed it since', async () => {
    const { code, plan, text, machine } = await left((before) => before);
    expect(code).toBe(0);
    expect(plan.resources.find((one) => one.resource.address === 'provider')?.cause).toBe('config');
    expect(verdictOf(plan, 'provider').reason).toBe(
      'model, model_context_window, model_providers.cliproxy.request_max_retries were set by an earlier apply, and left the YAML since',
    );
    expect(text).toBe(`# mine\n\n${SELECTED}${HELPER_TABLE}`);
    expect((await planOf(machine, wanting())).outcome).toBe('in-sync');
  });

  test('stays, where somebody has', async () => {
    const { text, machine } = await left((before) => before.replace('"gpt-5.5"', '"theirs"').replace('272000', '1000'));
    expect(text).toContain('model = "theirs"');
    expect(text).toContain('model_context_window = 1000');
    expect(text).not.toContain('request_max_retries');
    expect((await planOf(machine, wanting())).outcome).toBe('in-sync');
  });

  test('the table of another id stays: conversations may be bound to it', async () => {
    const { text } = await left((before) => before, { id: 'pool' });
    expect(text).toContain('[model_providers.cliproxy.auth]');
    expect(text).toContain('[model_providers.pool.auth]');
    expect(text).not.toContain('model = "gpt-5.5"');
  });

  test('another way to authenticate takes its table along, once', async () => {
    const { text, code } = await left((before) => before, { ...MORE, auth: 'dotenv' });
    expect([code, text.includes('.auth]'), text.includes('request_max_retries = 4')]).toEqual([0, false, true]);
  });
});

describe('the features of a ChatGPT login', () => {
  const wanted = desired({ provider: { auth: 'dotenv', keepChatgptFeatures: true } });
  const codes = async ({ machine }: World) => (await planOf(machine, wanted)).findings.map(({ code }) => code);

  test('need one: without it that is said', async () => {
    const made = world();
    expect(await codes(made)).toContain('CL1016');
    made.machine.place('/home/me/.codex/auth.json', JSON.stringify({ tokens: { access_token: 'made-up-login' } }), 0o600);
    expect(await codes(made)).not.toContain('CL1016');
  });
});
