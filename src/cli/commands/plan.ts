import type { Plan } from '../../planner/plan.ts';
import { planJson } from '../../report/json.ts';
import { planText } from '../../report/plan-text.ts';
import { detailOf } from '../arguments.ts';
import { printJson } from '../console.ts';
import { givenSecret } from '../given-secret.ts';
import type { Command } from '../main.ts';
import { originOf } from '../origin.ts';
import { writeSavedPlan } from '../saved-plans.ts';
import { openSession, planSession } from '../session.ts';

/** Shows what would change. */
export const plan: Command = async ({ flags }, console) => {
  const given = await givenSecret(flags, 'plan');
  const session = await openSession(flags, { given });
  const made = await planSession(session, flags);
  if (flags.out !== undefined) await writeSavedPlan(String(flags.out), session, flags, made);
  if (console.json) {
    printJson(console, await planJson(made, session.platform.os, await originOf(session)));
  } else {
    console.out(await planText(made, console.paint, detailOf(flags)));
  }
  return exitCode(made, flags['detailed-exitcode'] === true);
};

/** A bare plan exits 0 whatever there is to do, so that scripts go on; but a file that nobody could read is an error. */
function exitCode(made: Plan, detailed: boolean): number {
  if (detailed) return { 'in-sync': 0, changes: 2, unknown: 3 }[made.outcome];
  return made.resources.some(
    (one) => one.verdict.status === 'unknown' && one.verdict.findings.some(({ severity }) => severity === 'error'),
  )
    ? 1
    : 0;
}
