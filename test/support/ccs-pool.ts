/**
 * A CCS folder in a fresh HOME, with the real CCS, accounts with made-up tokens, and our stand-in in the place of the CLIProxyAPI binary:
 * the real `ccs cliproxy start` then starts the stand-in. CCS 7.79.1 only looks whether that file exists; a checksum is part of a download.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { GatewayOptions, LoggedRequest } from '../stand-ins/gateway.mjs';
import type { FreshHome } from './fresh-home.ts';
import { ccsPath, ccsxpPath } from './programs.ts';

const GATEWAY = fileURLToPath(new URL('../stand-ins/gateway.mjs', import.meta.url));

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** What a program did. */
export interface Ran {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

async function run(home: FreshHome, program: string | null, args: readonly string[]): Promise<Ran> {
  if (program === null) throw new Error('the real programs are not here: npm ci in test/programs');
  // stdin closed: a CCS that asks a question, and a codex that waits for more input, would never end.
  const options = { cwd: home.work, env: home.env, extendEnv: false, reject: false, stdin: 'ignore', timeout: 60_000 } as const;
  const { exitCode, stdout, stderr } = await execa(program, args, options);
  return { exitCode, stdout, stderr };
}

export interface CcsPoolOptions {
  /** Where the gateway is to listen. Default: a free port, so that nothing fights over 8317. */
  port?: number;
  /** Which release the stand-in plays. */
  version?: NonNullable<GatewayOptions['version']>;
  /** E-mail addresses; the first is the default account. */
  accounts?: readonly string[];
  /** The stand-in listens where its config file says, which without `host` is on every interface, as the real program does. */
  listenAsConfigured?: boolean;
  /** The stand-in hears of a replaced config file, as on macOS. */
  hearsReplacedConfig?: boolean;
}

export interface CcsPool {
  port: number;
  /** The gateway's config that CCS generates: `config.yaml` on 8317, else `config-<port>.yaml`. It is not there before the first start. */
  configFile: string;
  /** Runs the real ccs. Mind that its exit code says little: a `cliproxy start` that fails ends with 0. */
  ccs(...args: string[]): Promise<Ran>;
  /** `ccs cliproxy start`; throws with CCS's words when the port does not answer afterwards. */
  start(): Promise<void>;
  /** `ccs cliproxy stop`. */
  stop(): Promise<void>;
  /** The requests the stand-in got since it was first started. */
  requests(): LoggedRequest[];
}

function tokenFile(email: string): string {
  return `codex-${email}.json`;
}

/** Both are needed: without accounts.json CCS lists the tokens but cannot pause them or set a default. */
function writeAccounts(home: FreshHome, emails: readonly string[]): void {
  const accounts: Record<string, unknown> = {};
  for (const email of emails) {
    const token = { type: 'codex', access_token: 'made-up', refresh_token: 'made-up', email, expired: '2099-12-31T23:59:59Z' };
    home.write(`.ccs/cliproxy/auth/${tokenFile(email)}`, JSON.stringify(token), 0o600);
    const at = '2026-11-01T00:00:00.000Z';
    accounts[email] = { email, nickname: email.split('@')[0], tokenFile: tokenFile(email), createdAt: at, lastUsedAt: at };
  }
  const registry = { version: 1, providers: { codex: { default: emails[0], accounts } } };
  home.write('.ccs/cliproxy/accounts.json', `${JSON.stringify(registry, null, 2)}\n`, 0o600);
}

/** Prepares the folder; nothing is started yet. */
export async function makeCcsPool(home: FreshHome, options: CcsPoolOptions = {}): Promise<CcsPool> {
  const {
    version = '7.2.140',
    accounts = ['alice@example.com'],
    listenAsConfigured = false,
    hearsReplacedConfig = false,
  } = options;
  const port = options.port ?? (await freePort());
  // CCS fills in the rest when it next saves the file.
  home.write('.ccs/config.yaml', `version: 13\ncliproxy_server:\n  local:\n    port: ${port}\n`, 0o600);
  writeAccounts(home, accounts);
  const log = home.path('.ccs', 'stand-in.jsonl');
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const flags = [
    ...(listenAsConfigured ? ['--listen-as-configured'] : []),
    ...(hearsReplacedConfig ? ['--hears-replaced-config'] : []),
  ];
  const command = [process.execPath, GATEWAY, '--version', version, '--log', log, ...flags].map(quote).join(' ');
  home.write('.ccs/cliproxy/bin/original/cli-proxy-api', `#!/bin/sh\nexec ${command} "$@"\n`, 0o755);
  home.write('.ccs/cliproxy/bin/original/.version', version);

  const ccs = (...args: string[]) => run(home, ccsPath(), args);
  return {
    port,
    configFile: home.path('.ccs', 'cliproxy', port === 8317 ? 'config.yaml' : `config-${port}.yaml`),
    ccs,
    async start() {
      const { stdout, stderr } = await ccs('cliproxy', 'start');
      const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
      if (response?.status !== 200) throw new Error(`ccs cliproxy start: no gateway on ${port}\n${stdout}${stderr}`);
    },
    async stop() {
      await ccs('cliproxy', 'stop');
    },
    requests() {
      if (!existsSync(log)) return [];
      const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line) as LoggedRequest);
    },
  };
}

/**
 * Runs the real ccsxp, which "repairs" `[model_providers.cliproxy]` in ~/.codex/config.toml and then starts Codex. With `--version` that
 * is all it does: no gateway, no account and no Claude CLI is needed, only codex on PATH. It takes the port from ~/.ccs/config.yaml.
 */
export function runCcsxp(home: FreshHome, ...args: string[]): Promise<Ran> {
  return run(home, ccsxpPath(), args.length === 0 ? ['--version'] : args);
}
