import { expect, test } from 'vitest';
import { Ccs } from '../../../src/ccs/ccs.ts';
import { missingAccounts, offerSignIns } from '../../../src/cli/sign-in.ts';
import type { Command } from '../../../src/machine/machine.ts';
import { desired } from '../support/desired.ts';
import { type Made, placePool } from '../support/pool.ts';
import { CCS, exit, planOf, world } from '../support/world.ts';

const ANN = 'ann@example.com';
const BOB = 'bob@example.com';
const EVE = 'eve@example.com';

/** A person who answers in turn, and a sign-in that brings these accounts in turn; null is one that failed. */
async function offered(answers: readonly boolean[], brings: readonly (string | null)[], interactive = true, ccsIsThere = true) {
  const { machine } = world();
  const here: Made[] = [{ email: EVE }];
  placePool(machine, here);
  if (!ccsIsThere) await machine.remove(CCS);
  const asked: string[] = [];
  const ran: Command[] = [];
  const said: string[] = [];
  const signIn = (command: Command) => {
    if (command.args?.includes('start')) return exit(0, '[OK]');
    const email = brings[ran.push(command) - 1];
    if (!email) return exit(1);
    here.push({ email });
    placePool(machine, here);
    machine.programs.set(CCS, signIn);
    return exit(0);
  };
  machine.programs.set(CCS, signIn);
  const accounts = [ANN, BOB, EVE].map((email) => ({ email, nickname: null, default: false, paused: false }));
  const wanted = desired({ rest: { accounts } });
  const plan = await planOf(machine, wanted);
  const after = await offerSignIns(
    { machine, ccs: new Ccs() },
    plan,
    { interactive, err: (text) => void said.push(text) },
    async (question) => answers[asked.push(question) - 1] ?? false,
    () => planOf(machine, wanted),
  );
  return { asked, ran, said, missing: missingAccounts(after), isNew: after !== plan };
}

const question = (email: string) =>
  `Sign in to ${email} now? (runs: ccs cliproxy start && CCS_CLAUDE_PATH=/bin/true ccs codex --auth --add)`;

test('each missing account is asked about, and the plan is made anew', async () => {
  const { asked, ran, missing, isNew } = await offered([true, true], [ANN, BOB]);
  expect([asked, missing, isNew]).toEqual([[question(ANN), question(BOB)], [], true]);
  expect(ran[0]).toMatchObject({
    file: CCS,
    args: ['codex', '--auth', '--add'],
    attached: true,
    effect: 'write',
    env: { CCS_CLAUDE_PATH: '/bin/true' },
  });
});

test('no is no', async () => {
  const { ran, missing, isNew } = await offered([false, false], []);
  expect([ran, missing, isNew]).toEqual([[], [ANN, BOB], false]);
});

test('who signs in as somebody else is believed, and not asked again', async () => {
  const { asked, said, missing } = await offered([true], [BOB]);
  expect([asked, missing]).toEqual([[question(ANN)], [ANN]]);
  expect(said.join('')).toContain(`${ANN} is still not in the pool`);
});

test('a sign-in that fails stops nothing', async () => {
  const { asked, said, missing } = await offered([true, true], [null, BOB]);
  expect([asked.length, missing, said.length]).toEqual([2, [ANN], 1]);
});

test('nobody is asked without a terminal, or without a ccs', async () => {
  expect(await offered([true], [ANN], false)).toMatchObject({ asked: [], ran: [], isNew: false });
  expect(await offered([true], [ANN], true, false)).toMatchObject({ asked: [], ran: [], isNew: false });
});
