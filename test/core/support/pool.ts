import type { Desired, DesiredAccount } from '../../../src/config/desired.ts';
import type { Command, Exit } from '../../../src/machine/machine.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { desired } from './desired.ts';
import { CCS, exit, world } from './world.ts';

export const CLIPROXY = '/home/me/.ccs/cliproxy';
export const REGISTRY = `${CLIPROXY}/accounts.json`;
const AT = '2026-11-01T00:00:00.000Z';

/** An account of a pool in memory; what is left out is as usual. */
export interface Made {
  readonly email: string;
  readonly nickname?: string;
  readonly default?: boolean;
  readonly paused?: boolean;
  readonly pausedAt?: string;
  /** Name of the token file. */
  readonly file?: string;
  /** Further fields of the token. */
  readonly token?: object;
  readonly mode?: number;
  /** False: only the token file is there. */
  readonly registered?: boolean;
}

/** Puts a pool on the machine, and a ccs that knows the three commands about accounts. */
export function placePool(machine: MemoryMachine, made: readonly Made[]): void {
  const accounts: Record<string, object> = {};
  machine.placeFolder(`${CLIPROXY}/auth`);
  machine.placeFolder(`${CLIPROXY}/auth-paused`);
  for (const { email, nickname, paused, pausedAt = AT, file, token = {}, mode = 0o600, registered } of made) {
    const tokenFile = file ?? `codex-${email}.json`;
    const content = {
      type: 'codex',
      email,
      access_token: 'made-up',
      refresh_token: 'made-up',
      expired: '2099-12-31T23:59:59Z',
      ...token,
    };
    machine.place(`${CLIPROXY}/${paused ? 'auth-paused' : 'auth'}/${tokenFile}`, JSON.stringify(content), mode);
    const entry = { email, nickname: nickname ?? email.split('@')[0], tokenFile, createdAt: AT, lastUsedAt: AT };
    if (registered !== false) accounts[email] = { ...entry, ...(paused ? { paused: true, pausedAt } : {}) };
  }
  const chosen = made.find((one) => one.default)?.email ?? made[0]?.email ?? 'default';
  machine.place(
    REGISTRY,
    `${JSON.stringify({ version: 1, providers: { codex: { default: chosen, accounts } } }, null, 2)}\n`,
    0o600,
  );
  machine.place(CCS, '', 0o755);
  machine.programs.set(CCS, ccs);
}

/** What CCS's own commands do, as another test has seen it; only for accounts that the registry knows by the id. */
function ccs({ args = [] }: Command, machine: MemoryMachine): Exit {
  const [, verb, id = ''] = args;
  const registry = JSON.parse(machine.text(REGISTRY) ?? '');
  const { codex } = registry.providers;
  const account = codex.accounts[id];
  if (account === undefined) return exit(1, `[X] Account not found: ${id}`);
  if (verb === 'default') codex.default = id;
  else {
    const [from, to] = verb === 'pause' ? ['auth', 'auth-paused'] : ['auth-paused', 'auth'];
    const text = machine.text(`${CLIPROXY}/${from}/${account.tokenFile}`);
    if (text !== null) {
      machine.place(`${CLIPROXY}/${to}/${account.tokenFile}`, text, 0o600);
      void machine.remove(`${CLIPROXY}/${from}/${account.tokenFile}`);
    }
    account.paused = verb === 'pause';
    if (verb === 'pause') account.pausedAt = new Date(machine.now()).toISOString();
    else delete account.pausedAt;
  }
  machine.place(REGISTRY, `${JSON.stringify(registry, null, 2)}\n`, 0o600);
  return exit(0, '[OK]');
}

/** An id_token with nothing but a plan, and a signature that nobody checks. */
export function idToken(plan: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ 'https://api.openai.com/auth': { chatgpt_plan_type: plan } })}.made-up`;
}

export const ANN = 'ann@example.com';
export const BOB = 'bob@example.com';
export const EVE = 'eve@example.com';

export type Wanted = Partial<DesiredAccount> & { readonly email: string };
/** A desired state with these accounts. */
export function wish(
  accounts: readonly Wanted[],
  unlistedAccounts: Desired['unlistedAccounts'] = 'keep',
  model: string | null = null,
) {
  const complete = accounts.map((one) => ({ nickname: null, default: false, paused: false, ...one }));
  return desired({ provider: { model }, rest: { accounts: complete, unlistedAccounts } });
}

/** A machine with this pool. */
export function pool(made: readonly Made[], prepare: (machine: MemoryMachine) => void = () => {}): MemoryMachine {
  const { machine } = world();
  placePool(machine, made);
  prepare(machine);
  return machine;
}

/** CCS's note that it paused Ann until in 90 minutes. */
export const quotaNote = (machine: MemoryMachine, more: object = {}) => {
  const entry = {
    provider: 'codex',
    accountId: ANN,
    pausedAt: '2026-11-21T11:00:00.000Z',
    until: machine.now() + 5_400_000,
    ...more,
  };
  machine.place(`${CLIPROXY}/quota-paused.json`, JSON.stringify({ entries: [{ provider: 7 }, entry] }));
};
/** Ann as CCS has paused her in that note. */
export const heldAnn: Made = { email: ANN, paused: true, pausedAt: '2026-11-21T11:00:00.000Z' };
