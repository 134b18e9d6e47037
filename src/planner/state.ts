import { dirname, join } from 'node:path';
import type { Route } from '../config/desired.ts';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { crypto } from '../machine/builtins.ts';
import { type Machine, MachineError, readText } from '../machine/machine.ts';
import { typed } from '../platform/typed.ts';
import type { Json } from '../resources/resource.ts';

/**
 * What codex-link remembers between runs, in `$XDG_STATE_HOME/codex-link/state.json`. No secret is in it: of secrets only keyed
 * fingerprints are kept.
 */
export interface State {
  readonly version: 1;
  /** Key of the fingerprints, so that they mean nothing outside this machine. */
  readonly fingerprintKey: string;
  /** What each resource was told to be by the last successful apply, by address. */
  readonly applied: Readonly<Record<string, Json>>;
  /** The store that `store: auto` came to, so that a bus that is away for a moment does not move the secret. */
  readonly store: string | null;
  /** The mark of the item in the store after the last apply, where the store has one. */
  readonly stamp: string | null;
  /** A route chosen by hand with `use`. */
  readonly hold: { readonly route: Route; readonly since: string } | null;
  /** A move to OpenAI's own route by `drift.fallback`, while the gateway fails its check; `why` in one line. */
  readonly fallback: { readonly since: string; readonly why: string } | null;
  /** A rotation of the gateway's key that has begun and is not known to be finished. */
  readonly rotation: RotationRecord | null;
  /** ISO time of the last successful apply. */
  readonly lastApply: string | null;
}

/** What it takes to go on with a rotation; keys as fingerprints. */
export interface RotationRecord {
  /** ISO time. */
  readonly since: string;
  readonly key: string;
  readonly old: readonly string[];
  /** Whether CCS's own programs use the key too. */
  readonly forCcs: boolean;
}

/** The folder for state and lock. */
export function stateFolder(machine: Machine): string {
  const { env, home } = machine.facts;
  return join(env.XDG_STATE_HOME || join(home, '.local', 'state'), 'codex-link');
}

/** The file that the state is kept in. */
export function statePath(machine: Machine): string {
  return join(stateFolder(machine), 'state.json');
}

/** The remembered state, or a fresh one where there is none. A damaged file is an error: guessing would turn config into drift. */
export async function readState(machine: Machine): Promise<State> {
  const path = statePath(machine);
  const text = await readText(machine, path);
  if (text === null) return { ...NOTHING, fingerprintKey: (await keyOfJournal(machine)) ?? newKey() };
  try {
    const state = JSON.parse(text) as State;
    if (state.version !== 1) throw new Error(`version ${state.version}`);
    if (typeof state.fingerprintKey !== 'string' || typeof state.applied !== 'object' || state.applied === null)
      throw new Error('a part of it is missing');
    return { ...NOTHING, ...state };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const words = typed(machine.facts.os);
    const fix = words.inTurn(words.remove(path), 'codex-link plan');
    throw new CodexLinkError(finding('CL0006', `the state file cannot be understood: ${why}`, { file: path, fix }));
  }
}

/** Writes the state if it differs from what is on the disk. */
export async function writeState(machine: Machine, state: State): Promise<void> {
  const path = statePath(machine);
  const text = `${JSON.stringify(state, null, 2)}\n`;
  if ((await readText(machine, path)) === text) return;
  try {
    await machine.makeFolder(dirname(path), 0o700);
    await machine.write(path, new TextEncoder().encode(text), { mode: 0o600 });
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    throw new CodexLinkError(finding('CL0007', `the state cannot be written: ${error.message}`, { file: path }), 1, {
      cause: error,
    });
  }
}

const NOTHING = {
  version: 1,
  applied: {},
  store: null,
  stamp: null,
  hold: null,
  fallback: null,
  rotation: null,
  lastApply: null,
} as const;

/** The one lock of a home folder. */
export function lockPath(machine: Machine): string {
  return join(stateFolder(machine), 'lock');
}

/** The journal of the run that is under way, or was interrupted. */
export function journalPath(machine: Machine): string {
  return join(stateFolder(machine), 'journal.json');
}

/** Without it, what the very first run had written down before it was killed would mean nothing. */
async function keyOfJournal(machine: Machine): Promise<string | null> {
  const key = /"fingerprintKey": "([0-9a-f]{32})"/.exec((await readText(machine, journalPath(machine))) ?? '')?.[1];
  return key ?? null;
}

function newKey(): string {
  return crypto().randomBytes(16).toString('hex');
}
