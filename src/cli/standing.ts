import { readHistory } from '../drift/history.ts';
import { readRuns } from '../drift/runs.ts';
import { readGenerations } from '../generations/generation.ts';
import { EVERYTHING, type Selection } from '../planner/selection.ts';
import type { Standing } from '../report/status.ts';
import { planWorld } from '../resources/all.ts';
import { isFallenBack, type Session } from './session.ts';

/** How the machine of a session stands. Reads only. */
export async function standingOf(session: Session, selection: Selection = EVERYTHING): Promise<Standing> {
  const { readOnly, desired, state } = session;
  const [plan, { history }, runs, generations, pool] = await Promise.all([
    planWorld(readOnly, session, selection),
    readHistory(readOnly),
    readRuns(readOnly),
    readGenerations(readOnly).catch(() => []), // `history` tells what is wrong with them
    poolOf(session),
  ]);
  const { hold, fallback, lastApply } = state;
  const fallen = hold === null && isFallenBack(desired, state) ? fallback : null;
  return {
    host: session.machine.facts.host,
    os: session.platform.os,
    file: desired.file,
    plan,
    targeted: selection.targets.length > 0,
    route: {
      active: desired.provider.active,
      provider: desired.provider.active === 'openai' ? 'openai' : desired.provider.id,
      chosenBy: hold !== null ? 'use' : fallen !== null ? 'fallback' : 'yaml',
      since: hold?.since ?? fallen?.since ?? null,
      why: fallen?.why ?? null,
    },
    pool,
    lastApply,
    generation: generations.at(-1)?.number ?? null,
    history,
    runs,
  };
}

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
