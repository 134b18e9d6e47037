import type { Ccs } from '../ccs/ccs.ts';
import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import { makePlan, type Plan } from '../planner/plan.ts';
import type { Selection } from '../planner/selection.ts';
import type { State } from '../planner/state.ts';
import type { Platform } from '../platform/platform.ts';
import { appResource } from './app.ts';
import { gatewayResource } from './gateway.ts';
import { helperResource } from './helper.ts';
import { providerResource } from './provider.ts';
import type { Resource } from './resource.ts';
import { routingResource } from './routing.ts';
import { secretResource } from './secret.ts';
import type { Token } from './token.ts';
import { dotenvResource, environmentResource } from './token-file.ts';
import { verificationResource } from './verification.ts';

/** What the resources of one run have in common. */
export interface World {
  readonly desired: Desired;
  readonly platform: Platform;
  readonly token: Token;
  readonly ccs: Ccs;
  readonly state: State;
}

/** Compares the machine with the desired state, reading only. */
export async function planWorld(machine: Machine, world: World, selection: Selection): Promise<Plan> {
  return makePlan(machine, await allResources(world), world.state, selection, general(world));
}

/** Findings that belong to no resource. */
function general({ desired, state }: World): Finding[] {
  const held =
    state.hold === null ? [] : [finding('CL0011', `the route ${state.hold.route} is held by hand since ${state.hold.since}`)];
  return [...held, ...notManagedYet(desired)];
}

/** Every resource that the desired state has on this machine. */
export async function allResources({ desired, platform, token, ccs, state }: World): Promise<Resource[]> {
  const { auth, active } = desired.provider;
  const key = state.fingerprintKey;
  const carrier = auth === 'helper' ? 'helper' : auth === 'dotenv' ? 'dotenv' : 'environment';
  // Codex must never be pointed at a route that does not exist; on OpenAI's own route the gateway does not matter.
  const needsGateway = active === 'cliproxy';
  const provider = [carrier, 'secret', ...(needsGateway ? ['gateway'] : [])];
  const resources = [
    secretResource(desired, token, key),
    ...(auth === 'helper' ? [helperResource(desired, token)] : []),
    dotenvResource(desired, token, key, state.applied.dotenv !== undefined),
    environmentResource(desired, token, platform, key, state.applied.environment !== undefined),
    ...(desired.routing === null ? [] : [routingResource(desired, desired.routing, ccs)]),
    gatewayResource(desired, token, ccs, platform, ['secret', ...(desired.routing === null ? [] : ['routing'])]),
    providerResource(desired, provider),
  ];
  // How the pool is spread is no part of the route: a step that remains there must not keep the route from being verified.
  const route = resources
    .map((one) => one.address)
    .filter((address) => address !== 'routing' && (needsGateway || address !== 'gateway'));
  return [
    ...resources,
    verificationResource(desired, platform, route),
    appResource(desired, platform, [...route, 'verification']),
  ] as Resource[];
}

/** Says which sections of the YAML this version checks but does not converge. */
export function notManagedYet(desired: Desired): Finding[] {
  const { drift } = desired;
  const sections: [string, boolean][] = [
    ['accounts', desired.accounts !== null],
    ['unlistedAccounts', desired.unlistedAccounts !== 'keep'],
    ['variants', desired.variants !== null],
    ['drift.schedule', drift.schedule !== null],
    ['drift.heal', drift.heal !== 'off'],
    ['drift.fallback', drift.fallback !== 'off'],
    ['drift.ignore', drift.ignore.length > 0],
    ['drift.report', Object.keys(drift.report).length > 0],
  ];
  return sections.flatMap(([section, there]) => (there ? [finding('CL0012', `${section} is not managed by this version`)] : []));
}
