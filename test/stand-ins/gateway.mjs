#!/usr/bin/env node
// A stand-in for CLIProxyAPI, the gateway that CCS runs. It exists because the real one is a Go program that needs accounts and a
// network. It follows what its Go source says at the tags v6.9.45, v7.1.16 and v7.2.140: routes, methods, status codes, bodies, the five
// places for an API key, the ban on /v0/management, the reload of its config file.
//
//   node gateway.mjs [--version 7.2.140] [--config FILE] [--port N] [--host H] [--listen-as-configured]
//                   [--hears-replaced-config] [--api-key K]... [--log FILE] [--log-keys]
//
// It prints one line, {"port":N}, when it listens. API keys better come from the config file or from STAND_IN_API_KEYS (comma-separated)
// than from the command line. Two things differ on purpose: it listens on the loopback address where the real one, without `host`,
// listens on all of them (--listen-as-configured does it so), and it does not speak WebSocket.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startGateway } from './gateway-server.mjs';

export { startGateway };

/** @typedef {import('./gateway.d.mts').GatewayOptions} GatewayOptions */

/** The command line. Go's flag package takes one dash or two; CCS gives `--config FILE` and nothing else. */
async function main() {
  process.title = 'cli-proxy-api'; // `ccs cliproxy stop` looks for a process whose name starts so
  const { values } = parseArgs({
    args: process.argv.slice(2).map((arg) => (/^-[a-z-]{2,}/.test(arg) && !arg.startsWith('--') ? `-${arg}` : arg)),
    options: {
      version: { type: 'string' },
      config: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      'listen-as-configured': { type: 'boolean' },
      'hears-replaced-config': { type: 'boolean' },
      'api-key': { type: 'string', multiple: true },
      log: { type: 'string' },
      'log-keys': { type: 'boolean' },
    },
  });
  const apiKeys = [...(values['api-key'] ?? []), ...(process.env.STAND_IN_API_KEYS ?? '').split(',').filter(Boolean)];
  const gateway = await startGateway({
    version: /** @type {GatewayOptions['version']} */ (values.version ?? '7.2.140'),
    apiKeys,
    logKeys: values['log-keys'] ?? false,
    hearsReplacedConfig: values['hears-replaced-config'] ?? false,
    listenAsConfigured: values['listen-as-configured'] ?? false,
    envSecret: (process.env.MANAGEMENT_PASSWORD ?? '').trim(),
    ...(values.config === undefined ? {} : { config: resolve(values.config) }),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.log === undefined ? {} : { logFile: resolve(values.log) }),
  });
  // CCS starts us detached: a test that ended without stopping us took its folder along, and then nobody needs us any more.
  const folder = values.config === undefined ? process.cwd() : dirname(resolve(values.config));
  setInterval(() => {
    if (!existsSync(folder)) process.exit(0);
  }, 2000).unref();
  process.stdout.write(`${JSON.stringify({ port: gateway.port })}\n`);
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
    process.once(signal, () => {
      gateway.close().then(() => process.exit(0));
    });
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  });
}
