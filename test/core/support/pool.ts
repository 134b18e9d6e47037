import type { Command, Exit } from '../../../src/machine/machine.ts';
import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { CCS, exit } from './world.ts';

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
