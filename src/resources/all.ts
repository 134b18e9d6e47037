import { Ccs } from '../ccs/ccs.ts';
import { surroundings } from '../codex/surroundings.ts';
import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { interruptedFinding, interruptedRun, type JournalEntry } from '../generations/journal.ts';
import { localTimeOf } from '../local-time.ts';
import type { Machine } from '../machine/machine.ts';
import { makePlan, type Plan } from '../planner/plan.ts';
import { type Selection, selected } from '../planner/selection.ts';
import type { State } from '../planner/state.ts';
import type { Platform } from '../platform/platform.ts';
import type { Secret } from '../secret.ts';
import { accountResources, poolFindings } from './accounts.ts';
import { appResource } from './app.ts';
import { ccsResource, concernsCcs } from './ccs.ts';
import { environmentResource } from './environment.ts';
import { gatewayResource } from './gateway.ts';
import { newGatewayKeyResource, oldGatewayKeyResource } from './gateway-key.ts';
import { helperResource } from './helper.ts';
import { leftYaml } from './left-yaml.ts';
import { providerResource } from './provider.ts';
import type { Resource } from './resource.ts';
import { beginRotation, pendingRotation, type Rotation } from './rotation.ts';
import { routingResource } from './routing.ts';
import { scheduleResource } from './schedule.ts';
import { secretResource } from './secret.ts';
import { type Ask, lastToken, Token } from './token.ts';
import { dotenvResource } from './token-file.ts';
import { variantResource } from './variant.ts';
import { verificationResource } from './verification.ts';

/** What the resources of one run have in common. */
export interface World {
  readonly desired: Desired;
  readonly platform: Platform;
  readonly token: Token;
  readonly ccs: Ccs;
  readonly state: State;
  /** A change of the gateway's key, asked for or left unfinished by an earlier run. */
  readonly rotation: Rotation | null;
  /** A run that ended before its time. */
  readonly interrupted: JournalEntry | null;
}

/** What a world is made from. */
interface Given extends Pick<World, 'desired' | 'platform' | 'state'> {
  /** How to ask for the token; absent where nobody can be asked. */
  readonly ask?: Ask | null;
  /** The token, where this run was given it; absent: as the YAML says. */
  readonly given?: Secret | null;
  /** Begins a rotation of the gateway's key; otherwise only an unfinished one goes on. */
  readonly rotate?: boolean;
  /** Nobody is there: `secret.source.command` is not run, because it may ask somebody, or use the network. */
  readonly unattended?: boolean;
}

/** Makes what the resources of one run share; reads only. */
export async function makeWorld(
  machine: Machine,
  { ask = null, rotate = false, unattended = false, given = null, ...rest }: Given,
): Promise<World> {
  const { desired, platform, state } = rest;
  const ccs = new Ccs();
  const token = new Token(desired, platform, ccs, lastToken(state), { ask, unattended, given });
  const rotation = await (rotate ? beginRotation : pendingRotation)(machine, { desired, token, ccs, state });
  return {
    desired,
    platform,
    state,
    ccs,
    rotation,
    token: rotation === null ? token : token.replacedBy(rotation.key),
    interrupted: await interruptedRun(machine),
  };
}

/** Compares the machine with the desired state, reading only. */
export async function planWorld(machine: Machine, world: World, selection: Selection): Promise<Plan> {
  const resources = await allResources(machine, world);
  const concerned = selected(resources, selection).chosen.has('provider');
  return makePlan(machine, resources, world.state, selection, general(machine, world, concerned));
}

/**
 * Findings that belong to no resource.
 * @param withSurroundings also those of what lies around config.toml, where that is what the run is about
 */
export async function general(machine: Machine, world: World, withSurroundings = true): Promise<Finding[]> {
  const { desired, platform, ccs, state, rotation, interrupted } = world;
  const held =
    state.hold === null
      ? []
      : [finding('CL0011', `the route ${state.hold.route} is held by hand since ${localTimeOf(state.hold.since)}`)];
  const away =
    state.hold === null && desired.drift.fallback === 'openai' && state.fallback !== null
      ? [
          finding('CL8010', `the route is on openai since ${localTimeOf(state.fallback.since)}: ${state.fallback.why}`, {
            resource: 'provider',
          }),
        ]
      : [];
  const unfinished =
    rotation === null || state.rotation === null
      ? []
      : [finding('CL7065', `a rotation of the gateway's key was interrupted, begun ${localTimeOf(state.rotation.since)}`)];
  const cut = interrupted === null ? [] : [interruptedFinding(interrupted)];
  const [pool, around] = await Promise.all([
    poolFindings(machine, desired, ccs),
    withSurroundings ? surroundings(machine, desired, platform) : [],
  ]);
  return [...cut, ...held, ...away, ...unfinished, ...pool, ...around];
}

/**
 * Every resource that the desired state has on this machine.
 * @param machine a read-only one: some resources are found on the machine itself
 */
export async function allResources(machine: Machine, world: World): Promise<Resource[]> {
  const { desired, platform, token, ccs, state, rotation } = world;
  const { auth, active } = desired.provider;
  const key = state.fingerprintKey;
  const carrier = auth === 'helper' ? 'helper' : auth === 'dotenv' ? 'dotenv' : 'environment';
  // Codex must never be pointed at a route that does not exist; on OpenAI's own route the gateway does not matter.
  const needsGateway = active === 'cliproxy';
  const provider = [carrier, 'secret', ...(needsGateway ? ['gateway'] : [])];
  const withCcs = concernsCcs(desired);
  /** Whatever has to run `ccs` waits for its installation. */
  const onCcs = withCcs ? ['ccs'] : [];
  const onRouting = desired.routing === null ? [] : ['routing'];
  const scheduled = desired.drift.schedule !== null || state.applied.schedule !== undefined;
  // How the pool is spread, and what else uses it, is no part of the route: a step that remains there must not keep it unverified.
  const beside = [
    ...(withCcs ? [ccsResource(desired, ccs)] : []),
    ...(await accountResources(machine, desired, ccs, onCcs)),
    ...(desired.variants ?? []).map((one) => variantResource(one, ccs, onCcs)),
    ...(desired.routing === null ? [] : [routingResource(desired, desired.routing, ccs, onCcs)]),
    ...(scheduled ? [scheduleResource(desired, platform, state.applied.schedule)] : []),
  ];
  const left = leftYaml(state.applied, desired, new Set(beside.map((one) => one.address)));
  const released =
    left.length === 0 ? [] : await (await import('../generations/left-behind.ts')).leftBehind(machine, world, left, onCcs);
  const isReleased = new Set(released.map((one) => one.address));
  const resources = [
    secretResource(desired, token, platform, key, rotation === null ? [] : ['gateway-key/new']),
    ...(auth === 'helper' ? [helperResource(desired, token, platform)] : []),
    ...(isReleased.has('dotenv') ? [] : [dotenvResource(desired, token, key, platform)]),
    ...(isReleased.has('environment') ? [] : [environmentResource(desired, token, platform, key)]),
    gatewayResource(desired, token, ccs, platform, [...(rotation === null ? ['secret'] : []), ...onCcs, ...onRouting]),
    ...(rotation === null ? [] : [newGatewayKeyResource(desired, ccs, rotation, state)]),
    providerResource(desired, state, provider),
  ];
  const route = resources.map((one) => one.address).filter((address) => needsGateway || address !== 'gateway');
  // What is taken away of the old way is in force only after a restart, too.
  const readByApp = released.filter(({ kind }) => kind === 'dotenv' || kind === 'environment').map((one) => one.address);
  return [
    ...beside,
    ...resources,
    verificationResource(desired, platform, route),
    ...(rotation === null ? [] : [oldGatewayKeyResource(desired, ccs, rotation)]),
    ...released,
    appResource(desired, platform, [...route, 'verification', ...readByApp, ...(rotation === null ? [] : ['gateway-key/old'])]),
  ] as Resource[];
}
