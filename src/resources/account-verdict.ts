import { basename, join } from 'node:path';
import { ownerOf, renamesFor } from '../ccs/account-changes.ts';
import { holdText } from '../ccs/holds.ts';
import { type Lookup, lookUp, type Pool, type PoolAccount } from '../ccs/pool.ts';
import { signInCommand } from '../ccs/sign-in.ts';
import type { DesiredAccount } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Facts } from '../machine/machine.ts';
import { typed } from '../platform/typed.ts';
import { planOf, tokenHealth } from './account-health.ts';
import { type ValueChange, type Verdict, verdict } from './resource.ts';

const INSTALL = 'npm install -g @kaitranntt/ccs';

/** What the verdict on an account rests on. */
export interface Standing {
  readonly pool: Pool;
  /** Id of the account that a person has told CCS to use whatever the default. */
  readonly forcedDefault: string | null;
  /** Whether there is a ccs to change anything with. */
  readonly installed: boolean;
  /** Whether CCS finds the Claude CLI. */
  readonly claude: boolean;
  /** Where commands are typed. */
  readonly facts: Pick<Facts, 'os' | 'env'>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What has to change, and what differs but is CCS's own doing for the time being. */
export interface Differences {
  /** The wanted nickname; null when there is nothing to change. */
  readonly nickname: string | null;
  readonly becomesDefault: boolean;
  /** The wanted state; null when there is nothing to change. */
  readonly paused: boolean | null;
  readonly held: readonly string[];
}

export function differences(
  { pool, forcedDefault }: Pick<Standing, 'pool' | 'forcedDefault'>,
  account: PoolAccount,
  wanted: DesiredAccount,
  listed: readonly DesiredAccount[],
): Differences {
  const { hold } = account;
  const held: string[] = [];
  const isSettled = account.paused === wanted.paused && account.inRotation === !wanted.paused;
  let paused = isSettled ? null : wanted.paused;
  if (hold !== null) {
    held.push(holdText(hold));
    paused = null;
  }
  let becomesDefault = wanted.default && !account.isDefault;
  const chosen = pool.accounts.find((one) => one.isDefault);
  if (becomesDefault && chosen !== undefined && hold !== null) {
    held.push(`the default is ${chosen.name} meanwhile`);
    becomesDefault = false;
  } else if (becomesDefault && chosen !== undefined && chosen.id === forcedDefault) {
    held.push(`CCS is set to ${chosen.name} by quota_management.manual.forced_default`);
    becomesDefault = false;
  }
  const nickname = wanted.nickname !== null && wanted.nickname !== account.nickname ? wanted.nickname : null;
  // Two accounts that trade nicknames do so in one step, whichever comes first.
  const isFree = nickname === null || renamesFor(pool, listed, account, nickname) !== null;
  return { nickname: isFree ? nickname : null, becomesDefault, paused, held };
}

/** Pure: the whole verdict on one account. */
export function accountVerdict(
  standing: Standing,
  wanted: DesiredAccount,
  listed: readonly DesiredAccount[],
  address: string,
): Verdict {
  const found = lookUp(standing.pool, wanted.email);
  if (found.kind !== 'found') return notThere(standing, wanted, found, address);
  const { account } = found;
  const { pool, forcedDefault, installed, now } = standing;
  const differs = differences(standing, account, wanted, listed);
  const findings = [
    ...heldFindings(differs, account, address),
    ...tokenHealth(account, address, now),
    ...(wanted.default && forcedDefault !== null && account.isDefault && forcedDefault !== account.id
      ? [finding('CL7024', `CCS uses ${forcedDefault} whatever the default, by forced_default`, { resource: address })]
      : []),
  ];
  const stop = (one: Finding) => verdict('manual', one.message, { command: one.fix, findings: [...findings, one] });

  const twice = listed.find(({ email }) => email !== wanted.email && isSame(pool, email, account));
  if (twice !== undefined) {
    const message = `${wanted.email} and ${twice.email} are one and the same account, ${account.name}`;
    return stop(finding('CL7011', message, { resource: address, fix: 'list it once' }));
  }
  const owner = wanted.nickname === null ? undefined : ownerOf(pool, wanted.nickname, account);
  if (wanted.nickname !== null && wanted.nickname !== account.nickname && differs.nickname === null) {
    const message = `the nickname ${wanted.nickname} for ${wanted.email} is the name of ${owner?.name ?? 'another account'} already`;
    return stop(finding('CL7012', message, { resource: address }));
  }
  if (differs.paused === true && account.isDefault) {
    const missing = noSuccessor(pool, listed, account);
    if (missing !== null) return verdict('deferred', missing, { findings });
  }
  const changes = changesOf(differs, account);
  if (changes.length === 0) return verdict('in-sync', standingText(account, differs), { findings });
  if (!installed && (differs.paused !== null || differs.becomesDefault)) {
    return stop(
      finding('CL7001', `${reasonOf(differs, account)}; ccs is not installed`, {
        resource: address,
        severity: 'warning',
        fix: INSTALL,
      }),
    );
  }
  const consequences = consequencesOf(differs, account, listed);
  return verdict('update', [reasonOf(differs, account), ...differs.held].join('; '), { changes, findings, consequences });
}

function isSame(pool: Pool, email: string, account: PoolAccount): boolean {
  const found = lookUp(pool, email);
  return found.kind === 'found' && found.account.tokenFile === account.tokenFile;
}

function notThere(
  { pool, installed, claude, facts }: Standing,
  wanted: DesiredAccount,
  found: Exclude<Lookup, { kind: 'found' }>,
  address: string,
): Verdict {
  const stop = (one: Finding) => verdict('manual', one.message, { command: one.fix, findings: [one] });
  if (found.kind === 'ambiguous') {
    const names = found.names.join(', ');
    const message = wanted.email.includes('#')
      ? `CCS has no account ${wanted.email}; with this e-mail it has ${names}`
      : `${wanted.email} has several accounts in CCS: ${names}`;
    return stop(finding('CL7011', message, { resource: address, fix: `write one of these as its email: ${names}` }));
  }
  const bare = wanted.email.toLowerCase().split('#')[0];
  const stray = pool.strays.find(
    ({ content, place }) => place === 'auth-paused' && content.broken === null && content.email?.toLowerCase() === bare,
  );
  if (stray !== undefined) {
    const message = `the token file of ${wanted.email} is among the paused ones, but CCS's registry does not name it`;
    const fix = typed(facts.os).move(stray.path, join(pool.cliproxy, 'auth', basename(stray.path)));
    return stop(finding('CL7025', message, { resource: address, file: stray.path, fix }));
  }
  const fix = typed(facts.os).inTurn(...(installed ? [] : [INSTALL]), signInCommand(facts, claude));
  return stop(finding('CL7010', `${wanted.email} is not in the pool: its owner has to sign in`, { resource: address, fix }));
}

/** Why the default account cannot be paused now; null when it can. */
function noSuccessor(pool: Pool, listed: readonly DesiredAccount[], account: PoolAccount): string | null {
  const next = listed.find((one) => one.default);
  if (next === undefined) return null;
  const found = lookUp(pool, next.email);
  const stays = `${account.name} is paused once ${next.email} is the default`;
  if (found.kind !== 'found') return `${stays}, which is not in the pool yet`;
  return found.account.hold === null ? null : `${stays}, which is ${holdText(found.account.hold)}`;
}

function heldFindings({ held }: Differences, account: PoolAccount, resource: string): Finding[] {
  return held.length === 0 ? [] : [finding('CL7014', `${account.name}: ${held.join('; ')}`, { resource })];
}

function changesOf({ nickname, becomesDefault, paused }: Differences, account: PoolAccount): ValueChange[] {
  const change = (path: string, before: string | boolean, after: string | boolean) => ({ path, before, after, sensitive: false });
  return [
    ...(nickname === null ? [] : [change('nickname', account.nickname, nickname)]),
    ...(becomesDefault ? [change('default', false, true)] : []),
    ...(paused === null ? [] : [change('paused', !paused, paused)]),
  ];
}

function reasonOf({ nickname, becomesDefault, paused }: Differences, account: PoolAccount): string {
  const isSplit = account.paused === account.inRotation;
  return [
    ...(nickname === null ? [] : [`its nickname is ${account.nickname || 'empty'}, wanted ${nickname}`]),
    ...(becomesDefault ? ['it is not the default'] : []),
    ...(paused === null
      ? []
      : [isSplit ? splitText(account) : paused ? 'it is active, wanted paused' : 'it is paused, wanted active']),
  ].join('; ');
}

function splitText({ paused }: PoolAccount): string {
  return paused
    ? 'CCS calls it paused, but its token file is where the gateway uses it'
    : 'CCS calls it active, but its token file is where the gateway does not see it';
}

/** How an account stands that needs nothing, for `plan -v`. */
function standingText(account: PoolAccount, { held }: Differences): string {
  const plan = planOf(account);
  const words = [
    account.paused ? 'paused' : 'active',
    ...(account.isDefault ? ['the default'] : []),
    ...(account.nickname === '' ? [] : [`nickname ${account.nickname}`]),
    plan === null ? 'plan not known' : `plan ${plan}`,
    ...held,
  ];
  return words.join(', ');
}

function consequencesOf({ paused }: Differences, account: PoolAccount, listed: readonly DesiredAccount[]): string[] {
  const isLeft = paused === true && account.isDefault && !listed.some((one) => one.default);
  return isLeft ? ['it is the default account; CCS chooses another one when it next starts a session'] : [];
}
