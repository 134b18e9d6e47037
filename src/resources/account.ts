import {
  dropRegistry,
  poolNow,
  type Rename,
  rename,
  renamesFor,
  setDefault,
  setNicknames,
  setPaused,
} from '../ccs/account-changes.ts';
import type { Ccs } from '../ccs/ccs.ts';
import { lookUp, type Pool, type PoolAccount } from '../ccs/pool.ts';
import { hasClaude } from '../ccs/sign-in.ts';
import type { DesiredAccount } from '../config/desired.ts';
import type { Machine } from '../machine/machine.ts';
import { accountVerdict, differences, type Standing } from './account-verdict.ts';
import type { OnUndo, Resource } from './resource.ts';

/** Lets the accounts of a run change one after the other. */
export type InTurn = (converge: () => Promise<void>) => Promise<void>;

/** An account of CCS's pool: its nickname, whether it is the default, and whether it is in the rotation. */
export function accountResource(
  wanted: DesiredAccount,
  listed: readonly DesiredAccount[],
  ccs: Ccs,
  inTurn: InTurn,
  dependsOn: readonly string[],
): Resource<Standing> {
  const address = `accounts/${wanted.email}`;

  return {
    kind: 'accounts',
    address,
    // Not on each other: one that fails must not keep the others from being settled.
    dependsOn,

    async read(machine: Machine): Promise<Standing> {
      const [pool, { forcedDefault }, program, claude] = await Promise.all([
        ccs.pool(machine),
        ccs.config(machine),
        ccs.program(machine),
        hasClaude(machine),
      ]);
      return { pool, forcedDefault, installed: program !== null, claude, now: machine.now(), facts: machine.facts };
    },

    diff(standing: Standing) {
      return accountVerdict(standing, wanted, listed, address);
    },

    converge(machine: Machine, { forcedDefault }: Standing, onUndo: OnUndo): Promise<void> {
      return inTurn(() => settle(machine, forcedDefault, onUndo));
    },

    wanted() {
      const { nickname, paused } = wanted;
      return { nickname, default: wanted.default, paused };
    },
  };

  async function settle(machine: Machine, forcedDefault: string | null, onUndo: OnUndo): Promise<void> {
    // Afresh, because other accounts have changed, and CCS may have begun or ended a hold.
    const pool = await poolNow(machine, ccs);
    const found = lookUp(pool, wanted.email);
    if (found.kind !== 'found') return;
    const { account } = found;
    const differs = differences({ pool, forcedDefault }, account, wanted, listed);
    if (pool.registry.state === 'missing') onUndo("the registry of CCS's accounts", (later) => dropRegistry(later, ccs));
    if (differs.nickname !== null) await giveNickname(machine, pool, account, differs.nickname, onUndo);
    if (differs.paused === false) await pause(machine, account, false, onUndo);
    if (differs.becomesDefault) await makeDefault(machine, pool, account, onUndo);
    if (differs.paused === true) {
      // The default never points at a paused account: CCS would choose another one by itself.
      const successor = successorOf(pool, account);
      if (successor?.inRotation === false) await pause(machine, successor, false, onUndo);
      if (successor !== null) await makeDefault(machine, pool, successor, onUndo);
      await pause(machine, account, true, onUndo);
    }
  }

  async function giveNickname(
    machine: Machine,
    pool: Pool,
    account: PoolAccount,
    nickname: string,
    onUndo: OnUndo,
  ): Promise<void> {
    const renames = renamesFor(pool, listed, account, nickname) ?? [];
    const back = renames.map(({ tokenFile, before, after }): Rename => ({ tokenFile, before: after, after: before }));
    onUndo(`the nickname of ${wanted.email}`, (later) => setNicknames(later, ccs, back));
    await rename(machine, ccs, renames);
  }

  async function pause(machine: Machine, { tokenFile, name, inRotation }: PoolAccount, paused: boolean, onUndo: OnUndo) {
    onUndo(`${name} ${inRotation ? 'in' : 'out of'} the rotation`, (later) => setPaused(later, ccs, tokenFile, !inRotation));
    await setPaused(machine, ccs, tokenFile, paused);
  }

  async function makeDefault(machine: Machine, pool: Pool, { tokenFile }: PoolAccount, onUndo: OnUndo): Promise<void> {
    const old = pool.accounts.find((one) => one.isDefault);
    if (old?.tokenFile === tokenFile) return;
    if (old !== undefined) onUndo(`the default account ${old.name}`, (later) => setDefault(later, ccs, old.tokenFile));
    await setDefault(machine, ccs, tokenFile);
  }

  /** The listed default that has to take over from an account that is to be paused; null when there is nothing to take over. */
  function successorOf(pool: Pool, account: PoolAccount): PoolAccount | null {
    const chosen = account.isDefault ? listed.find((one) => one.default) : undefined;
    const found = chosen === undefined ? null : lookUp(pool, chosen.email);
    const next = found?.kind === 'found' ? found.account : null;
    return next === null || next.hold !== null || next.tokenFile === account.tokenFile ? null : next;
  }
}
