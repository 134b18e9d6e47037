import { join } from 'node:path';
import { listed } from '../machine/folders.ts';
import { failedWith, hasModes, type Machine, MachineError } from '../machine/machine.ts';
import { emailInName, variantOf } from './account-identity.ts';

/** The folder that the gateway reads, or the one beside it where CCS puts what is paused. */
export type Place = 'auth' | 'auth-paused';

/** A file in one of the token folders. The tokens in it never leave this reader. */
export interface TokenFile {
  /** Name without its folder. */
  readonly name: string;
  readonly path: string;
  readonly place: Place;
  /** Permission bits. */
  readonly mode: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  readonly content: TokenContent | BrokenToken;
}

/** The few fields of a token that are no secrets. */
export interface TokenContent {
  readonly broken: null;
  /** The provider, e.g. `codex`. */
  readonly type: string;
  readonly email: string | null;
  /** When the access ends; milliseconds since the epoch, null when the file does not say it in a way that can be understood. */
  readonly expires: number | null;
  /** When the gateway last renewed it; milliseconds since the epoch. */
  readonly refreshed: number | null;
  /** Taken out of use through the gateway's own management. */
  readonly disabled: boolean;
  /** free, plus, pro, team, …; null when neither the token nor the file's name says it. */
  readonly plan: string | null;
}

/** A file that cannot be read or understood, and why, in words without any of its content. */
export interface BrokenToken {
  readonly broken: string;
}

/** Plans that stand at the end of a token file's name. Source: CCS 7.79.1, cliproxy/accounts/email-account-identity.js */
const PLANS_IN_NAMES = ['free', 'plus', 'pro', 'team'];

/** The token files of one folder in CCS's order; none when the folder is not there. Throws `MachineError` when it cannot be listed. */
export async function readTokenFiles(machine: Machine, cliproxy: string, place: Place): Promise<TokenFile[]> {
  const folder = join(cliproxy, place);
  const names = await listed(machine, folder);
  const files = names.filter((name) => name.endsWith('.json')).map((name) => readTokenFile(machine, folder, place, name));
  return (await Promise.all(files)).filter((one) => one !== null);
}

/** Null when it is gone in the meantime, or is a link to nothing. */
async function readTokenFile(machine: Machine, folder: string, place: Place, name: string): Promise<TokenFile | null> {
  const path = join(folder, name);
  const there = await machine.stat(path);
  if (there === null) return null;
  const file = { name, path, place, mode: hasModes(machine.facts) ? there.mode : 0o600, modified: there.modified };
  try {
    return { ...file, content: understood(new TextDecoder('utf-8', { ignoreBOM: true }).decode(await machine.read(path)), name) };
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return null;
    if (error instanceof MachineError) return { ...file, content: { broken: `it cannot be read (${error.code})` } };
    throw error;
  }
}

function understood(text: string, name: string): TokenContent | BrokenToken {
  const data = parsed(text);
  if (data === null) return { broken: 'it is not valid JSON' };
  if (typeof data.type !== 'string' || data.type.trim() === '') return { broken: 'it has no type' };
  const email = textOf(data.email)?.trim() || emailInName(name);
  return {
    broken: null,
    type: data.type.toLowerCase(),
    email,
    expires: timeOf(data.expired),
    refreshed: timeOf(data.last_refresh),
    disabled: data.disabled === true,
    plan: planInToken(textOf(data.id_token)) ?? planInName(name, email),
  };
}

/** A JSON object; null for anything else. The parser's message is not kept: it quotes the text. */
function parsed(text: string): Record<string, unknown> | null {
  try {
    const data: unknown = JSON.parse(text);
    return data !== null && typeof data === 'object' ? (data as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function timeOf(value: unknown): number | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/**
 * The plan among the claims of the id_token. The signature is not checked: it is a hint about an own file, not a permission.
 * Source: CCS 7.79.1 and CLIProxyAPI read the same claim.
 */
function planInToken(idToken: string | null): string | null {
  const claims = parsed(Buffer.from(idToken?.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const openai = claims?.['https://api.openai.com/auth'];
  const plan = openai !== null && typeof openai === 'object' ? (openai as Record<string, unknown>).chatgpt_plan_type : null;
  return typeof plan === 'string' && /^[a-z][a-z0-9_-]{0,29}$/i.test(plan) ? plan.toLowerCase() : null;
}

function planInName(name: string, email: string | null): string | null {
  const last = (email === null ? null : variantOf(name, email))?.split('-').at(-1) ?? '';
  return PLANS_IN_NAMES.includes(last) ? last : null;
}
