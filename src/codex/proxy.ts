import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import { type Variable, variablesIn } from '../platform/session-environment.ts';
import { dotenvPath } from './home.ts';

const EXCEPTIONS = ['NO_PROXY', 'no_proxy'] as const;

/** What Codex's HTTP client looks at; the first of a pair that is set counts, and the one for all comes last. */
const PROXIES = {
  http: ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'],
  https: ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'],
} as const;

/** Every variable that decides on a proxy. */
export const PROXY_VARIABLES: readonly string[] = [...new Set([...PROXIES.http, ...PROXIES.https, ...EXCEPTIONS])];

/**
 * Whether a proxy of the environment stands between Codex and the gateway on this machine. Codex sends even requests to 127.0.0.1
 * through it unless NO_PROXY says otherwise, and then waits for an answer that never comes. Both are looked for where Codex may be
 * started from: the login session, as the App is, and this terminal. `$CODEX_HOME/.env` goes over both.
 * Source: codex 0.169.0, seen by running it.
 */
export function proxyFindings(machine: Machine, desired: Desired, session: readonly Variable[], dotenv: string): Finding[] {
  const { gateway, provider } = desired;
  if (provider.active === 'openai' || !gateway.loopback) return [];
  const own = variablesIn(dotenv, dotenvPath(machine), PROXY_VARIABLES);
  const here = PROXY_VARIABLES.flatMap((name): Variable[] => {
    const value = machine.facts.env[name];
    return value === undefined ? [] : [{ name, value, place: null }];
  });
  for (const below of [session, here]) {
    const of = (name: string) => [...own, ...below].find((one) => one.name === name && one.value !== '');
    const proxy = PROXIES[gateway.tls ? 'https' : 'http'].map(of).find((one) => one !== undefined);
    const exceptions = EXCEPTIONS.map(of).find((one) => one !== undefined)?.value ?? '';
    if (proxy !== undefined && !covers(exceptions, gateway.host)) return [hanging(machine, desired, proxy, exceptions)];
  }
  return [];
}

/** The value is not shown: it may hold a password. */
function hanging(machine: Machine, desired: Desired, { name, place }: Variable, exceptions: string): Finding {
  const { host, url } = desired.gateway;
  const hosts = host === '127.0.0.1' || host === 'localhost' ? ['127.0.0.1', 'localhost'] : [host.replace(/^\[|\]$/g, '')];
  const line = `NO_PROXY=${[...exceptions.split(',').filter((one) => one.trim() !== ''), ...hosts].join(',')}`;
  const where = place === null ? 'in this environment' : `in ${place.file}`;
  return finding(
    'CL1014',
    `${name} is set ${where}, and NO_PROXY does not except ${host}: Codex would look for ${url} behind the proxy`,
    {
      resource: 'provider',
      ...(place ?? {}),
      fix: `put this line into ${dotenvPath(machine)}: ${line}`,
    },
  );
}

/**
 * Whether NO_PROXY excepts the host: an address by itself or by a network with a slash, a name by itself, a domain above it or a
 * star. A star does not except addresses.
 * Source: the Rust crate reqwest, which codex 0.169.0 uses; a test asks the real Codex.
 */
export function covers(exceptions: string, host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return exceptions
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .some((one) => {
      if (one === bare) return true;
      if (isAddress(bare)) return isInNetwork(bare, one);
      return one === '*' || (one !== '' && `.${bare}`.endsWith(`.${one.replace(/^\./, '')}`));
    });
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^\d+(\.\d+){3}$/.test(host);
}

function isInNetwork(host: string, network: string): boolean {
  const [base = '', bits = ''] = network.split('/'); // without a slash there are no bits, and it is no network
  const [a, b] = [host, base].map(numberOf);
  if (a === undefined || b === undefined || a === null || b === null || !/^\d+$/.test(bits) || Number(bits) > 32) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(a / size) === Math.floor(b / size);
}

/** An IPv4 address as a number; null for anything else. */
function numberOf(address: string): number | null {
  const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)?.slice(1).map(Number);
  return parts === undefined || parts.some((one) => one > 255) ? null : parts.reduce((all, one) => all * 256 + one, 0);
}
