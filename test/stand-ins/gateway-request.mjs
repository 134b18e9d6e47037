// Part of the stand-in for CLIProxyAPI: what it reads from a request.

/** config_access/provider.go extractBearerToken: another scheme, or none, and the whole header is the key. @param {string} header */
function bearerToken(header) {
  const space = header.indexOf(' ');
  if (space === -1 || header.slice(0, space).toLowerCase() !== 'bearer') return header;
  return header.slice(space + 1).trim();
}

/** @param {import('node:http').IncomingMessage} request @param {string} name */
export function header(request, name) {
  const value = request.headers[name];
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}

/** The five places, in the order the real one looks. @param {import('node:http').IncomingMessage} request @param {URL} url */
export function presentedKeys(request, url) {
  const candidates = [
    bearerToken(header(request, 'authorization')),
    header(request, 'x-goog-api-key'),
    header(request, 'x-api-key'),
    url.searchParams.get('key') ?? '',
    url.searchParams.get('auth_token') ?? '',
  ];
  return candidates.filter(Boolean);
}

/** management/handler.go Middleware. @param {import('node:http').IncomingMessage} request */
export function presentedSecret(request) {
  const authorization = header(request, 'authorization');
  const space = authorization.indexOf(' ');
  const bearer = space !== -1 && authorization.slice(0, space).toLowerCase() === 'bearer';
  return (bearer ? authorization.slice(space + 1) : authorization) || header(request, 'x-management-key');
}

/** @param {import('node:http').IncomingMessage} request @returns {Promise<any>} the JSON body, or undefined */
export async function readJson(request) {
  /** @type {Buffer[]} */
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
