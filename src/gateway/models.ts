import type { DesiredGateway } from '../config/desired.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import type { Secret } from '../secret.ts';
import { NotHttp, request } from './http.ts';

const TIMEOUT_MS = 10_000;

/**
 * The models that the gateway offers with its present accounts; null when it does not say, an empty list included. Ask only a gateway
 * that has proved to be CLIProxyAPI: the key is sent.
 */
export async function offeredModels(machine: Machine, gateway: DesiredGateway, key: Secret): Promise<ReadonlySet<string> | null> {
  const { tls, host, port } = gateway;
  const headers = { Authorization: `Bearer ${key.reveal()}` };
  try {
    const answer = await request(machine, { tls, host, port, method: 'GET', path: '/v1/models', headers, timeoutMs: TIMEOUT_MS });
    const { data } = JSON.parse(answer.body) as { data?: { id?: unknown }[] };
    const ids = (data ?? []).flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
    return answer.status === 200 && ids.length > 0 ? new Set(ids) : null;
  } catch (error) {
    if (error instanceof NotHttp || error instanceof MachineError || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The model without what CCS and CLIProxyAPI put behind it: `[1m]`, `(high)`, and the suffixes for speed and effort. */
export function withoutSuffixes(model: string): string {
  return model
    .replace(/(?:\[[^\]]*\]|\([^)]*\))+$/, '')
    .replace(/-fast$/, '')
    .replace(/-(?:minimal|low|medium|high|xhigh|max)$/, '');
}
