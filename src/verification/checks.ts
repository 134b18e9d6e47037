import type { Desired } from '../config/desired.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform } from '../platform/platform.ts';
import type { Check } from './check.ts';
import { codexChecks, loginCheck } from './codex-checks.ts';
import { gatewayChecks, liveCheck } from './gateway-checks.ts';
import { tokenCheck } from './token-checks.ts';

export interface Verification {
  readonly checks: readonly Check[];
  /** No check failed. */
  readonly passed: boolean;
}

/**
 * Checks the route from Codex to the gateway, in the order in which a request goes. Starts nothing that stays and changes nothing:
 * `codex` runs on a copy of the configuration. `live` also spends one real request.
 */
export async function verifyRoute(
  machine: Machine,
  desired: Desired,
  platform: Platform,
  options: { live: boolean },
): Promise<Verification> {
  const route = { machine, desired, platform };
  const checks: Check[] = [];
  if (desired.provider.active === 'openai') {
    // Switching away must work when the network is the very thing that is broken.
    checks.push(await loginCheck(route), ...(await codexChecks(route, true)));
  } else {
    const { token, check } = await tokenCheck(route);
    checks.push(check, ...(await gatewayChecks(route, token)));
    const silent = checks.some((one) => one.id === 'listener' && one.status === 'skipped');
    checks.push(...(await codexChecks(route, silent)));
    if (options.live) checks.push(await liveCheck(route, token, checks));
  }
  return { checks, passed: checks.every((one) => one.status !== 'failed') };
}
