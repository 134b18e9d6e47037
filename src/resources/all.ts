import type { Ccs } from '../ccs/ccs.ts';
import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import { makePlan, type Plan } from '../planner/plan.ts';
import type { Selection } from '../planner/selection.ts';
import type { State } from '../planner/state.ts';
import type { Platform } from '../platform/platform.ts';
import { accountResources, poolFindings } from './accounts.ts';
import { appResource } from './app.ts';
import { gatewayResource } from './gateway.ts';
import { helperResource } from './helper.ts';
import { providerResource } from './provider.ts';
import type { Resource } from './resource.ts';
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
  const [resources, findings] = await Promise.all([allResources(machine, world), general(machine, world)]);
  return makePlan(machine, resources, world.state, selection, findings);
}

/** Findings that belong to no resource. */
async function general(machine: Machine, { desired, ccs, state }: World): Promise<Finding[]> {
  const held =
    state.hold === null ? [] : [finding('CL0011', `the route ${state.hold.route} is held by hand since ${state.hold.since}`)];
  return [...held, ...notManagedYet(desired), ...(await poolFindings(machine, desired, ccs))];
}

/**
 * Every resource that the desired state has on this machine.
 * @param machine a read-only one: some resources are found on the machine itself
 */
export async function allResources(machine: Machine, { desired, platform, token, ccs, state }: World): Promise<Resource[]> {
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
    gatewayResource(desired, token, ccs, platform),
    providerResource(desired, provider),
  ];
  const route = resources.map((one) => one.address).filter((address) => needsGateway || address !== 'gateway');
  return [
    ...(await accountResources(machine, desired, ccs)),
    ...resources,
    verificationResource(desired, platform, route),
    appResource(desired, platform, [...route, 'verification']),
  ] as Resource[];
}

/** Says which sections of the YAML this version checks but does not converge. */
export function notManagedYet(desired: Desired): Finding[] {
  const { drift } = desired;
  const sections: [string, boolean][] = [
    ['routing', desired.routing !== null],
    ['variants', desired.variants !== null],
    ['gateway.exposure: loopback', desired.gateway.exposure === 'loopback'],
    ['drift.schedule', drift.schedule !== null],
    ['drift.heal', drift.heal !== 'off'],
    ['drift.fallback', drift.fallback !== 'off'],
    ['drift.ignore', drift.ignore.length > 0],
    ['drift.report', Object.keys(drift.report).length > 0],
  ];
  return sections.flatMap(([section, there]) => (there ? [finding('CL0012', `${section} is not managed by this version`)] : []));
}
