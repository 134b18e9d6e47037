import { obstacles } from '../../applier/apply.ts';
import { forgetEverything, planDestroy } from '../../generations/destroy-plan.ts';
import { isLeftOut, type Plan, type PlannedResource } from '../../planner/plan.ts';
import { planText } from '../../report/plan-text.ts';
import { detailOf, selectionOf } from '../arguments.ts';
import { converge, dryRun, locked, nobodyToAsk, showsPlan } from '../converge.ts';
import type { Command } from '../main.ts';
import { confirm } from '../questions.ts';
import { openMachine, type Session } from '../session.ts';

/** Releases everything: what was there before the first apply is there again, wherever nobody else has touched it since. */
export const destroy: Command = async ({ flags }, console) => {
  if (flags['dry-run'] === true) {
    const planned = async (session: Session) =>
      (await planDestroy(session.readOnly, session, flags.purge === true, selectionOf(flags, 'destroy'), session.notes)).plan;
    return dryRun('destroy', flags, { fromState: true }, planned, console);
  }
  const agreed = flags.yes === true;
  if (!agreed && !console.interactive) throw nobodyToAsk('destroy');
  let left: readonly string[] | null = null;
  const code = await locked(flags, 'destroy', { fromState: true }, async (session) => {
    const { plan, whole, folders } = await planDestroy(
      session.readOnly,
      session,
      flags.purge === true,
      selectionOf(flags, 'destroy'),
      session.notes,
    );
    if (showsPlan(plan, console, agreed)) console.out(await planText(plan, console.paint, detailOf(flags)));
    if (!agreed && obstacles(plan).length === 0 && !(await confirm('Release everything?'))) {
      console.err('Not released: nothing was changed.\n');
      return 1;
    }
    const remember = { applied: whole ? {} : stillApplied(session, plan), ...(partly(plan) ? {} : { hold: null }) };
    const ended = await converge({ session, plan, command: 'destroy', remember }, console);
    if (ended === 0) await session.platform.later?.withdraw(session.machine);
    if (ended === 0 && whole) left = [...session.newFolders, ...folders];
    return ended === 2 ? 1 : ended;
  });
  if (left !== null) await forgetEverything(openMachine(flags).machine, left);
  return code;
};

/** True when `--target` or `--exclude` has left something out: then only what was chosen is released, and the rest stays managed. */
function partly(plan: Plan): boolean {
  return plan.resources.some(isLeftOut);
}

function stillApplied({ state }: Session, plan: Plan): Session['state']['applied'] {
  const isReleased = partly(plan)
    ? (one: PlannedResource) => !isLeftOut(one)
    : (one: PlannedResource) => one.verdict.status === 'delete';
  const released = plan.resources.filter(isReleased).map((one) => one.resource.address);
  return Object.fromEntries(Object.entries(state.applied).filter(([address]) => !released.includes(address)));
}
