// Part of the stand-in for CLIProxyAPI: the server, which puts the other parts together.
import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync, watch } from 'node:fs';
import { createServer } from 'node:http';
import { basename, dirname } from 'node:path';
import { hashSecret, looksHashed, normalizeKeys, parseConfig, persist, writeNestedScalar } from './gateway-config.mjs';
import { listAuthFiles, ManagementGuard, normalizeStrategy } from './gateway-management.mjs';
import { header, presentedKeys, presentedSecret, readJson } from './gateway-request.mjs';
import {
  modelsBody,
  noProvider,
  ROOT,
  responseBody,
  responseStream,
  SAFE_MODE_REFUSAL,
  safeModePage,
} from './gateway-responses.mjs';
import { findRoute, isApiPath, traits, VERSIONS } from './gateway-routes.mjs';

/** @typedef {import('./gateway.d.mts').GatewayOptions} GatewayOptions */
/** @typedef {import('./gateway.d.mts').Gateway} Gateway */
/** @typedef {import('./gateway.d.mts').LoggedRequest} LoggedRequest */

/**
 * Starts the stand-in.
 * @param {GatewayOptions} [options]
 * @returns {Promise<Gateway>}
 */
export async function startGateway(options = {}) {
  const { version = '7.2.140', config: configFile, logFile, logKeys = false, envSecret = '', now = Date.now } = options;
  if (!VERSIONS.includes(version)) throw new Error(`version must be one of ${VERSIONS.join(', ')}`);
  const is = traits(version);
  /** @type {LoggedRequest[]} */
  const requests = [];
  const state = {
    keys: normalizeKeys(options.apiKeys ?? []),
    secret: options.managementSecret ? hashSecret(options.managementSecret) : '',
    allowRemote: false,
    authDir: '',
    strategy: '',
  };
  // Management routes are only registered when a secret is there at start; a secret that goes away later turns them off.
  let managementRegistered = state.secret !== '' || envSecret !== '';
  let loadedText = '';
  /** @type {import('./gateway-config.mjs').GatewayConfig | undefined} */
  let loaded;

  /** Reads the config file; an empty or unreadable one leaves all as it was, as in the real one. */
  function loadConfig() {
    if (configFile === undefined) return undefined;
    let text = readFileSync(configFile, 'utf8');
    if (text.trim() === '' || text === loadedText) return undefined;
    const config = parseConfig(text);
    if (config.secretKey !== '' && !looksHashed(config.secretKey)) {
      config.secretKey = hashSecret(config.secretKey);
      writeNestedScalar(configFile, 'remote-management', 'secret-key', config.secretKey);
      text = readFileSync(configFile, 'utf8');
    }
    loadedText = text;
    loaded = config;
    state.keys = normalizeKeys([...(options.apiKeys ?? []), ...config.apiKeys]);
    state.secret = config.secretKey;
    state.allowRemote = config.allowRemote;
    state.authDir = config.authDir;
    state.strategy = config.routingStrategy;
    if (state.secret !== '') managementRegistered = true;
    return config;
  }
  const config = loadConfig();
  const port = options.port ?? config?.port ?? 0;
  // The real one listens on every interface unless told otherwise, and never changes that before it ends.
  const host = options.host ?? (options.listenAsConfigured ? config?.host || '::' : '127.0.0.1');

  const guard = new ManagementGuard({
    secret: () => state.secret,
    envSecret,
    allowRemote: () => state.allowRemote,
    now,
  });
  const accounts = () => options.accounts ?? (state.authDir === '' ? 1 : listAuthFiles(state.authDir).length);

  /** @param {string[]} presented @returns {LoggedRequest['key']} */
  function judge(presented) {
    if (presented.length === 0) return 'none';
    return state.keys.length === 0 || presented.some((key) => state.keys.includes(key)) ? 'valid' : 'invalid';
  }

  /**
   * @param {import('node:http').ServerResponse} response
   * @param {number} status
   * @param {unknown} body
   */
  function json(response, status, body) {
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(body));
  }

  /** What gin answers when no route fits, before any key is looked at. @param {import('node:http').ServerResponse} response */
  function notFound(response) {
    response.writeHead(404, { 'Content-Type': 'text/plain' });
    response.end('404 page not found');
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {string} path
   */
  async function manage(request, response, path) {
    const route = path.slice('/v0/management'.length);
    const known = {
      '/routing/strategy': ['GET', 'PUT', 'PATCH'],
      '/auth-files': ['GET'],
      '/api-keys': ['GET'],
    };
    if (!managementRegistered || !known[/** @type {keyof typeof known} */ (route)]?.includes(request.method ?? ''))
      return notFound(response);
    if (state.secret === '' && envSecret === '') {
      response.writeHead(404);
      response.end();
      return;
    }
    // Set before the key is looked at, so that even a refusal tells the version.
    response.setHeader('X-CPA-VERSION', version);
    response.setHeader('X-CPA-COMMIT', 'stand-in');
    response.setHeader('X-CPA-BUILD-DATE', '2026-01-01T00:00:00Z');
    if (is.since72) response.setHeader('X-CPA-SUPPORT-PLUGIN', '1');
    const refusal = guard.refuse(request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '', presentedSecret(request));
    if (refusal) return json(response, refusal.status, { error: refusal.error });
    if (route === '/auth-files') return json(response, 200, { files: listAuthFiles(state.authDir) });
    if (route === '/api-keys') return json(response, 200, { 'api-keys': state.keys });
    if (request.method === 'GET') {
      return json(response, 200, { strategy: normalizeStrategy(state.strategy, is.weightedRouting) ?? state.strategy.trim() });
    }
    const body = await readJson(request);
    if (typeof body?.value !== 'string') return json(response, 400, { error: 'invalid body' });
    const strategy = normalizeStrategy(body.value, is.weightedRouting);
    if (strategy === null) return json(response, 400, { error: 'invalid strategy' });
    state.strategy = strategy;
    if (configFile !== undefined && loaded !== undefined) {
      loaded.routingStrategy = strategy;
      persist(configFile, loaded);
    }
    return json(response, 200, { status: 'ok' });
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async function respond(request, response) {
    const body = await readJson(request);
    const model = typeof body?.model === 'string' ? body.model : '';
    if (accounts() === 0) {
      const refusal = noProvider(model, is.since72);
      return json(response, refusal.status, refusal.body);
    }
    const id = randomUUID().replaceAll('-', '');
    // Which account served is told since 7.2.84, and only where one was chosen.
    if (is.since72) response.setHeader('X-CPA-TRACE-ID', id.slice(0, 16));
    if (body?.stream !== true) return json(response, 200, responseBody(id, model));
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', Connection: 'keep-alive' });
    response.end(responseStream(id, model));
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   * @param {URL} url
   * @returns {Promise<void> | void}
   */
  function answer(request, response, url) {
    const method = request.method ?? 'GET';
    const path = url.pathname;
    const trimmed = path.replace(/\/$/, '');
    if (path !== '/' && path.endsWith('/') && findRoute(version, method, trimmed)) {
      // gin's RedirectTrailingSlash, which comes before every other step: no CORS headers here.
      response.writeHead(method === 'GET' ? 301 : 307, { Location: `${trimmed}${url.search}` });
      response.end();
      return;
    }
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE, OPTIONS');
    response.setHeader('Access-Control-Allow-Headers', '*');
    if (method === 'OPTIONS') {
      response.writeHead(204);
      response.end();
      return;
    }
    if (is.safeMode && state.keys.some((key) => /^your-api-key-[123]$/.test(key))) {
      if (path === '/' && (method === 'GET' || method === 'HEAD')) {
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
        response.end(safeModePage());
        return;
      }
      if (isApiPath(path)) {
        response.setHeader('X-CPA-SAFE-MODE', 'example-api-key');
        return json(response, 403, SAFE_MODE_REFUSAL);
      }
    }
    if (path.startsWith('/v0/management/')) return manage(request, response, path);
    const route = findRoute(version, method, path);
    if (!route) return notFound(response);
    if (route.access === 'key' && state.keys.length > 0) {
      const verdict = judge(presentedKeys(request, url));
      if (verdict !== 'valid') return json(response, 401, { error: verdict === 'none' ? 'Missing API key' : 'Invalid API key' });
    }
    switch (route.kind) {
      case 'root':
        return json(response, 200, ROOT);
      case 'health':
        if (method === 'GET') return json(response, 200, { status: 'ok' });
        response.writeHead(200);
        response.end();
        return;
      case 'models':
        return json(response, 200, modelsBody(is.codexCatalog && url.searchParams.has('client_version'), accounts() > 0));
      case 'responses':
        return respond(request, response);
      case 'websocket':
        // A plain GET is refused so by the real one too; an upgrade is beyond this stand-in.
        response.writeHead(header(request, 'upgrade') === '' ? 400 : 501, { 'Content-Type': 'text/plain; charset=utf-8' });
        response.end(header(request, 'upgrade') === '' ? 'Bad Request\n' : 'the stand-in does not speak WebSocket\n');
        return;
      case 'other':
        return json(response, 501, { error: 'the stand-in does not play this route' });
    }
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const management = url.pathname.startsWith('/v0/management/');
    const presented = management ? [presentedSecret(request)].filter(Boolean) : presentedKeys(request, url);
    const before = judge(presented);
    const end = response.end.bind(response);
    // Written down before the answer leaves, so that whoever has the answer also finds the entry.
    response.end = /** @type {typeof response.end} */ (
      (/** @type {unknown} */ chunk) => {
        /** @type {LoggedRequest} */
        const entry = { method: request.method ?? '', path: url.pathname, status: response.statusCode, key: before };
        if (management && presented.length > 0) entry.key = [401, 403].includes(response.statusCode) ? 'invalid' : 'valid';
        if (logKeys) entry.keys = presented;
        requests.push(entry);
        if (logFile !== undefined) appendFileSync(logFile, `${JSON.stringify(entry)}\n`);
        return end(chunk);
      }
    );
    Promise.resolve(answer(request, response, url)).catch(() => response.destroy());
  });
  await new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, host, () => done(undefined));
  });

  /** @type {NodeJS.Timeout | undefined} */
  let debounce;
  // The real one watches the file itself. On Linux that is the inode: a file that was replaced, by a rename or by removing it and writing
  // it anew as CCS does, is never heard of again (internal/watcher/events.go; pull request 5264 of CLIProxyAPI, open after 7.2.140).
  let deaf = false;
  const watchers =
    configFile === undefined
      ? []
      : [
          watch(configFile, (event) => {
            if (event === 'rename' && options.hearsReplacedConfig !== true) deaf = true;
          }),
          watch(dirname(configFile), (_event, name) => {
            if (name !== null && name !== basename(configFile)) return;
            clearTimeout(debounce);
            debounce = setTimeout(() => {
              try {
                if (!deaf) loadConfig();
              } catch {
                // In the middle of a write it is no YAML yet: the next event brings the rest.
              }
            }, 150);
          }),
        ];

  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    requests,
    setKeys: (keys) => {
      state.keys = normalizeKeys(keys);
    },
    close: async () => {
      clearTimeout(debounce);
      for (const watcher of watchers) watcher.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(() => done(undefined)));
    },
  };
}
