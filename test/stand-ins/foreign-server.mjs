#!/usr/bin/env node
// Some other program on the gateway's port: a web server that answers 200 text/html to everything. CCS takes it for CLIProxyAPI, because
// it only looks at the status. It keeps every header it gets, to prove that our key never reaches it.
//
//   node foreign-server.mjs [--port N] [--log FILE]
import { appendFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** @typedef {import('./foreign-server.d.mts').ForeignRequest} ForeignRequest */

const PAGE = '<!doctype html><html><head><title>Somebody else</title></head><body>It works!</body></html>\n';

/**
 * @param {import('./foreign-server.d.mts').ForeignOptions} [options]
 * @returns {Promise<import('./foreign-server.d.mts').ForeignServer>}
 */
export async function startForeignServer(options = {}) {
  /** @type {ForeignRequest[]} */
  const requests = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    // rawHeaders: as sent, with repeated ones, which request.headers would fold.
    const entry = { method: request.method ?? '', url: request.url ?? '', headers: request.rawHeaders, body };
    requests.push(entry);
    if (options.logFile !== undefined) appendFileSync(options.logFile, `${JSON.stringify(entry)}\n`);
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(request.method === 'HEAD' ? undefined : PAGE);
  });
  await new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(options.port ?? 0, '127.0.0.1', () => done(undefined));
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    requests,
    saw: (text) => requests.some((request) => JSON.stringify(request).includes(JSON.stringify(text).slice(1, -1))),
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(() => done(undefined)));
    },
  };
}

async function main() {
  const { values } = parseArgs({ options: { port: { type: 'string' }, log: { type: 'string' } } });
  const server = await startForeignServer({
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values.log === undefined ? {} : { logFile: resolve(values.log) }),
  });
  process.stdout.write(`${JSON.stringify({ port: server.port })}\n`);
  process.once('SIGTERM', () => server.close().then(() => process.exit(0)));
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
