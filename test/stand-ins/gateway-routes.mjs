// Part of the stand-in for CLIProxyAPI: which route stands in which version, and whether it asks for an API key.
// From internal/api/server.go (6.9.45, 7.1.16), internal/api/server_routes.go (7.2.140) and internal/api/modules/amp/routes.go.
// Left out: routes of other programs' clients (Gemini, Claude, Amp, images, videos, live, OAuth callbacks).

/** @typedef {'6.9.45' | '7.1.16' | '7.2.140'} Version */
/** @typedef {'root' | 'health' | 'models' | 'responses' | 'websocket' | 'other'} Kind */
/** @typedef {'open' | 'key'} Access */

/** @type {readonly Version[]} */
export const VERSIONS = ['6.9.45', '7.1.16', '7.2.140'];

/**
 * What differs between the three, each with the version that changed it.
 * @param {Version} version
 */
export function traits(version) {
  return {
    /** /api/provider/<name>/… : gone with the amp module in 7.2.0. */
    providerRoutes: version !== '7.2.140',
    /** GET …/models?client_version=… gives Codex its own catalog: since 7.1.4. */
    codexCatalog: version !== '6.9.45',
    /** Template keys switch the API off: since 7.1.46. */
    safeMode: version === '7.2.140',
    weightedRouting: version === '7.2.140',
    since72: version === '7.2.140',
  };
}

/** @type {ReadonlyArray<[string, string, Kind, Access]>} */
const EVERYWHERE = [
  ['GET', '/', 'root', 'open'],
  ['GET', '/healthz', 'health', 'open'],
  ['HEAD', '/healthz', 'health', 'open'],
  ['GET', '/v1/models', 'models', 'key'],
  ['POST', '/v1/responses', 'responses', 'key'],
  ['GET', '/v1/responses', 'websocket', 'key'],
  ['POST', '/v1/responses/compact', 'other', 'key'],
  ['POST', '/v1/chat/completions', 'other', 'key'],
  ['POST', '/v1/completions', 'other', 'key'],
  ['POST', '/v1/messages', 'other', 'key'],
  // Never GET /backend-api/codex/models: the maintainer refuses it, so `codex doctor` fails on this prefix.
  ['POST', '/backend-api/codex/responses', 'responses', 'key'],
  ['GET', '/backend-api/codex/responses', 'websocket', 'key'],
  ['POST', '/backend-api/codex/responses/compact', 'other', 'key'],
];

/** @type {ReadonlyArray<[string, RegExp, Kind]>} */
const PROVIDER_ROUTES = [
  ['GET', /^\/api\/provider\/[^/]+(\/v1)?\/models$/, 'models'],
  ['POST', /^\/api\/provider\/[^/]+(\/v1)?\/responses$/, 'responses'],
  ['POST', /^\/api\/provider\/[^/]+(\/v1)?\/(chat\/)?completions$/, 'other'],
];

/**
 * @param {Version} version
 * @param {string} method
 * @param {string} path
 * @returns {{kind: Kind, access: Access} | null} null: 404, and that without a look at the key
 */
export function findRoute(version, method, path) {
  for (const [routeMethod, routePath, kind, access] of EVERYWHERE) {
    if (routeMethod === method && routePath === path) return { kind, access };
  }
  if (traits(version).providerRoutes) {
    for (const [routeMethod, pattern, kind] of PROVIDER_ROUTES) {
      if (routeMethod === method && pattern.test(path)) return { kind, access: 'key' };
    }
  }
  return null;
}

/** The paths that safe mode switches off. @param {string} path */
export function isApiPath(path) {
  return ['/v1', '/v1beta', '/openai/v1', '/backend-api/codex'].some(
    (prefix) => path === prefix || path.startsWith(`${prefix}/`),
  );
}
