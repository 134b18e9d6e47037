import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform } from '../platform/platform.ts';
import type { Kind } from '../resources/resource.ts';
import type { Check, CheckId } from './check.ts';
import { codexChecks, DOCTOR_OFF, loginCheck } from './codex-checks.ts';
import { gatewayChecks, liveCheck } from './gateway-checks.ts';
import { tokenCheck } from './token-checks.ts';

/** What hands Codex the token: the kind whose check it is that there is one. */
export function carrierOf({ provider }: Desired): Kind {
  return { helper: 'helper', dotenv: 'dotenv', env: 'environment' }[provider.auth] as Kind;
}

export interface Verification {
  readonly checks: readonly Check[];
  /** No check failed, and the gateway, where the route needs one, was there to be asked. */
  readonly passed: boolean;
}

/** The checks that Codex is not needed for: without one of them nothing is known of the route. */
const OF_THE_GATEWAY: readonly CheckId[] = ['listener', 'key', 'base-path'];

/**
 * Checks the route from Codex to the gateway, in the order in which a request goes. Starts nothing that stays and changes nothing:
 * `codex` runs on a copy of the configuration. `live` also spends one real request,
 * and `about` leaves out the checks of other kinds of resources.
 */
export async function verifyRoute(
  machine: Machine,
  desired: Desired,
  platform: Platform,
  { live, about = () => true }: { live: boolean; about?: (kind: Kind) => boolean },
): Promise<Verification> {
  const route = { machine, desired, platform };
  const checks: Check[] = [];
  if (desired.provider.active === 'openai') {
    // Switching away must work when the network is the very thing that is broken.
    if (about('provider')) checks.push(await loginCheck(route), ...(await codexChecks(route, true)));
  } else {
    const ofToken = about(carrierOf(desired));
    // The gateway is asked with the token, whoever asks.
    const { token, check } = ofToken || about('gateway') || live ? await tokenCheck(route) : { token: null, check: null };
    if (ofToken && check !== null) checks.push(check);
    const ofGateway = about('gateway') || live ? await gatewayChecks(route, token) : [];
    if (about('gateway')) checks.push(...ofGateway);
    const silent = ofGateway.some((one) => one.id === 'listener' && one.status === 'skipped');
    if (about('provider')) checks.push(...(await codexChecks(route, silent)));
    if (live) checks.push(await liveCheck(route, token, [...ofGateway, ...checks]));
  }
  return {
    checks,
    passed: checks.every((one) => one.status !== 'failed' && !(one.id === 'listener' && one.status === 'skipped')),
  };
}

/** What was not looked at, in one finding: a warning where it is the gateway, and so the route itself. Null when all was. */
export function notLookedAt(checks: readonly Check[]): Finding | null {
  // Whoever writes `doctor: off` knows it.
  const left = checks.filter((one) => one.status === 'skipped' && one.message !== DOCTOR_OFF);
  if (left.length === 0) return null;
  const reasons = [...new Set(left.map((one) => one.message))];
  const what = reasons.map((why) => `${list(left.filter((one) => one.message === why).map((one) => one.id))} (${why})`);
  const severity = left.some((one) => OF_THE_GATEWAY.includes(one.id)) ? 'warning' : 'info';
  return finding('CL5008', `not looked at: ${what.join('; ')}`, { severity });
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
