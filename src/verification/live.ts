import type { Desired } from '../config/desired.ts';
import { NotHttp, request } from '../gateway/http.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import type { Secret } from '../secret.ts';

/** A model needs its time for even one word. */
const TIMEOUT_MS = 60_000;

/** Used when the YAML manages no model. Known to every plan of ChatGPT; November 2026. */
const SMALL_MODEL = 'gpt-5.4-mini';

/** Sends one short request as Codex does and waits for its end. Null when it was answered, else what went wrong. */
export async function liveRequest(machine: Machine, desired: Desired, token: Secret): Promise<string | null> {
  const { gateway, provider } = desired;
  const model = provider.model ?? SMALL_MODEL;
  const body = {
    model,
    instructions: 'Answer with one word.',
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'ping' }] }],
    store: false,
    stream: true,
  };
  try {
    const answer = await request(machine, {
      tls: gateway.tls,
      host: gateway.host,
      port: gateway.port,
      method: 'POST',
      path: `${provider.basePath}/responses`,
      headers: { Authorization: `Bearer ${token.reveal()}`, 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: JSON.stringify(body),
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status !== 200) {
      // Some servers say which key it was that they did not like.
      const reason = message(answer.body.replaceAll(token.reveal(), '(sensitive)'));
      return `the gateway answered ${model} with HTTP ${answer.status}: ${reason}`;
    }
    return /"type"\s*:\s*"response\.completed"/.test(answer.body) ? null : `the answer of ${model} did not come to its end`;
  } catch (error) {
    if (error instanceof NotHttp || error instanceof MachineError) return `the request to ${model} failed: ${error.message}`;
    throw error;
  }
}

function message(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: string } | string };
    const text = typeof error === 'string' ? error : error?.message;
    return (text ?? 'no reason given').slice(0, 200);
  } catch {
    return 'no reason given';
  }
}
