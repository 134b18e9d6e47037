import type { DesiredSecret } from '../config/desired.ts';
import type { Finding } from '../diagnostics/diagnostics.ts';
import type { Facts, Machine, Os } from '../machine/machine.ts';
import type { Secret } from '../secret.ts';
import type { Scheduler } from './scheduler.ts';
import type { Variable } from './session-environment.ts';

/** Under which name a secret is kept. */
export type SecretItem = Pick<DesiredSecret, 'service' | 'account'>;

/** The stores of all OSes; which of them an OS has, its platform says. */
export type StoreKind = 'keychain' | 'secret-service' | 'credential-manager' | 'pass' | 'file';

/** A place of the OS that keeps secrets. Every method throws `CodexLinkError` when it cannot be asked, and
 * `Deferred` when it could be asked from somewhere else, like the person's own session.
 */
export interface SecretStore {
  readonly kind: StoreKind;
  /** For people, e.g. "the Secret Service". */
  readonly name: string;
  /** True for one that `store: auto` does not take: somebody has to want it. */
  readonly onlyByName?: true;
  /** Null when the store can be used here, else why not. Asks without starting anything and without a prompt. */
  unavailable(machine: Machine): Promise<Finding | null>;
  /** Null when there is no such item. Never prompts. */
  read(machine: Machine, item: SecretItem): Promise<Secret | null>;
  /** Throws what `write` would throw for a new item, where that can be known without a prompt. */
  ready?(machine: Machine): Promise<void>;
  /** Replaces the item, reads it back and throws when that differs. */
  write(machine: Machine, item: SecretItem, secret: Secret): Promise<void>;
  remove(machine: Machine, item: SecretItem): Promise<void>;
  /** What is wrong with the item besides its value, e.g. a file that others can read; null when nothing. */
  flaw(machine: Machine, item: SecretItem): Promise<string | null>;
  /** What is worth knowing about the item although nothing of it has to change, e.g. another one like it. */
  advice?(machine: Machine, item: SecretItem): Promise<readonly Finding[]>;
  /** What a write does besides, where that is worth knowing before. */
  sideEffects?(machine: Machine, item: SecretItem): Promise<readonly string[]>;
  /**
   * A mark of the item that is another one after every write, got without touching the value: of a locked store it asks nobody. Null for
   * no item.
   */
  stamp?(machine: Machine, item: SecretItem): Promise<string | null>;
  /** Programs of the OS that the helper's lines run. */
  readonly programs: readonly string[];
  /** Where they are, for a store whose programs do not come with the OS. */
  findProgram?(machine: Machine, name: string): Promise<string | null>;
  /** The lines of the helper script, in the platform's language, that set `token`, or end it with a reason through `fail`. */
  lookup(item: HelperItem): string;
}

/** What the helper's lines are made from. */
export interface HelperItem {
  readonly service: string;
  /** A word of the script's language, e.g. `'me'` or `"$(/usr/bin/id -un)"`. */
  readonly account: string;
  /** The home folder that the helper is to write as `$HOME`, so that it is the same for every user; null to spell it out. */
  readonly portableHome: string | null;
  /** Time that Codex gives the helper. */
  readonly timeoutMs: number;
  readonly configHome: string;
  /** Of the machine that the helper is made for. */
  readonly facts: Pick<Facts, 'env' | 'home' | 'cwd'>;
  /** Absolute paths of the programs that the store names in `programs`: Codex runs the helper with whatever PATH the App has. */
  readonly program: (name: string) => string;
}

/** The language that the helper script is written in. */
export interface HelperLanguage {
  /** What its name has to end with, because the OS goes by that; empty where it does not. */
  readonly ending: string;
  /** A word that stands for exactly these characters. */
  word(text: string): string;
  /** A word that stands for the name of whoever runs the script. */
  currentUser(program: HelperItem['program']): string;
  /** Programs of the OS that the script runs besides those of the store. */
  readonly programs: readonly string[];
  /** The whole script, around the store's lines. */
  script(lookup: string): string;
}

/**
 * Where a login session gets its variables from, for `provider.auth: env`: a file of `NAME=value` lines, or something that the OS
 * keeps.
 */
export type SessionEnvironment =
  | { readonly kind: 'file'; path(machine: Machine): string }
  | ({ readonly kind: 'store' } & VariableStore);

/** Variables of the login session that the OS keeps. */
export interface VariableStore {
  /** For people, e.g. "launchd". */
  readonly name: string;
  /** What it costs to have a secret there, in one line; absent for nothing. */
  readonly cost?: string;
  /** True where a variable that is written takes the place of the one before: that is gone after the next login. */
  readonly holdsOne?: true;
  /** What a person types to take one out. */
  removal(machine: Machine, name: string): string;
  /** What the session has now and at its next beginning. */
  read(machine: Machine, variable: SecretVariable): Promise<VariableState>;
  /** Sets it, now and for later sessions, and reads it back. */
  write(machine: Machine, variable: SecretVariable, value: Secret): Promise<void>;
  /** Removes it, now and for later sessions. */
  remove(machine: Machine, variable: SecretVariable): Promise<void>;
}

/** A variable, and the item of the secret store that its value comes from. */
export interface SecretVariable {
  readonly name: string;
  readonly item: SecretItem;
  /** Where the item is kept, for what reads it at a login; absent where only the variable's value is asked for. */
  readonly store?: SecretStore;
}

export interface VariableState {
  /** What a program that starts now gets; null when it gets nothing. */
  readonly value: Secret | null;
  /** What is wrong besides the value, e.g. that it is lost at the next login; null when nothing. */
  readonly flaw: string | null;
  /** Whether anything of ours is there, value or not. */
  readonly present: boolean;
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
  /** Why it cannot be asked to quit from here, and what will do it; null when it can. */
  readonly outOfReach: string | null;
}

/** Runs an apply once more by itself when that can do what could not be done from here. */
export interface FinishLater {
  /** For people, e.g. "after the next login". */
  readonly when: string;
  /** Has it run, once; replaces an earlier arrangement. */
  arrange(machine: Machine, rest: Rest): Promise<void>;
  /** Takes the arrangement back; nothing happens when there is none. */
  withdraw(machine: Machine): Promise<void>;
}

/** The command that finishes an apply. */
export interface Rest {
  /** Absolute program first. No secret. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Variables besides those that the session has. No secret. */
  readonly env: Readonly<Record<string, string>>;
}

/** What differs from one OS to another. */
export interface Platform {
  readonly os: Os;
  /** In the order in which `store: auto` tries them; the last one always works. */
  readonly stores: readonly SecretStore[];
  readonly helper: HelperLanguage;
  readonly app: AppControl;
  readonly environment: SessionEnvironment;
  /** What can run the schedule, in the order in which they are tried. */
  readonly schedulers: readonly Scheduler[];
  /** What finishes an apply of which something had to be left to the person's own session; absent where nothing is ever left so. */
  readonly later?: FinishLater;
  /** Those of the named variables that the files of this machine give a login session, each with its place. */
  sessionVariables(machine: Machine, names: readonly string[]): Promise<readonly Variable[]>;
  /** The program that listens on a TCP port of this machine; null when none does, or when it cannot be looked into. */
  programOn(machine: Machine, port: number, by?: 'name' | 'path'): Promise<Program | null>;
  /** Whether a server on the port can be reached from other machines too. */
  listensBeyondLoopback(machine: Machine, port: number): Promise<boolean>;
  /** Where permission bits do not say it (`hasModes`): what is wrong with who may read the file; null when nothing. */
  readableByOthers?(machine: Machine, path: string): Promise<Finding | null>;
}

/** A running program, for people. */
export interface Program {
  readonly pid: number;
  readonly name: string;
}
