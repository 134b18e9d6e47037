import type { Ccs } from '../ccs/ccs.ts';
import type { Desired, SecretSource } from '../config/desired.ts';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { crypto } from '../machine/builtins.ts';
import { type Machine, MachineError, readText } from '../machine/machine.ts';
import { onPath, userEnvironment } from '../machine/programs.ts';
import type { State } from '../planner/state.ts';
import type { Platform, SecretStore } from '../platform/platform.ts';
import { typed } from '../platform/typed.ts';
import { Secret, tokenProblem } from '../secret.ts';

const COMMAND_TIMEOUT_MS = 15_000;

/** What the YAML wants the token to be. */
export type Wanted =
  /** `why` it differs from what is stored, where it does. */
  | { readonly state: 'known'; readonly token: Secret; readonly why: string }
  /** Whatever the store holds. */
  | { readonly state: 'kept' }
  /** The source has nothing here; `command` is what a person types. */
  | { readonly state: 'missing'; readonly why: string; readonly command: string };

/** Sources that begin with what the store holds already. */
const FROM_THE_STORE: readonly SecretSource['kind'][] = ['keep', 'generate', 'prompt'];

/** What the last apply knew of the token. */
export interface LastToken {
  /** What `store: auto` came to, so that a bus that is away for a moment does not move the secret. */
  readonly store: string | null;
  /** The store's mark of the item. */
  readonly stamp: string | null;
  /** Of the token, with this key; null when it is not known. */
  readonly fingerprint: string | null;
  readonly fingerprintKey: string;
}

/** What is remembered of the token. */
export function lastToken({ store, stamp, applied, fingerprintKey }: State): LastToken {
  const { fingerprint } = (applied.secret ?? {}) as { fingerprint?: unknown };
  return { store, stamp, fingerprint: typeof fingerprint === 'string' ? fingerprint : null, fingerprintKey };
}

/** Asks a person for the token, without echo. */
export type Ask = (question: string) => Promise<string>;

/** Who is there to answer. */
export interface Attendance {
  /** How to ask a person; null where nobody can be asked. */
  readonly ask: Ask | null;
  /** No program that the YAML names may be run: it could ask somebody, or use the network. */
  readonly unattended?: boolean;
  /** The token, where this run was handed it; it outweighs the source of the YAML. */
  readonly given?: Secret | null;
}

/**
 * The gateway token of this run: which store keeps it, what it is, and what it should be. Everything is found out at most once,
 * however many resources need it.
 */
export class Token {
  readonly #desired: Desired;
  readonly #platform: Platform;
  readonly #ccs: Ccs;
  readonly #last: LastToken | null;
  readonly #attendance: Attendance;
  /** This token before its key was replaced. */
  #before: Token | null = null;
  #store: Promise<SecretStore> | undefined;
  #current: Promise<Secret | null> | undefined;
  #wanted: Promise<Wanted> | undefined;

  constructor(desired: Desired, platform: Platform, ccs: Ccs, last: LastToken | null, attendance: Attendance = { ask: null }) {
    this.#desired = desired;
    this.#platform = platform;
    this.#ccs = ccs;
    this.#last = last;
    this.#attendance = attendance;
  }

  store(machine: Machine): Promise<SecretStore> {
    this.#store ??= this.#chooseStore(machine);
    return this.#store;
  }

  /** What the store holds. */
  current(machine: Machine): Promise<Secret | null> {
    this.#current ??= this.#read(machine);
    return this.#current;
  }

  wanted(machine: Machine): Promise<Wanted> {
    this.#wanted ??= this.#want(machine);
    return this.#wanted;
  }

  /** The same, wanted to be this key whatever the source says. */
  replacedBy(key: Secret): Token {
    const next = new Token(this.#desired, this.#platform, this.#ccs, this.#last, this.#attendance);
    next.#before = this;
    next.#store = this.#store;
    next.#current = this.#current;
    next.#wanted = Promise.resolve({ state: 'known', token: key, why: 'is replaced by a new one' });
    return next;
  }

  /** The token that the gateway takes already, before an apply. */
  accepted(machine: Machine): Promise<Secret | null> {
    return (this.#before ?? this).effective(machine);
  }

  /** The token that will be in force after an apply, or null when there is none. */
  async effective(machine: Machine): Promise<Secret | null> {
    const wanted = await this.wanted(machine);
    return wanted.state === 'known' ? wanted.token : this.current(machine);
  }

  async #read(machine: Machine): Promise<Secret | null> {
    const store = await this.store(machine);
    return (await this.#asWritten(machine, store)) ?? store.read(machine, this.#desired.secret);
  }

  /**
   * The wanted token, when it is the one that the last apply put there and the item has not been written since. So a keychain that is
   * locked, or would open a dialog, need not be asked for the value.
   */
  async #asWritten(machine: Machine, store: SecretStore): Promise<Secret | null> {
    const last = this.#last;
    if (store.stamp === undefined || last === null || last.stamp === null || last.store !== store.kind) return null;
    if (this.#beginsWithTheStore()) return null; // it would wait for itself
    const wanted = await this.wanted(machine);
    if (wanted.state !== 'known' || wanted.token.fingerprint(last.fingerprintKey) !== last.fingerprint) return null;
    return (await store.stamp(machine, this.#desired.secret)) === last.stamp ? wanted.token : null;
  }

  /** True when what is wanted depends on what is stored. */
  #beginsWithTheStore(): boolean {
    const { kind } = this.#desired.secret.source;
    return FROM_THE_STORE.includes(kind) || (kind === 'command' && this.#attendance.unattended === true);
  }

  async #chooseStore(machine: Machine): Promise<SecretStore> {
    const { store } = this.#desired.secret;
    const { stores } = this.#platform;
    const eligible = stores.filter((one) => store !== 'auto' || one.onlyByName !== true);
    const chosen = eligible.find(({ kind }) => kind === (store === 'auto' ? this.#last?.store : store));
    if (chosen !== undefined) return chosen;
    if (store !== 'auto') throw new CodexLinkError(finding('CL3012', `the store ${store} is not supported here`));
    for (const candidate of eligible) if ((await candidate.unavailable(machine)) === null) return candidate;
    throw new CodexLinkError(finding('CL3012', 'no store of this system can be used'));
  }

  async #want(machine: Machine): Promise<Wanted> {
    const { given } = this.#attendance;
    if (given != null) return { state: 'known', token: given, why: 'is not the one that was given' };
    const { source } = this.#desired.secret;
    switch (source.kind) {
      case 'keep':
        return (await this.current(machine)) === null ? this.#nothingKept() : { state: 'kept' };
      case 'generate':
        if ((await this.current(machine)) !== null) return { state: 'kept' };
        return known(crypto().randomBytes(source.bytes).toString('base64url'), source);
      case 'prompt':
        if ((await this.current(machine)) !== null) return { state: 'kept' };
        if (this.#attendance.ask === null)
          return { state: 'missing', why: 'somebody has to type it', command: 'codex-link apply' };
        return known((await this.#attendance.ask('Token of the gateway')).trim(), source);
      case 'ccs':
        return known((await this.#ccs.config(machine)).key.reveal(), source);
      case 'env': {
        const value = machine.facts.env[source.name];
        if (!value)
          return {
            state: 'missing',
            why: `the variable ${source.name} is not set`,
            command: typed(machine.facts.os).seeing(source.name, '…', 'codex-link apply'),
          };
        return known(value, source);
      }
      case 'file': {
        const text = await readText(machine, source.path);
        if (text === null)
          return { state: 'missing', why: `${source.path} does not exist`, command: `put the token into ${source.path}` };
        return known(text.trim(), source);
      }
      case 'command':
        if (this.#attendance.unattended === true) {
          const why = 'secret.source.command is not run while nobody is there';
          return (await this.current(machine)) !== null
            ? { state: 'kept' }
            : { state: 'missing', why, command: 'codex-link apply' };
        }
        return this.#fromCommand(machine, source.argv);
    }
  }

  async #fromCommand(machine: Machine, argv: readonly string[]): Promise<Wanted> {
    const [name = '', ...args] = argv;
    const file = name.includes('/') ? name : await onPath(machine, name);
    const missing = (why: string): Wanted => ({ state: 'missing', why, command: argv.join(' ') });
    if (file === null) return missing(`there is no program ${name} on PATH`);
    try {
      const { code, stdout, timedOut } = await machine.run({
        file,
        args,
        env: userEnvironment(machine),
        timeoutMs: COMMAND_TIMEOUT_MS,
        effect: 'read',
      });
      if (timedOut) return missing(`${name} did not answer within ${COMMAND_TIMEOUT_MS / 1000} s`);
      if (code !== 0) return missing(`${name} ended with exit code ${code}`);
      return known(stdout.trim(), { kind: 'command', argv });
    } catch (error) {
      if (error instanceof MachineError) return missing(error.message);
      throw error;
    }
  }

  #nothingKept(): Wanted {
    const { service, account } = this.#desired.secret;
    return {
      state: 'missing',
      why: `the store holds no item ${service} of ${account}, and secret.source is keep`,
      command: `put the gateway's key into the store (service ${service}, account ${account}), or set secret.source`,
    };
  }
}

/** Refuses what Codex would silently drop. The message never holds the value. */
function known(value: string, source: SecretSource): Wanted {
  const problem = tokenProblem(value);
  if (problem !== null)
    throw new CodexLinkError(finding('CL3005', `the token from secret.source (${source.kind}) cannot be used: ${problem}`));
  return { state: 'known', token: new Secret(value), why: 'is not the one that the source gives' };
}
