import type { Desired, Route } from '../config/desired.ts';
import { loadDesired } from '../config/load.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { DiscreetMachine } from '../machine/discreet.ts';
import type { Machine, Os } from '../machine/machine.ts';
import { ReadOnlyMachine } from '../machine/read-only.ts';
import { RealMachine } from '../machine/real.ts';
import { makePlan, type Plan } from '../planner/plan.ts';
import { readState, type State } from '../planner/state.ts';
import { linux } from '../platform/linux/linux.ts';
import type { Platform } from '../platform/platform.ts';
import { allResources, notManagedYet } from '../resources/all.ts';
import { type Ask, Token } from '../resources/token.ts';
import { type Invocation, selectionOf } from './arguments.ts';

/** All that a command works with. */
export interface Session {
  readonly machine: Machine;
  /** The same machine, refusing changes. */
  readonly readOnly: Machine;
  readonly platform: Platform;
  /** As the YAML says, but for a route that is held. */
  readonly desired: Desired;
  readonly state: State;
}

/** The machine and the platform of the command line; throws for an OS that this version does not manage. */
export function openMachine(flags: Invocation['flags']): { machine: Machine; readOnly: Machine; platform: Platform } {
  const os = (flags.os as string | undefined) ?? process.platform;
  if (os !== 'linux' || process.platform !== 'linux') {
    throw new CodexLinkError(finding('CL0013', `codex-link cannot work for ${os} on ${process.platform} yet`));
  }
  const machine = new RealMachine(os as Os);
  return { machine, readOnly: new ReadOnlyMachine(machine), platform: linux };
}

/** The desired state of the command line. */
export function openDesired(machine: Machine, flags: Invocation['flags']): Promise<Desired> {
  return loadDesired(machine, { file: flags.file as string | undefined, stdin: readStdin });
}

/** Reads the YAML and what is remembered. `route` overrides both the YAML and a held route. */
export async function openSession(flags: Invocation['flags'], route: Route | 'auto' | null = null): Promise<Session> {
  const opened = openMachine(flags);
  const [fromYaml, state] = await Promise.all([openDesired(opened.readOnly, flags), readState(opened.readOnly)]);
  const { service, source } = fromYaml.secret;
  const machine = new DiscreetMachine(opened.machine, source.kind === 'env' ? [service, source.name] : [service]);
  const chosen = route === 'auto' ? fromYaml.provider.active : (route ?? state.hold?.route ?? fromYaml.provider.active);
  return { ...opened, machine, readOnly: new ReadOnlyMachine(machine), desired: withRoute(fromYaml, chosen), state };
}

function withRoute(desired: Desired, active: Route): Desired {
  return active === desired.provider.active ? desired : { ...desired, provider: { ...desired.provider, active } };
}

/** Compares the machine with the desired state, reading only. */
export function planSession(session: Session, flags: Invocation['flags'], token: Token): Promise<Plan> {
  const { desired, platform, state, readOnly } = session;
  return makePlan(readOnly, allResources(desired, platform, token, state), state, selectionOf(flags), general(session));
}

export function tokenOf({ desired, platform, state }: Session, ask: Ask | null = null): Token {
  return new Token(desired, platform, state.store, ask);
}

/** Findings that belong to no resource. */
function general({ desired, state }: Session): Finding[] {
  const held =
    state.hold === null ? [] : [finding('CL0011', `the route ${state.hold.route} is held by hand since ${state.hold.since}`)];
  return [...held, ...notManagedYet(desired)];
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
