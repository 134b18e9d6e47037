import type { DesiredGateway } from '../config/desired.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import type { Secret } from '../secret.ts';
import { type HttpResponse, NotHttp, request } from './http.ts';

/** Waiting longer than this for a gateway on loopback means that it hangs. */
const LOOPBACK_TIMEOUT_MS = 3000;
const REMOTE_TIMEOUT_MS = 10_000;

/** In every version, and behind the key. */
const MODELS = '/v1/models';

/** What answered at the gateway's address. */
export type GatewayReading =
  /** Nobody listens, or the host cannot be reached; `why` in words. */
  | { readonly state: 'silent'; readonly why: string }
  /** Something else than CLIProxyAPI; `what` describes it. Our key was not sent. */
  | { readonly state: 'foreign'; readonly what: string }
  /** CLIProxyAPI that serves only a warning, because its keys are the template's. */
  | { readonly state: 'safe-mode' }
  | GatewayAnswers;

export interface GatewayAnswers {
  readonly state: 'answering';
  /** Whether requests without any key pass: then everybody who reaches the port uses the pool. */
  readonly open: boolean;
  /** Whether our key passes; null when we have none to try, or when the gateway is in too much trouble to say. */
  readonly keyAccepted: boolean | null;
  /** Whether the configured base path exists; `no-models`: it does, but without the model list that Codex asks for. */
  readonly basePath: 'exists' | 'no-models' | 'missing';
}

/**
 * Finds out what listens, without trusting it: identity first (CLIProxyAPI has answered `GET /` with the same JSON since its first
 * commit), then the route without a key, and the key only when it is CLIProxyAPI indeed.
 * @param key may still be on its way from its store: it is not needed before the end
 */
export async function probe(
  machine: Machine,
  gateway: DesiredGateway,
  basePath: string,
  key: Secret | null | Promise<Secret | null>,
): Promise<GatewayReading> {
  const get = getter(machine, gateway);
  try {
    const root = await get('/');
    if (root.headers['x-cpa-safe-mode'] !== undefined) return { state: 'safe-mode' };
    if (!isCliProxyApi(root)) return { state: 'foreign', what: describe(root) };
    const [withoutKey, withKey, models] = await Promise.all([
      get(MODELS),
      Promise.resolve(key).then((token) => (token === null ? null : get(MODELS, token))),
      `${basePath}/models` === MODELS ? null : get(`${basePath}/models`),
    ]);
    return {
      state: 'answering',
      open: withoutKey.status === 200,
      keyAccepted: withKey === null || withKey.status >= 500 ? null : withKey.status === 200,
      basePath: await pathState(get, basePath, models ?? withoutKey),
    };
  } catch (error) {
    if (error instanceof NotHttp) return { state: 'foreign', what: `a server that does not speak HTTP (${error.message})` };
    if (error instanceof MachineError) {
      return error.code === 'ETIMEDOUT'
        ? { state: 'foreign', what: 'a server that does not answer' }
        : { state: 'silent', why: silence(error) };
    }
    throw error;
  }
}

/** Whether the gateway takes the key; null when it is in too much trouble to say. Throws `MachineError` when it does not answer. */
export async function acceptsKey(machine: Machine, gateway: DesiredGateway, key: Secret): Promise<boolean | null> {
  const { status } = await getter(machine, gateway)(MODELS, key);
  return status === 200 ? true : status === 401 ? false : null;
}

type Get = (path: string, token?: Secret | null) => Promise<HttpResponse>;

function getter(machine: Machine, gateway: DesiredGateway): Get {
  return (path, token = null) =>
    request(machine, {
      tls: gateway.tls,
      host: gateway.host,
      port: gateway.port,
      method: 'GET',
      path,
      headers: token === null ? {} : { Authorization: `Bearer ${token.reveal()}` },
      timeoutMs: gateway.loopback ? LOOPBACK_TIMEOUT_MS : REMOTE_TIMEOUT_MS,
    });
}

/** A route that exists asks for the key (401) or, on an open gateway, answers; one that does not is 404, with or without a key. */
async function pathState(get: Get, basePath: string, models: HttpResponse): Promise<GatewayAnswers['basePath']> {
  if (models.status !== 404) return 'exists';
  // `/backend-api/codex` has no model list but serves GET /responses as a WebSocket.
  return (await get(`${basePath}/responses`)).status !== 404 ? 'no-models' : 'missing';
}

function isCliProxyApi(root: HttpResponse): boolean {
  try {
    return root.status === 200 && (JSON.parse(root.body) as { message?: unknown }).message === 'CLI Proxy API Server';
  } catch {
    return false;
  }
}

function describe(root: HttpResponse): string {
  const title = /<title>([^<]{1,60})<\/title>/i.exec(root.body)?.[1]?.trim();
  const server = root.headers.server;
  return `a web server (HTTP ${root.status}${server ? `, ${server}` : ''}${title ? `, “${title}”` : ''})`.replace(
    /[\x00-\x1f\x7f]/g,
    ' ',
  );
}

function silence(error: MachineError): string {
  const words: Record<string, string> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'the host name is not known',
    EAI_AGAIN: 'the host name cannot be looked up',
    EHOSTUNREACH: 'the host cannot be reached',
    ENETUNREACH: 'the network cannot be reached',
  };
  return words[error.code] ?? error.message;
}
