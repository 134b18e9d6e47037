/**
 * Everybody who writes where codex-link writes: the real `ccsxp`, the real Codex with its commands and the engine of its App, and people
 * with an editor. What breaks our part, and what they may do without being any business of ours.
 */
import { chmodSync, rmSync, statSync } from 'node:fs';
import { execa } from 'execa';
import { runCcsxp } from '../support/ccs-pool.ts';
import type { FreshHome } from '../support/fresh-home.ts';
import { codexPath } from '../support/programs.ts';

export const CONFIG = '.codex/config.toml';
export const HELPER = '.codex/bin/cliproxy-token';
export const DOTENV = '.codex/.env';
export const STORE = '.config/codex-link/CLIPROXY_API_KEY.token';
/** All that codex-link keeps in order here. */
export const FILES = [CONFIG, HELPER, DOTENV, STORE];

export type Auth = 'helper' | 'dotenv';

export interface Breaking {
  readonly name: string;
  /** The resource that must be found to differ. */
  readonly address: 'provider' | 'helper' | 'dotenv' | 'secret';
  /** Where it exists only with one way to hand Codex the token. */
  readonly only?: Auth;
  /** Who the plan has to name. */
  readonly writer?: 'ccsxp';
  readonly act: (home: FreshHome) => Promise<void> | void;
}

/** What somebody adds that is theirs, and how they take it away again. */
export interface Addition {
  readonly name: string;
  readonly file: typeof CONFIG | typeof DOTENV;
  readonly add: (home: FreshHome) => Promise<void> | void;
  readonly remove: (home: FreshHome) => Promise<void> | void;
}

export const BREAKINGS: readonly Breaking[] = [
  { name: 'ccsxp', address: 'provider', writer: 'ccsxp', act: ccsxp },
  { name: 'ccsxp, twice', address: 'provider', writer: 'ccsxp', act: async (home) => ccsxp(home).then(() => ccsxp(home)) },
  {
    name: 'a hand on our name, then ccsxp',
    address: 'provider',
    writer: 'ccsxp',
    act: async (home) => {
      edit(home, CONFIG, 'name = "CLIProxy"', 'name = "Mine"');
      await ccsxp(home);
    },
  },
  {
    name: "ccsxp, then the App's model picker",
    address: 'provider',
    writer: 'ccsxp',
    only: 'dotenv', // beside a helper Codex refuses what ccsxp leaves, and the App can write no more
    act: async (home) => {
      await ccsxp(home);
      await appWrites(home, 'model', 'gpt-5.4');
    },
  },
  { name: "the App's model picker", address: 'provider', act: (home) => appWrites(home, 'model', 'gpt-5.4') },
  { name: 'the App on the selector', address: 'provider', act: (home) => appWrites(home, 'model_provider', 'openai') },
  { name: 'the App on the window', address: 'provider', act: (home) => appWrites(home, 'model_context_window', 1000) },
  by('provider', 'the selector', CONFIG, 'model_provider = "cliproxy"', 'model_provider = "openai"'),
  // A line that is gone comes back where new lines go, at the end of its table: so only last ones come back to their place.
  by('provider', 'the window, gone', CONFIG, 'model_context_window = 272000\n', ''),
  by('provider', 'our whole table, gone', CONFIG, /\n\[model_providers\.cliproxy\][\s\S]*$/, ''),
  by('provider', 'the address', CONFIG, /base_url = "[^"]*"/, 'base_url = "http://127.0.0.1:9/v1"'),
  by('provider', 'the name, spelled anew', CONFIG, 'name = "CLIProxy"', "name = 'Somebody'"),
  by('provider', 'the wire', CONFIG, 'wire_api = "responses"', 'wire_api = "chat"'),
  { ...by('provider', "the helper's time", CONFIG, 'timeout_ms = 5000', 'timeout_ms = 0'), only: 'helper' },
  { ...by('provider', 'a variable beside the helper', CONFIG, /^wire_api/m, 'env_key = "X"\nwire_api'), only: 'helper' },
  { ...by('provider', 'the variable', CONFIG, /env_key = "[^"]*"/, 'env_key = "OTHER"'), only: 'dotenv' },
  { name: 'rm of the helper', address: 'helper', only: 'helper', act: (home) => rmSync(home.path(HELPER)) },
  { ...by('helper', 'the helper', HELPER, 'set -u', 'set -u\necho leaked'), only: 'helper' },
  { name: 'chmod 644 of the helper', address: 'helper', only: 'helper', act: (home) => chmodSync(home.path(HELPER), 0o644) },
  { name: 'chmod 777 of the helper', address: 'helper', only: 'helper', act: (home) => chmodSync(home.path(HELPER), 0o777) },
  { name: 'rm of the stored key', address: 'secret', act: (home) => rmSync(home.path(STORE)) },
  { name: 'another key in the store', address: 'secret', act: (home) => void home.write(STORE, 'test-other-key', 0o600) },
  {
    name: 'a second line of our name in .env',
    address: 'dotenv',
    only: 'dotenv',
    act: (home) => edit(home, DOTENV, /$/, 'CLIPROXY_API_KEY=test-old-key\n'),
  },
  { ...by('dotenv', 'our line of .env', DOTENV, /^CLIPROXY_API_KEY=.*$/m, 'CLIPROXY_API_KEY=test-old-key'), only: 'dotenv' },
  { name: 'chmod 644 of .env', address: 'dotenv', only: 'dotenv', act: (home) => chmodSync(home.path(DOTENV), 0o644) },
];

export const ADDITIONS: readonly Addition[] = [
  {
    name: 'codex mcp add, with a secret',
    file: CONFIG,
    add: (home) => codex(home, 'mcp', 'add', 'files', '--env', 'FILES_TOKEN=test-foreign-4', '--', 'npx', '-y', 'files'),
    remove: (home) => codex(home, 'mcp', 'remove', 'files'),
  },
  {
    name: 'codex mcp add, by address',
    file: CONFIG,
    add: (home) => codex(home, 'mcp', 'add', 'web', '--url', 'https://mcp.example.com/sse'),
    remove: (home) => codex(home, 'mcp', 'remove', 'web'),
  },
  {
    name: 'codex features',
    file: CONFIG,
    add: (home) => codex(home, 'features', 'enable', 'guardianv2'),
    remove: (home) => codex(home, 'features', 'disable', 'guardianv2'), // which is its default, so the key goes
  },
  {
    name: 'the App on its own table',
    file: CONFIG,
    add: (home) => appWrites(home, 'desktop.theme', 'light'),
    remove: (home) => appWrites(home, 'desktop.theme', 'dark'),
  },
  {
    name: 'a line of somebody in .env',
    file: DOTENV,
    add: (home) => void home.write(DOTENV, `${home.read(DOTENV)}SOMEBODY_TOKEN=test-foreign-5 # theirs\n`, 0o600),
    remove: (home) => edit(home, DOTENV, 'SOMEBODY_TOKEN=test-foreign-5 # theirs\n', ''),
  },
];

async function ccsxp(home: FreshHome): Promise<void> {
  const { exitCode, stderr } = await runCcsxp(home);
  if (exitCode !== 0 && home.read(CONFIG)?.includes('CLIProxy Codex') !== true) throw new Error(`ccsxp: ${stderr}`);
}

/** A hand with an editor, on our part. What it looks for has to be there: a break that breaks nothing proves nothing. */
function by(
  address: Breaking['address'],
  what: string,
  file: string,
  from: string | RegExp,
  to: string,
): Pick<Breaking, 'name' | 'address' | 'act'> {
  return { name: `a hand on ${what}`, address, act: (home) => edit(home, file, from, to) };
}

/** Keeps the mode, as editors do. */
function edit(home: FreshHome, file: string, from: string | RegExp, to: string): void {
  const before = home.read(file) ?? '';
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${file} has no ${from}`);
  home.write(file, after, statSync(home.path(file)).mode & 0o777);
}

async function codex(home: FreshHome, ...args: string[]): Promise<void> {
  const options = { cwd: home.work, env: home.env, extendEnv: false, stdin: 'ignore', timeout: 30_000 } as const;
  await execa(codexPath() ?? 'codex', args, options);
}

/** As the App writes: through the engine's own interface. */
async function appWrites(home: FreshHome, keyPath: string, value: string | number): Promise<void> {
  const engine = execa(codexPath() ?? 'codex', ['app-server'], {
    cwd: home.work,
    env: home.env,
    extendEnv: false,
    reject: false,
    timeout: 30_000,
    stderr: 'ignore',
  });
  const lines = [
    { id: 1, method: 'initialize', params: { clientInfo: { name: 'test', version: '0' } } },
    { method: 'initialized' },
    { id: 2, method: 'config/value/write', params: { keyPath, value, mergeStrategy: 'replace' } },
  ];
  engine.stdin.write(lines.map((one) => `${JSON.stringify(one)}\n`).join(''));
  let heard = '';
  for await (const chunk of engine.stdout) {
    heard += String(chunk);
    if (/^\{"id":2,.*\n/m.test(heard)) break;
  }
  engine.stdin.end();
  await engine;
  const answer = heard.split('\n').find((line) => line.startsWith('{"id":2,')) ?? '';
  if (!answer.includes('"status":"ok')) throw new Error(`config/value/write ${keyPath}: ${answer}`);
}
