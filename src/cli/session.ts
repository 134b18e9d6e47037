import type { Desired, Route } from '../config/desired.ts';
import { loadDesired } from '../config/load.ts';
import type { Finding } from '../diagnostics/diagnostics.ts';
import { DiscreetMachine } from '../machine/discreet.ts';
import type { Machine, Os } from '../machine/machine.ts';
import { ReadOnlyMachine } from '../machine/read-only.ts';
import { ReadingMachine } from '../machine/reading.ts';
import { RealMachine } from '../machine/real.ts';
import type { Plan } from '../planner/plan.ts';
import { readState, type State } from '../planner/state.ts';
import { platformFor, unsupported } from '../platform/platforms.ts';
import { makeWorld, planWorld, type World } from '../resources/all.ts';
import type { Ask } from '../resources/token.ts';
import type { Secret } from '../secret.ts';
import { type Invocation, selectionOf, usage } from './arguments.ts';
import type { Basis } from './from-state.ts';

/** All that a command works with. */
export interface Session extends World {
  readonly machine: Machine;
  /** The same machine, refusing changes. */
  readonly readOnly: Machine;
  /** Every file that was read so far. */
  readonly reads: ReadonlySet<string>;
  /** Folders for codex-link's own state that this run has made, outermost first. */
  readonly newFolders: readonly string[];
  /** Why the desired state is not what the YAML says; absent where it is. */
  readonly notes?: readonly Finding[];
}

/** How a session is opened. */
export interface Opening {
  /** Overrides both the YAML and a held route; `auto` only the latter. */
  readonly route?: Route | 'auto';
  /** How to ask for the token; absent where nobody can be asked. */
  readonly ask?: Ask | null;
  /** The token, where this run was given it. */
  readonly given?: Secret | null;
  /** Begins a rotation of the gateway's key. */
  readonly rotate?: boolean;
  /** Nobody is there, and nothing may ask anybody: no program of the YAML is started. */
  readonly unattended?: boolean;
  /** The way back: the desired state is what the last apply made of it, and needs no YAML. */
  readonly fromState?: boolean;
}

const SYSTEMS: readonly Os[] = ['linux', 'darwin', 'win32'];

/** The machine of the command line, for whatever OS it is to plan for. */
export function openMachine(flags: Invocation['flags']): { machine: Machine; readOnly: Machine } {
  const os = flags.os ?? process.platform;
  const found = SYSTEMS.find((one) => one === os);
  if (found === undefined && flags.os === undefined) throw unsupported(String(os));
  if (found === undefined) throw usage(`--os takes ${SYSTEMS.join(', ')}, not ${JSON.stringify(os)}`);
  const machine = new RealMachine(found);
  return { machine, readOnly: new ReadOnlyMachine(machine) };
}

/** The desired state of the command line. */
export function openDesired(machine: Machine, flags: Invocation['flags']): Promise<Desired> {
  return loadDesired(machine, { file: flags.file as string | undefined, stdin: readStdin });
}

/** Reads the YAML and what is remembered. In the session the desired state is as the YAML says, but for a route that is held, or fallen back to. */
export async function openSession(
  flags: Invocation['flags'],
  { route, fromState = false, ...world }: Opening = {},
): Promise<Session> {
  const opened = openMachine(flags);
  const platform = await platformFor(opened.machine.facts.os);
  const first = new ReadingMachine(opened.readOnly);
  const [{ desired: fromYaml, notes }, state] = fromState
    ? await openRemembered(first, flags)
    : await Promise.all([openDesired(first, flags).then((desired): Basis => ({ desired, notes: [] })), readState(first)]);
  const { service, source } = fromYaml.secret;
  const { webhook } = fromYaml.drift.report;
  const fromEnvironment = [source, ...(webhook === undefined ? [] : [webhook.urlFrom])].flatMap((one) =>
    one.kind === 'env' ? [one.name] : [],
  );
  const machine = new DiscreetMachine(opened.machine, [service, ...fromEnvironment]);
  const fallenBack = isFallenBack(fromYaml, state) ? 'openai' : null;
  const chosen =
    route === 'auto' ? fromYaml.provider.active : (route ?? state.hold?.route ?? fallenBack ?? fromYaml.provider.active);
  const desired = withRoute(fromYaml, chosen);
  const readOnly = new ReadingMachine(new ReadOnlyMachine(machine), first.paths);
  return {
    machine,
    readOnly,
    reads: first.paths,
    newFolders: [],
    notes,
    ...(await makeWorld(readOnly, { desired, platform, state, ...world })),
  };
}

async function openRemembered(machine: Machine, flags: Invocation['flags']): Promise<[Basis, State]> {
  const state = await readState(machine);
  const { basisOf } = await import('./from-state.ts');
  return [await basisOf(machine, state, () => openDesired(machine, flags)), state];
}

/** True while `drift.fallback` has moved the route, and the YAML still asks for that. */
export function isFallenBack({ drift }: Desired, { fallback }: State): boolean {
  return drift.fallback === 'openai' && fallback !== null;
}

function withRoute(desired: Desired, active: Route): Desired {
  return active === desired.provider.active ? desired : { ...desired, provider: { ...desired.provider, active } };
}

/** Compares the machine with the desired state, reading only. */
export function planSession(session: Session, flags: Invocation['flags']): Promise<Plan> {
  return planWorld(session.readOnly, session, selectionOf(flags));
}

/** All of standard input. */
export async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
