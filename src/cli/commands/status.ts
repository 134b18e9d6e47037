import { readHistory } from '../../drift/history.ts';
import { readGenerations } from '../../generations/generation.ts';
import { type Standing, statusJson, statusText } from '../../report/status.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { isFallenBack, openSession, planSession, type Session } from '../session.ts';

/** How this machine stands, on one screen. Writes nothing, not even that it has looked. */
export const status: Command = async ({ flags }, console) => {
  const session = await openSession(flags, { unattended: true });
  const { readOnly, desired, state } = session;
  const [plan, { history }, generations, pool] = await Promise.all([
    planSession(session, flags),
    readHistory(readOnly),
    readGenerations(readOnly).catch(() => []), // `history` tells what is wrong with them
    poolOf(session),
  ]);
  const { hold, fallback, lastApply } = state;
  const standing: Standing = {
    host: session.machine.facts.host,
    os: session.platform.os,
    file: desired.file,
    plan,
    route: {
      active: desired.provider.active,
      provider: desired.provider.active === 'openai' ? 'openai' : desired.provider.id,
      chosenBy: hold !== null ? 'use' : isFallenBack(desired, state) ? 'fallback' : 'yaml',
      since: hold?.since ?? (isFallenBack(desired, state) ? (fallback?.since ?? null) : null),
      why: hold === null && isFallenBack(desired, state) ? (fallback?.why ?? null) : null,
    },
    pool,
    lastApply,
    generation: generations.at(-1)?.number ?? null,
    history,
  };
  if (console.json) printJson(console, statusJson(standing));
  else console.out(statusText(standing, console.paint));
  return 0;
};

/** Null where CCS has no pool here, or it cannot be read: the plan says why. */
async function poolOf({ readOnly, ccs, desired }: Session): Promise<Standing['pool']> {
  if (desired.gateway.manager === 'none') return null;
  try {
    const { accounts } = await ccs.pool(readOnly);
    if (accounts.length === 0) return null;
    return {
      accounts: accounts.length,
      active: accounts.filter((one) => one.inRotation).length,
      held: accounts.filter((one) => one.hold !== null).length,
      default: accounts.find((one) => one.isDefault)?.name ?? null,
    };
  } catch {
    return null;
  }
}
