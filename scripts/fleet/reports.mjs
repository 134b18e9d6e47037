// Made-up reports of many machines, for measuring and looking at codex-link fleet report. The documents have the shape and the size of
// real ones; who drifted, and how, follows from the number of the machine, so that every run makes the same.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KINDS = ['ccs', 'accounts', 'routing', 'secret', 'helper', 'gateway', 'provider', 'verification', 'app'];
const PLACES = ['lisbon', 'osaka', 'quito', 'tartu', 'accra'];
const DIFF = `--- config.toml\n+++ config.toml\n${Array.from({ length: 12 }, (_, at) => ` key_${at} = "value ${at}"`).join('\n')}\n-model_provider = "openai"\n+model_provider = "cliproxy"\n`;

/** The name of a machine, e.g. `osaka-0017`. */
export function hostName(number) {
  return `${PLACES[number % PLACES.length]}-${String(number).padStart(5, '0')}`;
}

/**
 * What the collector has of one machine.
 * @param {number} number
 * @param {number} now ms since the epoch
 */
export function collected(number, now) {
  const host = hostName(number);
  const at = new Date(now - ((number * 7919) % 300) * 60_000 - (number % 131 === 7 ? 9 * 86_400_000 : 0)).toISOString();
  if (number % 97 === 5) return { host, at, unreachable: `Connection to ${host} port 22 timed out` };
  return { host, at, report: report(number, at) };
}

function report(number, started) {
  const bad = number % 11 === 3;
  const kind = bad ? ['provider', 'helper', 'provider', 'routing', 'provider', 'accounts'][Math.floor(number / 11) % 6] : null;
  const manual = !bad && number % 53 === 9;
  const deferred = !bad && number % 41 === 2;
  const unknown = !bad && number % 173 === 11;
  const error = number % 211 === 13;
  const head = { formatVersion: '1.0', command: 'drift', codexLinkVersion: number % 17 === 0 ? '0.0.9' : '0.1.0' };
  const versions = {
    codex: ['0.169.0', '0.169.0', '0.168.2', '0.169.0', '0.165.1'][number % 5],
    ccs: number % 13 === 0 ? '7.78.0' : '7.79.1',
    gateway: ['7.2.140', '7.2.140', '7.2.0', '6.9.45'][number % 4],
  };
  const known = { ...head, started, host: `mac-${number}.local`, user: 'person', os: 'darwin', versions };
  if (error) {
    const one = finding('CL2001', 'codex-link.yaml cannot be read as YAML', null);
    return { ...known, outcome: 'error', error: { code: one.code, message: one.message, fix: one.fix }, findings: [one] };
  }
  const resources = KINDS.map((one) => {
    if (one === kind) return drifted(one, number, started);
    if (manual && one === 'accounts')
      return resource('accounts/work@example.com', 'manual', 'somebody has to sign in', { command: 'ccs codex --auth --add' });
    if (deferred && one === 'secret') return resource('secret', 'deferred', 'the login keychain cannot be reached over ssh');
    if (unknown && one === 'routing') return resource('routing', 'unknown', "CCS's config.yaml cannot be read: EACCES");
    return resource(one === 'accounts' ? 'accounts/work@example.com' : one, 'in-sync', 'as stated');
  });
  const outcome = bad || manual ? 'drift' : unknown ? 'unknown' : 'in-sync';
  const findings = number % 6 === 0 ? [finding('CL4007', 'the gateway listens on all interfaces', 'gateway')] : [];
  return { ...known, durationMs: 80, outcome, resources, ignored: [], healed: [], fights: [], fallback: null, findings };
}

function resource(address, status, reason, rest = {}) {
  const drift = ['update', 'manual'].includes(status);
  return {
    address,
    kind: address.split('/')[0],
    status,
    drifted: drift,
    cause: null,
    reason,
    writer: null,
    since: null,
    changes: [],
    command: null,
    dependsOn: [],
    consequences: [],
    diff: null,
    ...rest,
  };
}

function drifted(kind, number, since) {
  const writer =
    kind === 'provider' ? ['ccsxp', 'codex', 'ccsxp', 'cc-switch', 'unknown'][Math.floor(number / 66) % 5] : 'unknown';
  const changes = {
    provider: [
      { path: 'model_provider', before: 'openai', after: 'cliproxy', sensitive: false },
      { path: 'model_providers.cliproxy.base_url', before: null, after: 'http://127.0.0.1:8317/v1', sensitive: false },
    ],
    helper: [{ path: 'mode', before: '644', after: '700', sensitive: false }],
    routing: [{ path: 'strategy', before: 'fill-first', after: 'round-robin', sensitive: false }],
    accounts: [{ path: 'paused', before: true, after: false, sensitive: false }],
  }[kind];
  const reason = {
    provider: 'model_provider is openai, wanted cliproxy',
    helper: 'the mode is 644, wanted 700',
    routing: 'the strategy is fill-first, wanted round-robin',
    accounts: 'is paused',
  }[kind];
  return resource(kind === 'accounts' ? 'accounts/work@example.com' : kind, 'update', reason, {
    cause: 'drift',
    writer,
    since,
    changes,
    diff: kind === 'provider' ? DIFF : null,
  });
}

function finding(code, message, about) {
  return {
    code,
    severity: 'warning',
    resource: about,
    message,
    fix: `codex-link explain ${code}`,
    file: null,
    line: null,
    column: null,
  };
}

/** Writes one file for each of so many machines. */
export function writeReports(folder, count, now = Date.now()) {
  mkdirSync(folder, { recursive: true });
  for (let number = 0; number < count; number++) {
    writeFileSync(join(folder, `${hostName(number)}.json`), JSON.stringify(collected(number, now)));
  }
}

/** The same as lines of one file. */
export function writeLines(file, count, now = Date.now()) {
  writeFileSync(file, Array.from({ length: count }, (_, number) => `${JSON.stringify(collected(number, now))}\n`).join(''));
}
