import { dirname, join } from 'node:path';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import { type Ccs, ccsFolder, lastWords } from './ccs.ts';
import { withRegistryLock } from './locks.ts';
import { lookUp, type Pool, type PoolAccount, readPool } from './pool.ts';
import { type CodexRegistry, hydrate, type RegistryEntry, registryPath, registryText } from './registry.ts';

/** What CCS's commands say when another ccs is at work; they do not wait. Source: CCS 7.79.1, run. */
const BUSY = 'Lock file is already being held';
const PATIENCE_MS = 15_000;
const PAUSE_MS = 300;

/** The pool as it is now, read while nothing of ours changes it. */
export function poolNow(machine: Machine, ccs: Ccs): Promise<Pool> {
  return ccs.alone(() => readPool(machine, ccsFolder(machine)));
}

/**
 * Pauses or resumes an account with CCS's own commands, until CCS and the gateway agree: an account whose token file was moved by hand
 * is active for CCS and gone for the gateway. Throws when CCS did not do it.
 * @param tokenFile what the account is known by; its id may change meanwhile
 */
export async function setPaused(machine: Machine, ccs: Ccs, tokenFile: string, paused: boolean): Promise<void> {
  let account = await registered(machine, ccs, tokenFile);
  if (account.paused === paused && account.inRotation === !paused) return;
  if (account.paused === paused) {
    // For CCS there is nothing to do; the way round makes it move the file.
    await run(machine, ccs, paused ? 'resume' : 'pause', account);
    account = await accountOf(machine, ccs, tokenFile);
  }
  // Without the folder CCS cannot move the file back.
  if (!paused) await machine.makeFolder(join(ccsFolder(machine), 'cliproxy', 'auth'), 0o700);
  const output = await run(machine, ccs, paused ? 'pause' : 'resume', account);
  const after = await accountOf(machine, ccs, tokenFile);
  if (after.paused !== paused || after.inRotation === paused)
    throw notDone(`${after.name} is not ${paused ? 'paused' : 'active'}`, output);
}

/** Makes an account the default. Throws when it did not become it. */
export async function setDefault(machine: Machine, ccs: Ccs, tokenFile: string): Promise<void> {
  const account = await registered(machine, ccs, tokenFile);
  if (account.isDefault) return;
  const output = await run(machine, ccs, 'default', account);
  const after = await accountOf(machine, ccs, tokenFile);
  if (!after.isDefault) throw notDone(`${after.name} is not the default account`, output);
}

/** Gives an account its nickname, and those who trade with it theirs. Throws when somebody else renamed one of them meanwhile. */
export async function rename(machine: Machine, ccs: Ccs, renames: readonly Rename[]): Promise<void> {
  await setNicknames(machine, ccs, renames);
  const pool = await poolNow(machine, ccs);
  const other = renames.find((one) => found(pool, one.tokenFile).nickname !== one.after);
  if (other !== undefined) throw notDone(`somebody else renamed ${found(pool, other.tokenFile).name} at the same time`, '');
}

/**
 * Gives accounts their nicknames, all in one edit, so that two can swap theirs and no moment sees a name twice. CCS has a command for
 * the default account alone, and it needs the Claude CLI. An account that has another nickname than `before` is left alone.
 */
export async function setNicknames(machine: Machine, ccs: Ccs, renames: readonly Rename[]): Promise<void> {
  for (const { tokenFile } of renames) await registered(machine, ccs, tokenFile);
  await editRegistry(machine, ccs, (codex) => {
    const accounts = [...codex.accounts].map(([id, entry]): [string, RegistryEntry] => {
      const rename = renames.find((one) => one.tokenFile === entry.tokenFile && one.before === (entry.nickname ?? ''));
      return [id, rename === undefined ? entry : { ...entry, nickname: rename.after }];
    });
    return { ...codex, accounts: new Map(accounts) };
  });
}

export interface Rename {
  readonly tokenFile: string;
  readonly before: string;
  readonly after: string;
}

/**
 * The renames that one nickname takes: whoever has it now gets the one that is wanted for him, and so on. Null when somebody has it
 * who keeps it.
 */
export function renamesFor(
  pool: Pool,
  wanted: readonly { readonly email: string; readonly nickname: string | null }[],
  account: PoolAccount,
  nickname: string,
): readonly Rename[] | null {
  const renames: Rename[] = [];
  for (let next: { account: PoolAccount; nickname: string } | null = { account, nickname }; next !== null; ) {
    const now: { account: PoolAccount; nickname: string } = next;
    renames.push({ tokenFile: now.account.tokenFile, before: now.account.nickname, after: now.nickname });
    const owner = ownerOf(pool, now.nickname, now.account);
    next = null;
    if (owner === undefined || renames.some((one) => one.tokenFile === owner.tokenFile)) continue;
    const wish = wanted.find((one) => {
      const found = lookUp(pool, one.email);
      return found.kind === 'found' && found.account.tokenFile === owner.tokenFile;
    })?.nickname;
    if (wish === undefined || wish === null || sameName(wish, now.nickname) || sameName(owner.id, now.nickname)) return null;
    next = { account: owner, nickname: wish };
  }
  return renames;
}

/** Who has a name already, as id or as nickname, whatever the case. Source: CCS 7.79.1, cliproxy/accounts/token-file-ops.js */
export function ownerOf(pool: Pool, name: string, besides: PoolAccount): PoolAccount | undefined {
  return pool.accounts.find(
    (one) => one.tokenFile !== besides.tokenFile && (sameName(one.id, name) || sameName(one.nickname, name)),
  );
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * The account, once CCS's commands can work with it: they find an account by its token file, and fail or do nothing when the registry
 * lacks it, has it under an older id, or calls it paused while it is not. Then what CCS sees is written down, as its dashboard does. A
 * corrupt registry is left to CCS to rebuild.
 */
async function registered(machine: Machine, ccs: Ccs, tokenFile: string): Promise<PoolAccount> {
  const pool = await poolNow(machine, ccs);
  const account = found(pool, tokenFile);
  if (account.registered) return account;
  if (pool.registry.state === 'corrupt')
    await run(machine, ccs, 'default', pool.accounts.find((one) => one.isDefault) ?? account);
  else await editRegistry(machine, ccs, (_registered, view) => view);
  return accountOf(machine, ccs, tokenFile);
}

async function accountOf(machine: Machine, ccs: Ccs, tokenFile: string): Promise<PoolAccount> {
  return found(await poolNow(machine, ccs), tokenFile);
}

function found(pool: Pool, tokenFile: string): PoolAccount {
  const account = pool.accounts.find((one) => one.tokenFile === tokenFile);
  if (account === undefined) throw notDone(`the account of ${tokenFile} is gone`, '');
  return account;
}

/** Changes accounts.json under CCS's lock. Nothing is written when nothing differs. */
async function editRegistry(
  machine: Machine,
  ccs: Ccs,
  edit: (registered: CodexRegistry, view: CodexRegistry) => CodexRegistry,
): Promise<void> {
  const folder = ccsFolder(machine);
  await ccs.alone(() =>
    withRegistryLock(machine, folder, async () => {
      const { cliproxy, registry, bytes, view } = await readPool(machine, folder);
      const registeredNow = (registry.state === 'readable' && registry.codex) || view;
      const path = registryPath(cliproxy);
      const after = new TextEncoder().encode(registryText(registry, edit(registeredNow, view)));
      if (bytes !== null && Buffer.compare(bytes, after) === 0) return;
      await machine.makeFolder(dirname(path), 0o700);
      await machine.write(path, after, { mode: 0o600, expect: bytes, undo: 'by-caller' });
    }),
  );
}

/**
 * Takes back that there is a registry, where there was none: only while it says nothing that CCS would not find in the token files by
 * itself.
 */
export async function dropRegistry(machine: Machine, ccs: Ccs): Promise<void> {
  const folder = ccsFolder(machine);
  await ccs.alone(() =>
    withRegistryLock(machine, folder, async () => {
      const { cliproxy, registry, accounts, view } = await readPool(machine, folder);
      const tokens = accounts.flatMap((one) => one.token ?? []);
      const without = hydrate({ state: 'missing' }, tokens, new Set(), new Date(machine.now()).toISOString());
      const otherProviders =
        registry.state === 'readable' && Object.keys(Object(registry.root.providers)).some((one) => one !== 'codex');
      if (!otherProviders && saysTheSame(view, without)) await machine.remove(registryPath(cliproxy));
    }),
  );
}

function saysTheSame(a: CodexRegistry, b: CodexRegistry): boolean {
  const said = ({ default: chosen, accounts }: CodexRegistry) =>
    JSON.stringify([chosen, [...accounts].map(([id, one]) => [id, one.nickname, one.tokenFile, one.paused === true])]);
  return said(a) === said(b);
}

/** Runs `ccs cliproxy VERB`, again and again while another ccs holds the lock. Throws exit 4 when that does not end. */
async function run(machine: Machine, ccs: Ccs, verb: 'default' | 'pause' | 'resume', { id }: PoolAccount): Promise<string> {
  const began = machine.now();
  for (;;) {
    const output = await ccs.run(machine, 'cliproxy', verb, id, '--provider', 'codex');
    if (!output.includes(BUSY)) return output;
    if (machine.now() - began >= PATIENCE_MS) {
      const message = `another ccs has held the lock of the accounts for ${PATIENCE_MS / 1000} s`;
      throw new CodexLinkError(finding('CL7002', message, { fix: 'let the running ccs end' }), 4);
    }
    await machine.sleep(PAUSE_MS);
  }
}

function notDone(what: string, output: string): CodexLinkError {
  return new CodexLinkError(finding('CL7016', `${what}${lastWords(output)}`));
}
