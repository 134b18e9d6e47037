import type { Desired } from '../config/desired.ts';
import { CodexLinkError, Deferred } from '../diagnostics/diagnostics.ts';
import { NotHttp, request } from '../gateway/http.ts';
import { probe } from '../gateway/probe.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import type { Token } from '../resources/token.ts';
import type { Secret } from '../secret.ts';

/** A gateway answers its list of models from memory, in milliseconds. Slower than this, every turn of Codex begins with a wait. */
const SLOW_LOOPBACK_MS = 2000;
const SLOW_REMOTE_MS = 8000;

/** How the way through the gateway stands; null when that cannot be told from here: a locked store says nothing of the gateway. */
export type RouteHealth = { readonly healthy: boolean; readonly why: string } | null;

/** Asks the gateway what a turn of Codex needs of it: that it is there, takes the key, has an account to use, and is quick about it. */
export async function routeHealth(machine: Machine, { gateway, provider }: Desired, token: Token): Promise<RouteHealth> {
  const key = await keyOf(machine, token);
  if (key === 'unreadable') return null;
  const reading = await probe(machine, gateway, provider.basePath, key);
  const bad = (why: string): RouteHealth => ({ healthy: false, why });
  switch (reading.state) {
    case 'silent':
      return bad(`nothing answers at ${gateway.url}: ${reading.why}`);
    case 'foreign':
      return bad(`what answers at ${gateway.url} is ${reading.what}`);
    case 'safe-mode':
      return bad(`the gateway at ${gateway.url} serves nothing but a warning`);
    case 'answering':
      break;
  }
  if (reading.basePath === 'missing') return bad(`the gateway at ${gateway.url} has no ${provider.basePath}`);
  if (key === null) return null;
  if (reading.keyAccepted === false) return bad(`the gateway at ${gateway.url} refuses the key`);
  return models(machine, gateway, key);
}

async function keyOf(machine: Machine, token: Token): Promise<Secret | null | 'unreadable'> {
  try {
    return await token.accepted(machine);
  } catch (error) {
    if (error instanceof CodexLinkError || error instanceof Deferred || error instanceof MachineError) return 'unreadable';
    throw error;
  }
}

/** The list of models is made from the accounts that can be used now: without one it is empty. Source: CLIProxyAPI's model registry. */
async function models(
  machine: Machine,
  { tls, host, port, loopback, url }: Desired['gateway'],
  key: Secret,
): Promise<RouteHealth> {
  const bound = loopback ? SLOW_LOOPBACK_MS : SLOW_REMOTE_MS;
  const headers = { Authorization: `Bearer ${key.reveal()}` };
  const began = machine.now();
  try {
    // As long as it takes to tell slow from dead.
    const timeoutMs = bound * 2;
    const { status, body } = await request(machine, { tls, host, port, method: 'GET', path: '/v1/models', headers, timeoutMs });
    const took = machine.now() - began;
    if (status >= 500) return { healthy: false, why: `the gateway at ${url} answers with HTTP ${status}` };
    if (status === 200 && isEmpty(body)) return { healthy: false, why: `the gateway at ${url} has no account that can be used` };
    if (took > bound) return { healthy: false, why: `the gateway at ${url} took ${took} ms, more than ${bound}` };
    return { healthy: true, why: `the gateway at ${url} answers` };
  } catch (error) {
    if (!(error instanceof MachineError) && !(error instanceof NotHttp)) throw error;
    return { healthy: false, why: `the gateway at ${url} does not answer: ${error.message}` };
  }
}

function isEmpty(body: string): boolean {
  try {
    const { data } = JSON.parse(body) as { data?: unknown };
    return Array.isArray(data) && data.length === 0;
  } catch {
    return false;
  }
}
