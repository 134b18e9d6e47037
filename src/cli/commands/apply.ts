import { type ApplyResult, obstacles } from '../../applier/apply.ts';
import type { Plan } from '../../planner/plan.ts';
import { planText } from '../../report/plan-text.ts';
import { changes } from '../../resources/resource.ts';
import { detailOf } from '../arguments.ts';
import { converge, locked, nobodyToAsk, showsPlan } from '../converge.ts';
import { finishLater } from '../finish-later.ts';
import { givenSecret } from '../given-secret.ts';
import type { Command } from '../main.ts';
import { askHidden, confirm } from '../questions.ts';
import { readSavedPlan, refuseStale } from '../saved-plans.ts';
import { planSession } from '../session.ts';
import { offerSignIns } from '../sign-in.ts';

/** Makes the machine what the YAML says. */
export const apply: Command = async ({ operands, flags: typed }, console) => {
  const saved = operands[0] === undefined ? null : await readSavedPlan(operands[0], typed);
  const flags =
    saved === null ? typed : { ...typed, file: saved.file, target: saved.selection.targets, exclude: saved.selection.excludes };
  const agreed = flags.yes === true;
  if (!agreed && !console.interactive) throw nobodyToAsk('apply');
  const given = await givenSecret(flags, 'apply');
  const ask = console.interactive ? askHidden : null;
  return locked(flags, 'apply', { ask, given }, async (session) => {
    const first = await planSession(session, flags);
    const show = async (plan: Plan) => {
      if (showsPlan(plan, console, agreed)) console.out(await planText(plan, console.paint, detailOf(flags)));
    };
    if (saved !== null) await refuseStale(saved, session, first);
    await show(first);
    const plan =
      agreed || saved !== null ? first : await offerSignIns(session, first, console, confirm, () => planSession(session, flags));
    if (plan !== first) await show(plan);
    if (!agreed && isWorthAsking(plan) && !(await confirm('Apply this plan?'))) {
      console.err('Not applied: nothing was changed.\n');
      return 1;
    }
    const settled = (result: ApplyResult) => finishLater(session, flags, result);
    return converge({ session, plan, command: 'apply', remember: {}, settled }, console);
  });
};

/** Nobody is asked about a plan that cannot start, or that would change nothing. */
function isWorthAsking(plan: Plan): boolean {
  return obstacles(plan).length === 0 && plan.resources.some((one) => changes(one.verdict.status));
}
