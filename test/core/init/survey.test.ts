import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadDesired } from '../../../src/config/load.ts';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import type { CodexLinkYaml } from '../../../src/generated/yaml-types.ts';
import { survey } from '../../../src/init/survey.ts';
import { yamlText } from '../../../src/init/yaml-text.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../src/machine/read-only.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import { ccsxpTable } from '../../support/ccsxp.ts';
import { ANN, BOB, heldAnn, idToken, placePool, quotaNote } from '../support/pool.ts';
import { applyTo, CCS, CONFIG, DOTENV, KEY, planOf, STATE, statuses, TOKEN_FILE, type World, world } from '../support/world.ts';

const CCS_CONFIG = '/home/me/.ccs/config.yaml';
const GATEWAY = '/home/me/.ccs/cliproxy/config.yaml';

const look = (machine: Machine) => survey(new ReadOnlyMachine(machine), linux);
const load = (machine: Machine, text: string) =>
  loadDesired(machine, { file: '-', stdin: async () => new TextEncoder().encode(text) });

/** What init would write, loaded as every other command does it. */
async function initiated(machine: Machine) {
  const found = await look(machine);
  const text = yamlText(found.document, './codex-link.schema.json');
  return { ...found, text, desired: await load(machine, text) };
}

/** A machine with CCS, its gateway with `KEY`, and a pool. */
function machineWithCcs(): World {
  const made = world();
  placePool(made.machine, [
    { email: 'work@example.com', nickname: 'work', default: true },
    { email: 'personal@example.com', paused: true },
    { email: 'pool-1@example.com' },
    { email: 'pool-2@example.com' },
  ]);
  made.machine.place(
    CCS_CONFIG,
    `version: 13\ncliproxy:\n  auth:\n    api_key: ${KEY}\n    management_secret: made-up-test-value\n`,
  );
  made.machine.place(
    GATEWAY,
    `host: 127.0.0.1\nport: 8317\napi-keys: [${KEY}]\nrouting:\n  strategy: round-robin\nremote-management:\n  allow-remote: false\n  secret-key: $2a$10$made.up\n`,
  );
  return made;
}

/** Applies a YAML, writes one anew from what is there, and expects that nothing is left to do. */
async function roundTrip(yaml: string, prepare: (made: World) => void = () => {}) {
  const made = machineWithCcs();
  prepare(made);
  const wanted = await load(made.machine, yaml);
  const applied = await applyTo(made.machine, wanted);
  expect([0, 2], JSON.stringify(applied.document.findings)).toContain(applied.code);
  const before = made.machine.snapshot();
  const again = await initiated(made.machine);
  expect(made.machine.snapshot()).toEqual(before);
  expect(again.text).not.toContain(KEY);
  const plan = await planOf(made.machine, again.desired);
  const open = Object.entries(statuses(plan)).filter(
    ([, status]) => !['in-sync', 'unmanaged', 'skipped', 'run'].includes(status),
  );
  expect([open, plan.outcome], again.text).toEqual([[], 'in-sync']);
  return { ...again, wanted, machine: made.machine };
}

describe('on a machine that codex-link has set up, the plan of the new file is in sync', () => {
  const example = (name: string) => readFile(new URL(`../../../examples/${name}`, import.meta.url), 'utf8');

  test.each(['minimal.yaml', 'team.yaml', 'extends-team.yaml', 'full.yaml'])('%s', async (name) => {
    const texts = await Promise.all([example('team.yaml'), example(name)]);
    // From standard input the team's file is looked for in the working folder.
    const { desired, wanted } = await roundTrip(texts[1] ?? '', ({ machine }) => {
      machine.place('/home/me/team.yaml', texts[0] ?? '');
      // The ccs of these machines knows no routing, so that stands there already.
      if (name === 'full.yaml') {
        machine.place(CCS_CONFIG, `${machine.text(CCS_CONFIG)}  routing:\n    session_affinity: true\n`);
        machine.place(GATEWAY, (machine.text(GATEWAY) ?? '').replace('robin\n', 'robin\n  session-affinity: true\n'));
      }
      for (const one of ['codex-fast'])
        machine.place(
          CCS_CONFIG,
          `${machine.text(CCS_CONFIG)}  variants:\n    ${one}:\n      provider: codex\n      settings: ~/.ccs/codex-${one}.settings.json\n`,
        );
      const env = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:8317/api/provider/codex', ANTHROPIC_AUTH_TOKEN: KEY };
      const models = ['', '_DEFAULT_OPUS', '_DEFAULT_SONNET', '_DEFAULT_HAIKU'].map((part) => [
        `ANTHROPIC${part}_MODEL`,
        'gpt-5.4-high-fast',
      ]);
      machine.place(
        '/home/me/.ccs/codex-codex-fast.settings.json',
        JSON.stringify({ env: { ...env, ...Object.fromEntries(models) } }),
        0o600,
      );
    });
    expect(desired.provider).toEqual(wanted.provider);
    expect(desired.gateway).toEqual({ ...wanted.gateway, exposure: 'loopback' });
    expect(desired.ccs).toEqual({ ensure: 'present' });
  });

  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const providers = fc.record(
    {
      active: fc.constantFrom('cliproxy', 'openai'),
      id: fc.constantFrom('cliproxy', 'codex-link', 'Team_1'),
      name: fc.oneof(word, fc.constantFrom('CLIProxy', 'a: b # c', "it's", '${x}', '$${x', '~', 'yes', '1', '- x', '{a}')),
      basePath: fc.constantFrom('/v1', '/backend-api/codex'),
      model: fc.constantFrom('gpt-5.5', 'null', '1e3', '@x', '*y', 'a:b'),
      contextWindow: fc.integer({ min: 1, max: 1_000_000 }),
      settings: fc.record(
        {
          request_max_retries: fc.integer({ min: 0, max: 100 }),
          supports_websockets: fc.boolean(),
          http_headers: fc.dictionary(word, word, { minKeys: 1, maxKeys: 2 }),
          model_catalog_url: fc.constant('https://models.example.com/x'),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
  const ways = fc.constantFrom(
    {},
    { auth: 'helper' },
    { auth: 'helper', portable: true },
    { auth: 'dotenv' },
    { auth: 'dotenv', keepChatgptFeatures: true },
    { auth: 'env' },
  );
  const helpers = fc.record(
    {
      timeoutMs: fc.integer({ min: 1000, max: 600_000 }),
      refreshIntervalMs: fc.integer({ min: 0, max: 1_000_000 }),
    },
    { requiredKeys: [] },
  );
  const secrets = fc.record(
    {
      service: fc.constantFrom('CLIPROXY_API_KEY', 'TEAM_KEY'),
      account: fc.constantFrom('me', 'some body', 'me@example.com'),
      source: fc.constantFrom<unknown>('ccs', { env: 'GATEWAY_KEY' }),
    },
    { requiredKeys: [] },
  );

  test('whatever the provider, the helper and the secret are', async () => {
    await fc.assert(
      fc.asyncProperty(providers, ways, helpers, secrets, async (provider, way, helper, secret) => {
        // The helper of these machines gives what stands in one file only.
        const own =
          secret.service !== undefined && !('auth' in way && way.auth !== 'helper')
            ? { ...secret, service: 'CLIPROXY_API_KEY' }
            : secret;
        const name = provider.name?.replaceAll('${', () => '$${');
        const given = { ...provider, ...(name === undefined ? {} : { name }), ...way };
        const yaml = JSON.stringify({ version: 1, provider: given, helper, secret: { store: 'file', ...own } });
        const { desired, wanted } = await roundTrip(yaml);
        const window = wanted.provider.active === 'openai' ? { contextWindow: null } : {};
        expect(desired.provider).toEqual({ ...wanted.provider, ...window });
        expect(desired.secret).toEqual({ ...wanted.secret, store: 'auto', source: expect.anything() });
        if (wanted.provider.auth === 'helper') expect(desired.helper).toEqual(wanted.helper);
      }),
      { numRuns: 60 },
    );
  });

  test('a gateway elsewhere, and a key that CCS does not have', async () => {
    const { document } = await roundTrip(
      'version: 1\ngateway: { url: "http://127.0.0.1:9999", manager: none }\nprovider: { id: team }\nsecret: { source: { env: GATEWAY_KEY } }',
      ({ machine }) => void machine.servers.set('127.0.0.1:9999', machine.servers.get('127.0.0.1:8317')!),
    );
    expect(document).toMatchObject({ gateway: { url: 'http://127.0.0.1:9999', manager: 'none' }, provider: { id: 'team' } });
    expect([document.secret, document.routing, document.ccs]).toEqual([undefined, undefined, undefined]);
  });
});

describe('a machine that nobody has set up', () => {
  test('an empty one gets a file with examples only', async () => {
    const { document, text, findings } = await initiated(world().machine);
    expect([document, findings]).toEqual([{ version: 1 }, []]);
    for (const section of ['ccs', 'accounts', 'routing', 'gateway', 'provider', 'secret'])
      expect(text).toContain(`\n# ${section}: `);
    // What is commented out is legal where the comment sign goes.
    const examples = text.replaceAll(/^# (?=(ccs|accounts|routing|gateway|provider|secret): )/gm, '');
    expect((await load(world().machine, examples)).accounts?.length).toBe(1);
  });

  const guide = `model = "gpt-5.5"
model_context_window = 272000
model_provider = "cliproxy"

[model_providers.cliproxy]
name = "CLIProxy"
base_url = "http://127.0.0.1:8317/api/provider/codex"
wire_api = "responses"

[model_providers.cliproxy.auth]
command = "$HOME/.codex/bin/cliproxy-token"
timeout_ms = 5000
refresh_interval_ms = 300000
`;
  const ccsxp = `model_provider = "cliproxy"\n${ccsxpTable()}`;
  const provider = { basePath: '/api/provider/codex' };
  const general = { model: 'gpt-5.5', contextWindow: 272000 };

  test.each<[string, string, (machine: MemoryMachine) => void, Partial<CodexLinkYaml>, number]>([
    ["the guide's", guide, () => {}, { provider: { ...provider, ...general } }, 0],
    [
      "the guide's, with a helper elsewhere and its own times",
      guide.replace('.codex/bin/cliproxy-token', 'bin/token').replace('5000', '9000').replace('300000', '0'),
      () => {},
      { provider: { ...provider, ...general }, helper: { path: '~/bin/token', timeoutMs: 9000, refreshIntervalMs: 0 } },
      0,
    ],
    [
      "the guide's, on OpenAI's route",
      guide.replace('"cliproxy"', '"openai"').replace(/model_context_window.*\n/, ''),
      () => {},
      { provider: { active: 'openai', ...provider, model: 'gpt-5.5' } },
      0,
    ],
    [
      'a program of the system for a helper',
      guide.replace(/command = .*/, 'command = "/usr/bin/security"\nargs = ["x"]'),
      () => {},
      { provider: { ...provider, ...general } },
      0,
    ],
    ["ccsxp's: the App gets nothing by it", ccsxp, () => {}, { provider: { settings: { supports_websockets: false } } }, 2],
    [
      "ccsxp's, with nothing selected: it never does that",
      ccsxp.replace(/^.*\n/, ''),
      () => {},
      { provider: { settings: { supports_websockets: false } } },
      2,
    ],
    [
      "ccsxp's, with OpenAI selected",
      ccsxp.replace('"cliproxy"', '"openai"'),
      () => {},
      { provider: { active: 'openai', settings: { supports_websockets: false } } },
      2,
    ],
    [
      'env_key, with the key in .env',
      ccsxp.replace('requires_openai_auth = false', 'requires_openai_auth = true'),
      (machine) => machine.place(DOTENV, `CLIPROXY_API_KEY=${KEY}\n`, 0o600),
      {
        provider: {
          name: 'CLIProxy Codex',
          ...provider,
          auth: 'dotenv',
          keepChatgptFeatures: true,
          settings: { supports_websockets: false },
        },
      },
      0,
    ],
    [
      'env_key, with the key in the session',
      ccsxp.replace('CLIPROXY_API_KEY', 'TEAM_KEY'),
      (machine) => machine.place('/home/me/.config/environment.d/x.conf', `TEAM_KEY=${KEY}\n`),
      {
        provider: { auth: 'env', settings: { supports_websockets: false } },
        secret: { service: 'TEAM_KEY' },
      },
      1,
    ],
    [
      'a selected table of another program',
      '[model_providers.x]\nname = "x"\nbase_url = "https://x.example.com/v1"\nexperimental_bearer_token = "PROXY_MANAGED"\n\n',
      () => {},
      {},
      0,
    ],
    [
      'somebody else is selected beside ours',
      guide
        .replace('model_provider = "cliproxy"', 'model_provider = "other"')
        .concat('[model_providers.other]\nname = "o"\nbase_url = "https://o.example.com/v1"\n'),
      () => {},
      { provider: { ...provider, ...general } },
      1,
    ],
    [
      'what may hold a secret',
      guide.replace(
        'wire_api',
        'http_headers = { X = "test-secret" }\nquery_params = { a = "test-secret" }\nrequest_max_retries = 3\nwire_api',
      ),
      () => {},
      { provider: { ...provider, ...general, settings: { request_max_retries: 3 } } },
      2,
    ],
    ['a password in the address', guide.replace('http://', 'http://me:test-secret@'), () => {}, { provider: general }, 1],
    ['a path that cannot be said', guide.replace('/api/provider/codex', '/'), () => {}, { provider: general }, 1],
  ])('%s', async (_what, config, prepare, expected, notes) => {
    const { machine } = machineWithCcs();
    machine.place(CONFIG, config);
    prepare(machine);
    const { document, findings, text } = await initiated(machine);
    const { version: _version, ccs, accounts, routing, gateway, ...rest } = document;
    expect([ccs, accounts?.length, gateway]).toEqual([{ ensure: 'present' }, 4, { exposure: 'loopback' }]);
    expect(routing).toEqual({ strategy: 'round-robin', sessionAffinity: false, sessionAffinityTtl: '1h' });
    expect(rest).toEqual(expected);
    expect(findings.map(({ code }) => code)).toEqual(Array(notes).fill('CL0032'));
    expect(text + JSON.stringify(findings)).not.toMatch(/test-secret|key-of-this-test/);
  });

  test('a config.toml that is none is an error, and not an empty one', async () => {
    const { machine } = world();
    machine.place(CONFIG, 'a = = 1');
    await expect(look(machine)).rejects.toMatchObject({ findings: [{ code: 'CL1001', line: 1 }] });
    await expect(look(machine)).rejects.toBeInstanceOf(CodexLinkError);
  });
});

describe('the pool', () => {
  test('a pause of CCS is no wish, and odd names are left out', async () => {
    const { machine } = world();
    placePool(machine, [
      { ...heldAnn, default: true, nickname: 'kiro-1' },
      { email: BOB, nickname: 'sk-proj-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', token: { id_token: idToken('plus') } },
      { email: 'eve@example.com', nickname: BOB },
    ]);
    quotaNote(machine);
    const { document } = await initiated(machine);
    expect(document.accounts).toEqual([{ email: ANN, default: true }, { email: BOB }, { email: 'eve@example.com' }]);
  });

  test('two accounts of one e-mail have their names', async () => {
    const { machine } = world();
    placePool(machine, [
      { email: ANN, file: `codex-${ANN}.json` },
      { email: ANN, file: `codex-${ANN}-team.json`, registered: false },
    ]);
    const { document, desired } = await initiated(machine);
    expect(document.accounts?.length).toBe(2);
    expect(new Set(document.accounts?.map((one) => one.email)).size).toBe(2);
    const open = Object.entries(statuses(await planOf(machine, desired))).filter(([address]) => address.startsWith('accounts/'));
    expect(open.map(([, status]) => status)).not.toContain('manual');
  });

  test('routing that is said in two ways, and a strategy that the YAML does not have', async () => {
    const { machine } = machineWithCcs();
    machine.place(CCS_CONFIG, `${machine.text(CCS_CONFIG)}  routing:\n    strategy: fill-first\n`);
    const { document, findings } = await initiated(machine);
    expect([document.routing, findings.map((one) => one.resource)]).toEqual([undefined, ['routing']]);
  });
});

describe('the key', () => {
  test.each<[string, (machine: MemoryMachine) => void, unknown]>([
    ['that CCS has', (machine) => machine.place(TOKEN_FILE, `${KEY}\n`, 0o600), undefined],
    ['that CCS does not have', (machine) => machine.place(TOKEN_FILE, 'test-other\n', 0o600), { source: 'keep' }],
    ['that is nowhere', () => {}, undefined],
  ])('%s', async (_what, prepare, expected) => {
    const { machine } = machineWithCcs();
    prepare(machine);
    const { document, text } = await initiated(machine);
    expect(document.secret).toEqual(expected);
    expect(text).not.toMatch(/test-other|key-of-this-test/);
  });

  test('a route that is held by hand is no wish', async () => {
    const { machine } = machineWithCcs();
    expect((await applyTo(machine, await load(machine, 'version: 1\nprovider: { active: openai }'))).code).toBe(0);
    expect((await initiated(machine)).desired.provider.active).toBe('openai');
    const state = JSON.parse(machine.text(`${STATE}/state.json`) ?? '');
    machine.place(
      `${STATE}/state.json`,
      JSON.stringify({ ...state, hold: { route: 'openai', since: '2026-11-21T00:00:00.000Z' } }),
    );
    expect((await initiated(machine)).desired.provider.active).toBe('cliproxy');
  });

  test('without the program ccs, nothing asks for its installation', async () => {
    const { machine } = machineWithCcs();
    await machine.remove(CCS);
    const { document } = await initiated(machine);
    expect([document.ccs, document.accounts?.length]).toEqual([undefined, 4]);
  });
});
