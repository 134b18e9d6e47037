/** The lock of CCS's registry, between us and the real CCS. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setNicknames, setPaused } from '../../src/ccs/account-changes.ts';
import { Ccs } from '../../src/ccs/ccs.ts';
import { withRegistryLock } from '../../src/ccs/locks.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { realMachine } from '../core/support/real.ts';
import { type CcsPool, makeCcsPool } from '../support/ccs-pool.ts';
import { asCcs, ccsAccounts } from '../support/ccs-view.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { ccsPath } from '../support/programs.ts';

const ANN = 'ann@example.com';
const FILE = `codex-${ANN}.json`;

let home: FreshHome;
let pool: CcsPool;
let machine: Machine;
beforeEach(async () => {
  home = freshHome();
  pool = await makeCcsPool(home, { accounts: [ANN, 'bob@example.com'] });
  const real = realMachine(home.home);
  machine = Object.assign(real, { facts: { ...real.facts, env: home.env } });
});
afterEach(() => home.dispose());

describe.skipIf(ccsPath() === null)('the lock of the registry', () => {
  test('that we hold stops a ccs, and harms nothing', async () => {
    const before = home.hashTree('.ccs/cliproxy');
    const { exitCode, stdout, stderr } = await withRegistryLock(machine, home.path('.ccs'), () =>
      pool.ccs('cliproxy', 'pause', ANN, '--provider', 'codex'),
    );
    expect([exitCode, `${stdout}${stderr}`]).toEqual([1, expect.stringContaining('Lock file is already being held')]);
    expect(home.hashTree('.ccs/cliproxy')).toEqual(before);
    await pool.ccs('cliproxy', 'pause', ANN, '--provider', 'codex');
    expect((await ccsAccounts(home)).map(({ paused }) => paused)).toEqual([true, false]);
  });

  test('that a ccs holds for a while is waited for, by commands and by edits', async () => {
    const hold = `const release = lockfile.lockSync(process.env.HOME + '/.ccs/cliproxy', { stale: 10000 });
process.stdout.write('held');
setTimeout(() => { release(); process.stdout.write('free'); }, 2000);`;
    const holder = asCcs(home, hold);
    await new Promise((held) => holder.stdout.once('data', held));
    let free = false;
    holder.then(() => {
      free = true;
    });
    const ccs = new Ccs();
    const waited = async (change: Promise<void>) => change.then(() => free);
    const both = await Promise.all([
      waited(setPaused(machine, ccs, FILE, true)),
      waited(setNicknames(machine, ccs, [{ tokenFile: FILE, before: 'ann', after: 'other' }])),
    ]);
    await holder;
    expect(both).toEqual([true, true]);
    expect((await ccsAccounts(home))[0]).toMatchObject({ id: ANN, paused: true, nickname: 'other' });
  });
});
