import type { SecretSource } from '../config/desired.ts';
import { NotHttp, request } from '../gateway/http.ts';
import { type Machine, MachineError, readText } from '../machine/machine.ts';
import { onPath, userEnvironment } from '../machine/programs.ts';
import { Secret } from '../secret.ts';

const TRIES = 3;
/** A chat answers within a second. All tries together stay below half a minute. */
const TIMEOUT_MS = 5000;
const PAUSES_MS = [1000, 4000];
const COMMAND_TIMEOUT_MS = 15_000;

/**
 * Sends `{"text": …}` to the address, as Slack, Mattermost, Google Chat and others take it. Null when it was taken, else why not, without
 * the address: whoever has it can write there, so it is a secret.
 */
export async function sendToWebhook(machine: Machine, source: SecretSource, text: string): Promise<string | null> {
  const address = await addressFrom(machine, source);
  if (typeof address === 'string') return address;
  const to = target(address);
  if (typeof to === 'string') return to;
  let why = '';
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt > 0) await machine.sleep(PAUSES_MS[attempt - 1] ?? 0);
    const answer = await post(machine, to, JSON.stringify({ text }));
    if (answer === 'taken') return null;
    why = answer.why;
    if (!answer.again) break;
  }
  return why;
}

interface Target {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  /** With its query: the secret part. */
  readonly path: Secret;
}

async function post(machine: Machine, { path, ...to }: Target, body: string): Promise<'taken' | { why: string; again: boolean }> {
  try {
    const headers = { 'Content-Type': 'application/json', Accept: '*/*' };
    const { status } = await request(machine, {
      ...to,
      method: 'POST',
      path: path.reveal(),
      headers,
      body,
      timeoutMs: TIMEOUT_MS,
    });
    if (status >= 200 && status < 300) return 'taken';
    return { why: `it answered with HTTP ${status}`, again: status === 429 || status >= 500 };
  } catch (error) {
    // The message of an error may name the address.
    // What was slow to answer may have taken it all the same, and a chat that is told three times is no better off.
    if (error instanceof MachineError) return { why: `it cannot be reached (${error.code})`, again: error.code !== 'ETIMEDOUT' };
    if (error instanceof NotHttp) return { why: 'its answer was no HTTP', again: true };
    throw error;
  }
}

/** A secret does not go over the network in clear text; on this machine it may. */
function target(address: Secret): Target | string {
  let url: URL;
  try {
    url = new URL(address.reveal());
  } catch {
    return 'the address is no URL';
  }
  const tls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const loopback = host === 'localhost' || host === '::1' || /^127\./.test(host);
  if (!tls && !(url.protocol === 'http:' && loopback)) return 'the address must begin with https://';
  if (url.username !== '' || url.password !== '') return 'an address with a user and a password is not supported';
  return { tls, host, port: Number(url.port) || (tls ? 443 : 80), path: new Secret(`${url.pathname}${url.search}`) };
}

/** The address, or why there is none. */
async function addressFrom(machine: Machine, source: SecretSource): Promise<Secret | string> {
  switch (source.kind) {
    case 'env': {
      const value = machine.facts.env[source.name];
      return value
        ? new Secret(value.trim())
        : `the variable ${source.name} is not set here; cron and systemd have an environment of their own`;
    }
    case 'file':
      try {
        const line = (await readText(machine, source.path))?.split('\n')[0]?.trim() ?? '';
        return line === '' ? `${source.path} holds no address` : new Secret(line);
      } catch (error) {
        if (!(error instanceof MachineError)) throw error;
        return `${source.path} cannot be read (${error.code})`;
      }
    case 'command':
      return addressOfCommand(machine, source.argv);
    default:
      return 'urlFrom takes env, file or command';
  }
}

async function addressOfCommand(machine: Machine, [name = '', ...args]: readonly string[]): Promise<Secret | string> {
  const file = name.includes('/') ? name : await onPath(machine, name);
  if (file === null) return `there is no program ${name}`;
  try {
    const env = userEnvironment(machine);
    const { code, stdout, timedOut } = await machine.run({ file, args, env, timeoutMs: COMMAND_TIMEOUT_MS, effect: 'read' });
    if (timedOut) return `${name} did not answer within ${COMMAND_TIMEOUT_MS / 1000} s`;
    return code === 0 && stdout.trim() !== '' ? new Secret(stdout.trim()) : `${name} gave no address (exit code ${code})`;
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    return `${name} cannot be started (${error.code})`;
  }
}
