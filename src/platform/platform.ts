import type { DesiredSecret } from '../config/desired.ts';
import type { Finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import type { Secret } from '../secret.ts';
import type { Variable } from './session-environment.ts';

/** Under which name a secret is kept. */
export type SecretItem = Pick<DesiredSecret, 'service' | 'account'>;

/** A place of the OS that keeps secrets. Every method throws `CodexLinkError` when it is locked or cannot be asked. */
export interface SecretStore {
  readonly kind: 'secret-service' | 'file';
  /** For people, e.g. "the Secret Service". */
  readonly name: string;
  /** Null when the store can be used here, else why not. Asks without starting anything and without a prompt. */
  unavailable(machine: Machine): Promise<Finding | null>;
  /** Null when there is no such item. Never prompts. */
  read(machine: Machine, item: SecretItem): Promise<Secret | null>;
  /** Replaces the item, reads it back and throws when that differs. */
  write(machine: Machine, item: SecretItem, secret: Secret): Promise<void>;
  remove(machine: Machine, item: SecretItem): Promise<void>;
  /** What is wrong with the item besides its value, e.g. a file that others can read; null when nothing. */
  flaw(machine: Machine, item: SecretItem): Promise<string | null>;
  /** Programs of the OS that the helper's lines run. */
  readonly programs: readonly string[];
  /** The lines of the helper script that set `token`, or end it with a reason through `fail`. */
  lookup(item: HelperItem): string;
}

/** What the helper's lines are made from. */
export interface HelperItem {
  readonly service: string;
  /** A shell word, e.g. `'me'` or `"$(/usr/bin/id -un)"`. */
  readonly account: string;
  /** The home folder that the helper is to write as `$HOME`, so that it is the same for every user; null to spell it out. */
  readonly portableHome: string | null;
  /** Time that Codex gives the helper. */
  readonly timeoutMs: number;
  readonly configHome: string;
  /** Absolute paths of the programs that the store names in `programs`: Codex runs the helper with whatever PATH the App has. */
  readonly program: (name: string) => string;
}

/** Starting and stopping the desktop App. */
export interface AppControl {
  /** Whether it is installed and its running processes; an App that is not installed is fine. */
  find(machine: Machine): Promise<AppState>;
  /** Asks it to quit and waits. True when it has ended, its engine included. */
  quit(machine: Machine, app: AppState, timeoutMs: number): Promise<boolean>;
  reopen(machine: Machine): Promise<void>;
}

export interface AppState {
  readonly installed: boolean;
  readonly processes: readonly Program[];
}

/** What differs from one OS to another. */
export interface Platform {
  readonly os: 'linux';
  secretStore(kind: SecretStore['kind']): SecretStore;
  /** Stores in the order in which `store: auto` tries them; the last one always works. */
  readonly automaticStores: readonly SecretStore['kind'][];
  readonly app: AppControl;
  /** The file that the environment of a login session is made from. */
  environmentFile(machine: Machine): string;
  /** Those of the named variables that the files of this machine give a login session, each with its place. */
  sessionVariables(machine: Machine, names: readonly string[]): Promise<readonly Variable[]>;
  /** The program that listens on a TCP port of this machine; null when none does, or when it cannot be looked into. */
  programOn(machine: Machine, port: number): Promise<Program | null>;
  /** Whether a server on the port can be reached from other machines too. */
  listensBeyondLoopback(machine: Machine, port: number): Promise<boolean>;
}

/** A running program, for people. */
export interface Program {
  readonly pid: number;
  readonly name: string;
}
