/**
 * A machine that people and programs live on, in memory: Codex with its App's own tables, a pool of CCS with its files, and a gateway. What
 * its neighbours may do to it (field notes 1.8, 3.4 and 3.5), and what they must not (9).
 */
import type { Desired } from '../../../src/config/desired.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { ccsxpTable } from '../../support/ccsxp.ts';
import { desired } from '../support/desired.ts';
import { answer } from '../support/gateway.ts';
import { CLIPROXY, placePool, REGISTRY } from '../support/pool.ts';
import { placeCrontab } from '../support/schedulers.ts';
import { applyTo, CCS, CONFIG, DOTENV, HELPER, KEY, placeCcs, TOKEN_FILE, type World, world } from '../support/world.ts';

export const ANN = 'ann@example.com';
export const BOB = 'bob@example.com';
export const SAVED = '/home/me/.ccs/config.yaml';
export const LIVE = `${CLIPROXY}/config.yaml`;
const VARIANT = '/home/me/.ccs/codex-codex-fast.settings.json';
const ENVIRONMENT = '/home/me/.config/environment.d/60-codex-link.conf';

const BEFORE = `# my Codex
approval_policy = "on-request"

[desktop]
theme = "dark"

[mcp_servers.docs]
command = "npx"
env = { DOCS_TOKEN = "test-foreign-1" }

[projects."/home/me/code"]
trust_level = "trusted"
`;

const account = (email: string, more = {}) => ({
  email,
  nickname: email.split('@')[0] ?? null,
  default: false,
  paused: false,
  ...more,
});

export type Auth = 'helper' | 'dotenv' | 'env';

/** Everything that a YAML can manage here. */
export function wanted(drift: Partial<Desired['drift']> = {}, auth: Auth = 'helper'): Desired {
  return desired({
    gateway: { exposure: 'loopback' },
    provider: { model: 'gpt-5.5', contextWindow: 272_000, auth },
    drift: { schedule: { every: '1h' }, ...drift },
    rest: {
      ccs: { ensure: 'present' },
      variants: [{ name: 'codex-fast', model: 'gpt-5.4-high-fast' }],
      accounts: [account(ANN, { default: true }), account(BOB)],
      routing: { strategy: 'round-robin', sessionAffinity: false, sessionAffinityTtl: '1h' },
    },
  });
}

export async function lived(auth: Auth = 'helper'): Promise<World> {
  const made = world();
  const { machine, gateway } = made;
  gateway.models = ['gpt-5.5'];
  placeCcs(machine);
  placeCrontab(machine, '# mine\n0 1 * * * true\n');
  const model = 'gpt-5.4-high-fast';
  const route = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:8318/api/provider/codex', ANTHROPIC_AUTH_TOKEN: KEY };
  const models = { ANTHROPIC_MODEL: model, ANTHROPIC_DEFAULT_OPUS_MODEL: model, ANTHROPIC_DEFAULT_SONNET_MODEL: model };
  machine.place(VARIANT, `${JSON.stringify({ env: { ...route, ...models } }, null, 2)}\n`, 0o600);
  placePool(machine, [
    { email: ANN, default: true, nickname: 'ann' },
    { email: BOB, nickname: 'bob' },
  ]);
  machine.place(
    SAVED,
    'version: 13\ncliproxy:\n  routing:\n    strategy: round-robin\n    session_affinity: false\n    session_affinity_ttl: 1h\n  auth:\n    management_secret: my-own\n  variants:\n    codex-fast:\n      provider: codex\n      settings: ~/.ccs/codex-codex-fast.settings.json\n      port: 8318\n',
    0o600,
  );
  machine.place(
    LIVE,
    'host: 127.0.0.1\nport: 8317\nremote-management:\n  allow-remote: false\n  secret-key: $2a$10$hash\nrouting:\n  strategy: round-robin\n  session-affinity: false\n  session-affinity-ttl: "1h"\n',
    0o600,
  );
  machine.place(`${CLIPROXY}/sessions.json`, JSON.stringify({ port: 8317, pid: 90, sessions: [] }));
  machine.processes.set(90, 'start');
  machine.place(CONFIG, BEFORE, 0o600);
  machine.place(DOTENV, '# mine\nMY_TOKEN=test-foreign-2\n', 0o600);
  machine.place('/home/me/.codex/auth.json', '{"tokens":{"access_token":"made-up-for-a-test"}}', 0o600);
  const applied = await applyTo(machine, wanted({}, auth));
  if (applied.code !== 0) throw new Error(JSON.stringify(applied.document));
  return made;
}

/** A file, changed. What is looked for has to be there: a break that breaks nothing proves nothing. */
export function edit(machine: MemoryMachine, path: string, from: string | RegExp, to: string, mode = 0o600): void {
  const before = machine.text(path) ?? '';
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${path} has no ${from}`);
  machine.place(path, after, mode);
}

/** The registry of CCS's accounts, changed. */
export function inPool(machine: MemoryMachine, change: (codex: Codex) => void): void {
  const registry = JSON.parse(machine.text(REGISTRY) ?? '') as { providers: { codex: Codex } };
  change(registry.providers.codex);
  machine.place(REGISTRY, `${JSON.stringify(registry, null, 2)}\n`, 0o600);
}

export interface Codex {
  default: string;
  accounts: Record<string, { nickname: string; paused?: boolean; pausedAt?: string; tokenFile: string; lastUsedAt: string }>;
}

/** An account paused or resumed, as CCS does it: in the registry, and by moving its token. */
export function setPaused(machine: MemoryMachine, email: string, paused: boolean, pausedAt: string): void {
  const [from, to] = paused ? ['auth', 'auth-paused'] : ['auth-paused', 'auth'];
  const token = `codex-${email}.json`;
  machine.place(`${CLIPROXY}/${to}/${token}`, machine.text(`${CLIPROXY}/${from}/${token}`) ?? '', 0o600);
  void machine.remove(`${CLIPROXY}/${from}/${token}`);
  inPool(machine, ({ accounts }) => {
    const entry = accounts[email];
    if (entry === undefined) throw new Error(`there is no ${email}`);
    if (paused) Object.assign(entry, { paused, pausedAt });
    else {
      delete entry.paused;
      delete entry.pausedAt;
    }
  });
}

/** The crontab, changed by somebody with crontab(1). */
async function inCrontab(machine: MemoryMachine, change: (table: string) => string): Promise<void> {
  const run = (args: readonly string[], input?: string) =>
    machine.run({ file: '/usr/bin/crontab', args, env: {}, timeoutMs: 1000, effect: 'write', ...(input && { input }) });
  const before = (await run(['-l'])).stdout;
  const after = change(before);
  if (after === before) throw new Error(`the crontab is not changed: ${before}`);
  await run(['-'], after);
}

/** Something that breaks the route or leaves the stated. */
export interface Mutation {
  readonly name: string;
  /** Where it must be found: an address, or the code of an error. */
  readonly found: string;
  readonly auth?: Auth;
  readonly act: (made: World) => void | Promise<void>;
}

const config = (name: string, from: string | RegExp, to: string, found = 'provider', auth?: Auth): Mutation => ({
  name,
  found,
  ...(auth && { auth }),
  act: ({ machine }) => edit(machine, CONFIG, from, to),
});

/** Numbers are those of field notes 9. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: '1, 2: an update takes the base path away',
    found: 'gateway',
    act: ({ machine, gateway }) =>
      void machine.servers.set('127.0.0.1:8317', (bytes) =>
        / \/v1\//.test(Buffer.from(bytes).toString('latin1')) ? answer(404, '') : gateway.server(bytes),
      ),
  },
  { name: 'the gateway is down', found: 'gateway', act: ({ machine }) => machine.servers.clear() },
  {
    name: 'something else listens',
    found: 'gateway',
    act: ({ machine }) => void machine.servers.set('127.0.0.1:8317', () => answer(200, '<title>x</title>')),
  },
  {
    name: 'the gateway is in safe mode',
    found: 'gateway',
    act: ({ gateway }) => void Object.assign(gateway, { safeMode: true }),
  },
  {
    name: '17: the key of the gateway was reset',
    found: 'gateway',
    act: ({ gateway }) => void gateway.keys.splice(0, 1, 'reset'),
  },
  { name: 'the gateway asks for no key', found: 'gateway', act: ({ gateway }) => void gateway.keys.splice(0) },
  {
    name: '6: the helper yields nothing, because the key is gone',
    found: 'secret',
    act: ({ machine }) => machine.remove(TOKEN_FILE),
  },
  {
    name: 'another key in the store',
    found: 'secret',
    act: ({ machine }) => machine.place(TOKEN_FILE, 'test-other-key-123', 0o600),
  },
  { name: 'the stored key can be read by others', found: 'secret', act: ({ machine }) => machine.chmod(TOKEN_FILE, 0o644) },
  { name: '6: the helper is gone', found: 'helper', act: ({ machine }) => machine.remove(HELPER) },
  {
    name: 'the helper was edited',
    found: 'helper',
    act: ({ machine }) => edit(machine, HELPER, 'set -u', 'set -u\necho leaked', 0o700),
  },
  { name: 'the helper is not executable', found: 'helper', act: ({ machine }) => machine.chmod(HELPER, 0o644) },
  { name: 'the helper can be written by others', found: 'helper', act: ({ machine }) => machine.chmod(HELPER, 0o777) },
  config('the selector', 'model_provider = "cliproxy"', 'model_provider = "openai"'),
  config('the selector is gone', 'model_provider = "cliproxy"\n', ''),
  config('the model', 'model = "gpt-5.5"', 'model = "gpt-5.4"'),
  config('the window', 'model_context_window = 272000', 'model_context_window = 1000'),
  config('9: our table is gone', /\[model_providers\.cliproxy\][\s\S]*$/, ''),
  config('the address', /base_url = "[^"]*"/, 'base_url = "http://127.0.0.1:9/v1"'),
  config('3: the path in the address', '/v1"', '/backend-api/codex"'),
  config('the name', 'name = "CLIProxy"', "name = 'Somebody'"),
  config('the wire', 'wire_api = "responses"', 'wire_api = "chat"'),
  config("the helper's time", 'timeout_ms = 5000', 'timeout_ms = 0'),
  config("the helper's path", /command = "[^"]*cliproxy-token"/, 'command = "/tmp/other"'),
  config('19: a second way to authenticate', 'wire_api', 'requires_openai_auth = true\nwire_api'),
  config('4: a variable beside the helper', 'wire_api', 'env_key = "X"\nwire_api'),
  config('a key in clear text', 'wire_api', 'experimental_bearer_token = "test-bearer"\nwire_api'),
  config('ccsxp', /\[model_providers\.cliproxy\][\s\S]*$/, ccsxpTable()),
  config(
    '10: a switcher rewrites the whole file',
    /[\s\S]*/,
    'model_provider = "custom"\nmodel = "x"\n\n[model_providers.custom]\nname = "custom"\nbase_url = "https://example.com/v1"\nwire_api = "responses"\n',
  ),
  config('11: the file is all NUL', /[\s\S]*/, '\0\0\0\0\0\0\0\0'),
  config('11: a Windows path that is not escaped', /^/, 'notify = ["C:\\Users\\me"]\n'),
  config('12: half a file', /\[model_providers[\s\S]*$/, '[model_prov'),
  { name: '12: config.toml is gone', found: 'provider', act: ({ machine }) => machine.remove(CONFIG) },
  config('11: another table that Codex refuses', /$/, '\n[model_providers.other]\nname = ""\n'),
  config('a profile that Codex refuses', /^/, 'profile = "work"\n'),
  {
    name: 'a managed layer above',
    found: 'CL1006',
    act: ({ machine }) => machine.place('/etc/codex/managed_config.toml', 'model_provider = "corp"\n'),
  },
  {
    name: 'a requirement above',
    found: 'CL1006',
    act: ({ machine }) => machine.place('/etc/codex/requirements.toml', 'model_provider = "openai"\n'),
  },
  {
    name: 'a layer below that breaks ours',
    found: 'CL1008',
    act: ({ machine }) => machine.place('/etc/codex/config.toml', '[model_providers.cliproxy]\nenv_key = "X"\n'),
  },
  {
    name: '15: paused by hand',
    found: `accounts/${ANN}`,
    act: ({ machine }) => setPaused(machine, ANN, true, '2026-11-21T10:00:00.000Z'),
  },
  {
    name: '15: its token is where the gateway does not see it',
    found: `accounts/${BOB}`,
    act: async ({ machine }) => {
      const token = `codex-${BOB}.json`;
      machine.place(`${CLIPROXY}/auth-paused/${token}`, machine.text(`${CLIPROXY}/auth/${token}`) ?? '', 0o600);
      await machine.remove(`${CLIPROXY}/auth/${token}`);
    },
  },
  {
    name: 'an account signed out',
    found: `accounts/${BOB}`,
    act: async ({ machine }) => {
      await machine.remove(`${CLIPROXY}/auth/codex-${BOB}.json`);
      inPool(machine, ({ accounts }) => void delete accounts[BOB]);
    },
  },
  {
    name: 'another default',
    found: `accounts/${ANN}`,
    act: ({ machine }) => inPool(machine, (codex) => void Object.assign(codex, { default: BOB })),
  },
  {
    name: 'another nickname',
    found: `accounts/${BOB}`,
    act: ({ machine }) => inPool(machine, ({ accounts }) => void Object.assign(accounts[BOB] ?? {}, { nickname: 'robert' })),
  },
  { name: 'another strategy, saved', found: 'routing', act: ({ machine }) => edit(machine, SAVED, 'round-robin', 'fill-first') },
  {
    name: 'another strategy, in force',
    found: 'routing',
    act: ({ machine }) => edit(machine, LIVE, 'round-robin', 'fill-first'),
  },
  {
    name: 'session affinity',
    found: 'routing',
    act: ({ machine }) => edit(machine, LIVE, 'session-affinity: false', 'session-affinity: true'),
  },
  {
    name: '5: our line of .env',
    found: 'dotenv',
    auth: 'dotenv',
    act: ({ machine }) => edit(machine, DOTENV, `=${KEY}`, '=test-old-key'),
  },
  {
    name: '5: our line of .env, gone',
    found: 'dotenv',
    auth: 'dotenv',
    act: ({ machine }) => edit(machine, DOTENV, /^CLIPROXY_API_KEY=.*\n/m, ''),
  },
  {
    name: 'a second line of our name in .env',
    found: 'dotenv',
    auth: 'dotenv',
    act: ({ machine }) => edit(machine, DOTENV, /$/, 'CLIPROXY_API_KEY=test-old-key\n'),
  },
  { name: '.env can be read by others', found: 'dotenv', auth: 'dotenv', act: ({ machine }) => machine.chmod(DOTENV, 0o644) },
  {
    name: '4: the variable of the session, gone',
    found: 'environment',
    auth: 'env',
    act: ({ machine }) => machine.remove(ENVIRONMENT),
  },
  {
    name: '4: another value of the variable',
    found: 'environment',
    auth: 'env',
    act: ({ machine }) => edit(machine, ENVIRONMENT, KEY, 'test-old-key'),
  },
  { name: '13: CCS was uninstalled', found: 'ccs', act: ({ machine }) => machine.remove(CCS) },
  {
    name: '17: the gateway may be managed from elsewhere again',
    found: 'gateway',
    act: ({ machine }) => edit(machine, LIVE, 'allow-remote: false', 'allow-remote: true'),
  },
  {
    name: '17: its well-known secret is back',
    found: 'gateway',
    act: ({ machine }) => edit(machine, SAVED, / {2}auth:\n.*\n/, ''),
  },
  {
    name: '18: it listens on all interfaces after its next start',
    found: 'gateway',
    act: ({ machine }) => edit(machine, LIVE, 'host: 127.0.0.1', 'host: ""'),
  },
  {
    name: '18: it listens on all interfaces',
    found: 'gateway',
    act: ({ machine }) => void machine.servers.set('127.0.0.2:8317', () => null),
  },
  {
    name: "the variant's model",
    found: 'variants/codex-fast',
    act: ({ machine }) => edit(machine, VARIANT, /"ANTHROPIC_MODEL": "[^"]*"/, '"ANTHROPIC_MODEL": "gpt-5.4"'),
  },
  {
    name: 'the variant, gone',
    found: 'variants/codex-fast',
    act: ({ machine }) => edit(machine, SAVED, / {2}variants:[\s\S]*$/, ''),
  },
  {
    name: '13: the schedule was taken out',
    found: 'schedule',
    act: ({ machine }) => inCrontab(machine, (table) => table.replace(/# >>> codex-link[\s\S]*$/, '')),
  },
  {
    name: 'another time in the schedule',
    found: 'schedule',
    act: ({ machine }) => inCrontab(machine, (table) => table.replace('0 * * * *', '0 0 * * *')),
  },
  config('the variable', /env_key = "[^"]*"/, 'env_key = "OTHER"', 'provider', 'dotenv'),
];
