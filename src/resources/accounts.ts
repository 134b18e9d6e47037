import type { Ccs } from '../ccs/ccs.ts';
import { mayUse, modelHint, modelsFor, parseModel } from '../ccs/models.ts';
import { lookUp, type Pool, type PoolAccount } from '../ccs/pool.ts';
import { registryPath } from '../ccs/registry.ts';
import type { Desired, DesiredAccount } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import { accountResource, type InTurn } from './account.ts';
import { fileHealth, planOf, tokenHealth } from './account-health.ts';
import type { Resource } from './resource.ts';

/** A resource for each account that the YAML speaks of: those listed, and with `unlistedAccounts: pause` the others of the pool. */
export async function accountResources(
  machine: Machine,
  { accounts, unlistedAccounts }: Desired,
  ccs: Ccs,
  dependsOn: readonly string[],
): Promise<Resource[]> {
  if (accounts === null) return [];
  // When the pool cannot be read, each listed account says so itself.
  const pool = unlistedAccounts === 'pause' ? await ccs.pool(machine).catch(ignoreTrouble) : null;
  const others = pool === null ? [] : unlisted(pool, accounts);
  const wanted = [...accounts, ...others.map(({ name }) => ({ email: name, nickname: null, default: false, paused: true }))];
  // One after the other, whatever becomes of the one before: each looks afresh at what the others have done.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn: InTurn = (converge) => {
    const mine = last.then(converge);
    last = mine.catch(() => {});
    return mine;
  };
  return wanted.map((one) => accountResource(one, accounts, ccs, inTurn, dependsOn) as Resource);
}

/** What is worth knowing of the pool beyond the listed accounts. */
export async function poolFindings(machine: Machine, desired: Desired, ccs: Ccs): Promise<Finding[]> {
  const { accounts, unlistedAccounts, gateway, provider } = desired;
  const idle = accounts === null && unlistedAccounts !== 'keep';
  const findings = idle ? [finding('CL7026', `unlistedAccounts: ${unlistedAccounts} has no effect without accounts`)] : [];
  const model = provider.active === 'cliproxy' ? provider.model : null;
  if (gateway.manager !== 'ccs' || (accounts === null && model === null)) return findings;
  let pool: Pool;
  try {
    pool = await ccs.pool(machine);
  } catch (error) {
    ignoreTrouble(error);
    // Listed accounts say it themselves; with none of them nobody else would.
    const unsaid = accounts?.length === 0 && error instanceof CodexLinkError ? error.findings : [];
    return [...findings, ...unsaid.map((one): Finding => ({ ...one, severity: 'warning' }))];
  }
  if (model !== null) findings.push(...modelFindings(pool, model));
  if (accounts === null) return findings;
  if (pool.registry.state === 'corrupt') {
    const file = registryPath(pool.cliproxy);
    findings.push(finding('CL7013', "CCS's registry of accounts is damaged; nicknames and the default are lost", { file }));
  }
  const others = unlistedAccounts === 'keep' ? [] : unlisted(pool, accounts);
  return [
    ...findings,
    ...pool.strays.flatMap((one) => (one.content.broken === null ? [] : fileHealth(one, null))),
    ...others.flatMap((one) => ofUnlisted(one, unlistedAccounts === 'report', machine.now())),
  ];
}

function unlisted(pool: Pool, listed: readonly DesiredAccount[]): PoolAccount[] {
  const meant = listed.flatMap(({ email }) => {
    const found = lookUp(pool, email);
    if (found.kind === 'found') return [found.account];
    // As long as it is not clear which is meant, none of them is a stranger.
    return found.kind === 'ambiguous' ? pool.accounts.filter((one) => sameEmail(one, email)) : [];
  });
  return pool.accounts.filter((one) => !meant.includes(one));
}

function sameEmail(account: PoolAccount, wanted: string): boolean {
  return account.email?.toLowerCase() === wanted.toLowerCase().split('#')[0];
}

function ofUnlisted(account: PoolAccount, report: boolean, now: number): Finding[] {
  const resource = `accounts/${account.name}`;
  const stranger = finding('CL7015', `${account.name} is in the pool, and accounts does not list it`, { resource });
  return report ? [stranger, ...tokenHealth(account, resource, now)] : tokenHealth(account, resource, now);
}

/** Whether the pool can serve the model at all. Only where the plan of every active account is known. */
export function modelFindings(pool: Pool, model: string): Finding[] {
  const hint = modelHint(model);
  const findings = hint === null ? [] : [finding('CL7022', hint, { resource: 'provider' })];
  const { known } = parseModel(model);
  const active = pool.accounts.filter(
    ({ inRotation, token }) => inRotation && !(token !== null && token.content.broken === null && token.content.disabled),
  );
  const plans = active.map(planOf);
  if (known === null || plans.length === 0 || plans.includes(null)) return findings;
  const named = plans as string[];
  if (named.some((plan) => mayUse(known, plan))) return findings;
  const needs = known.plans === 'pro' ? 'the plan pro' : 'a paid plan';
  const working = modelsFor(named);
  const message = `${model} needs ${needs}, and the active accounts have ${[...new Set(named)].join(', ')}; models that work: ${working.join(', ')}`;
  return [...findings, finding('CL7021', message, { resource: 'provider', fix: `set provider.model: ${working[0]}` })];
}

function ignoreTrouble(error: unknown): null {
  if (error instanceof CodexLinkError || error instanceof MachineError) return null;
  throw error;
}
