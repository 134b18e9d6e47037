/** A desktop of one OS on which the journeys play: the real one of this machine, or stand-ins for its programs. */
import type { StoreKind } from '../../src/platform/platform.ts';
import type { Environment, FreshHome } from './fresh-home.ts';

/** Under which the stage keeps the token, whatever the name of the user. */
export const ITEM = { service: 'CLIPROXY_API_KEY', account: 'tester' };

export interface Stage {
  /** Of the OS. */
  readonly name: string;
  /** Flags that every command of codex-link gets. */
  readonly flags: readonly string[];
  /** The store that `secret.store: auto` comes to. */
  readonly store: StoreKind;
  /** What the tests need and is not here; null when they can run. */
  readonly missing: string | null;
  /** The helper's name goes on like this, and whether it has permission bits. Default: no ending, and it has. */
  readonly helper?: { readonly ending: string; readonly hasMode: boolean };
  /** Whether Codex App can be had on this stage; else it is tried elsewhere. */
  readonly hasApp: boolean;
  /** Whether the store can be locked. */
  readonly locks: boolean;
  /** Whether what is out of reach is left to the person's next login. */
  readonly defers: boolean;
  /** Sets the stage in the home, plays, and strikes it. */
  run(home: FreshHome, play: (desktop: Desktop) => Promise<void>): Promise<void>;
}

export interface Desktop {
  /** All of the environment of the person's terminal. */
  readonly env: Environment;
  /** What the store holds; null for nothing. */
  held(): Promise<string | null>;
  /** Somebody else replaces what the store holds, or (null) removes it. */
  replace(value: string | null): Promise<void>;
  /** Locks the store, so that nobody can be asked to unlock it. */
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** What plan says, while the store is locked, of a secret that was applied. A keychain tells without its password that nobody wrote. */
  readonly lockedStatus: 'unknown' | 'in-sync';
  /** Codex App; null where it cannot be had on this stage. */
  readonly app: AppOnStage | null;
  /** What a program that the session starts now gets; null where only the next session does. */
  variable: ((name: string) => Promise<string | null>) | null;
  /** The person logs in anew, and what waits for that has run; null where nothing is deferred. */
  login: (() => Promise<void>) | null;
  /** Every start of a program of the OS with the secret among its arguments. Empty where nothing is logged. */
  startsWith(secret: string): readonly unknown[];
}

export interface AppOnStage {
  install(options: { running: boolean }): void;
  isRunning(): boolean;
  /** How often it was opened by somebody else than the stage. */
  launches(): number;
  /** From now on it does not quit when it is asked to. */
  refuseToQuit(): void;
}
