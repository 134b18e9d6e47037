// Part of the stand-in for CLIProxyAPI: /v0/management with its ban rule (internal/api/handlers/management/handler.go,
// the same at v6.9.45, v7.1.16 and v7.2.140), and the few routes there that codex-link or CCS may ask.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { matchesHash } from './gateway-config.mjs';

const MAX_FAILURES = 5;
const BAN_MS = 30 * 60 * 1000;

/**
 * The doorkeeper: five failures from one address, a missing key included, close the door to that address for 30 minutes, and then
 * even the right key is refused.
 */
export class ManagementGuard {
  /** @type {Map<string, {count: number, blockedUntil: number}>} */
  #attempts = new Map();

  /** @param {{secret: () => string, envSecret: string, allowRemote: () => boolean, now: () => number}} options */
  constructor(options) {
    this.options = options;
  }

  /**
   * @param {string} ip
   * @param {string} provided the key as the client sent it, or ''
   * @returns {{status: number, error: string} | null} null when allowed
   */
  refuse(ip, provided) {
    const { secret, envSecret, allowRemote, now } = this.options;
    const attempt = this.#attempts.get(ip) ?? { count: 0, blockedUntil: 0 };
    this.#attempts.set(ip, attempt);
    if (attempt.blockedUntil > now()) {
      const seconds = Math.round((attempt.blockedUntil - now()) / 1000);
      const left = `${seconds >= 60 ? `${Math.floor(seconds / 60)}m` : ''}${seconds % 60}s`;
      return { status: 403, error: `IP banned due to too many failed attempts. Try again in ${left}` };
    }
    if (attempt.blockedUntil !== 0) Object.assign(attempt, { count: 0, blockedUntil: 0 });
    const local = ip === '127.0.0.1' || ip === '::1';
    if (!local && !allowRemote() && envSecret === '') return { status: 403, error: 'remote management disabled' };
    if (secret() === '' && envSecret === '') return { status: 403, error: 'remote management key not set' };
    const right = (envSecret !== '' && provided === envSecret) || matchesHash(secret(), provided);
    if (provided !== '' && right) {
      Object.assign(attempt, { count: 0, blockedUntil: 0 });
      return null;
    }
    attempt.count += 1;
    if (attempt.count >= MAX_FAILURES) Object.assign(attempt, { count: 0, blockedUntil: now() + BAN_MS });
    return { status: 401, error: provided === '' ? 'missing management key' : 'invalid management key' };
  }
}

/**
 * config_basic.go normalizeRoutingStrategy; the weighted kind came after 7.1.16.
 * @param {string} strategy
 * @param {boolean} weighted whether this version knows weighted-round-robin
 * @returns {string | null}
 */
export function normalizeStrategy(strategy, weighted) {
  const text = strategy.trim().toLowerCase();
  if (['', 'round-robin', 'roundrobin', 'rr'].includes(text)) return 'round-robin';
  if (['fill-first', 'fillfirst', 'ff'].includes(text)) return 'fill-first';
  if (weighted && ['weighted-round-robin', 'weightedroundrobin', 'wrr'].includes(text)) return 'weighted-round-robin';
  return null;
}

/** @param {unknown} token @returns {Record<string, unknown> | undefined} */
function idTokenClaims(token) {
  if (typeof token !== 'string') return undefined;
  try {
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const auth = payload['https://api.openai.com/auth'] ?? {};
    return { chatgpt_account_id: auth.chatgpt_account_id, plan_type: auth.chatgpt_plan_type };
  } catch {
    return undefined;
  }
}

/**
 * The accounts of the pool: the token files directly in auth-dir.
 * @param {string} authDir
 * @returns {Record<string, unknown>[]} entries in the form of GET /v0/management/auth-files
 */
export function listAuthFiles(authDir) {
  /** @type {string[]} */
  let names = [];
  try {
    names = readdirSync(authDir).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  const entries = [];
  for (const name of names.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))) {
    const path = join(authDir, name);
    try {
      const file = JSON.parse(readFileSync(path, 'utf8'));
      const info = statSync(path);
      const disabled = file.disabled === true;
      entries.push({
        account: file.email,
        account_type: 'oauth',
        auth_index: createHash('sha256').update(name).digest('hex').slice(0, 16),
        disabled,
        email: file.email,
        id: name,
        id_token: idTokenClaims(file.id_token),
        label: file.email,
        modtime: info.mtime.toISOString(),
        name,
        path,
        provider: file.type,
        runtime_only: false,
        size: info.size,
        source: 'file',
        status: disabled ? 'disabled' : 'active',
        status_message: '',
        type: file.type,
        unavailable: false,
      });
    } catch {
      // The real program skips what it cannot read, too.
    }
  }
  return entries;
}
