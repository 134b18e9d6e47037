import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import { isLeftOut, makePlan, type Plan } from '../planner/plan.ts';
import { EVERYTHING } from '../planner/selection.ts';
import type { State } from '../planner/state.ts';
import type { World } from '../resources/all.ts';
import { appResource } from '../resources/app.ts';
import type { Resource } from '../resources/resource.ts';
import { type Generation, readGenerations } from './generation.ts';
import { notRolledBack, rollbackResources } from './rollback.ts';

export interface RollbackPlan {
  readonly plan: Plan;
  /** What is to be remembered when it was applied, so that the next plan tells the YAML from drift. */
  readonly applied: State['applied'];
}

/**
 * The way back to what stood there just after a generation; null: before the last one, and 0: before the first. Reads only.
 * Throws `CodexLinkError` for a generation that is not there.
 */
export async function planRollback(
  machine: Machine,
  world: World,
  asked: number | null,
  selection = EVERYTHING,
  notes: readonly Finding[] = [],
): Promise<RollbackPlan> {
  const { desired, platform, state } = world;
  const generations = await readGenerations(machine);
  const number = numberOf(asked, generations);
  const undone = asked === null ? (generations.at(-1) ?? null) : null;
  const to = { generations, number, undone, desired, state };
  const app = appResource(desired, platform, ['helper', 'provider']) as Resource;
  const resources = [...(await rollbackResources(machine, to)), app];
  const findings = [...notes, ...(await notRolledBack(machine, to))];
  // Neither the world nor the YAML has moved: there is no cause to tell.
  const plan = await makePlan(machine, resources, { ...state, applied: {} }, selection, findings);
  const then = generations.findLast((one) => one.number <= number)?.applied ?? {};
  const back = ROLLED_BACK.filter((kind) => !plan.resources.some((one) => one.resource.address === kind && isLeftOut(one)));
  const only = (applied: State['applied'], rolledBack: boolean) =>
    Object.fromEntries(Object.entries(applied).filter(([address]) => back.includes(address) === rolledBack));
  return { plan, applied: { ...only(state.applied, false), ...only(then, true) } };
}

const ROLLED_BACK = ['provider', 'helper'];

function numberOf(asked: number | null, generations: readonly Generation[]): number {
  const [first, last] = [generations[0]?.number, generations.at(-1)?.number];
  if (first === undefined || last === undefined) {
    throw new CodexLinkError(finding('CL0018', 'there is no generation yet: nothing was ever applied here'));
  }
  const number = asked ?? last - 1;
  if (number < first - 1 || number > last) {
    throw new CodexLinkError(finding('CL0018', `there is no generation ${number}: there are ${first - 1} to ${last}`));
  }
  return number;
}
