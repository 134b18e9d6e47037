import { readHistory } from '../drift/history.ts';
import { readRuns } from '../drift/runs.ts';
import { readGenerations } from '../generations/generation.ts';
import { makePlan, type Plan } from '../planner/plan.ts';
import { EVERYTHING, type Selection } from '../planner/selection.ts';
import type { Standing } from '../report/status.ts';
import { planWorld } from '../resources/all.ts';
import { appResource } from '../resources/app.ts';
import type { Resource } from '../resources/resource.ts';
import { isFallenBack, type Session } from './session.ts';

/** How the machine of a session stands. Reads only. */
export async function standingOf(session: Session, selection: Selection = EVERYTHING): Promise<Standing> {
  const { readOnly, desired, state } = session;
  const [plan, { history }, runs, generations, pool] = await Promise.all([
    planOf(session, selection),
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
      chosenBy:
        hold !== null
          ? 'use'
          : fallen !== null
            ? 'fallback'
            : session.notes === undefined || session.notes.length === 0
              ? 'yaml'
              : 'state',
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

/** Without a YAML, what was applied is held against the machine; where nothing was, there is nothing to hold. */
function planOf(session: Session, selection: Selection): Promise<Plan> {
  const { readOnly, state, notes = [], desired, platform } = session;
  if (notes.length === 0) return planWorld(readOnly, session, selection);
  if (Object.keys(state.applied).length === 0)
    return makePlan(readOnly, [appResource(desired, platform, []) as Resource], state, selection, notes);
  return planWorld(readOnly, session, selection).then((plan) => ({ ...plan, findings: [...notes, ...plan.findings] }));
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
