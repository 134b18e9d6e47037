import { obstacles } from '../../applier/apply.ts';
import { planRollback } from '../../generations/rollback-plan.ts';
import { planText } from '../../report/plan-text.ts';
import { detailOf, selectionOf, usage } from '../arguments.ts';
import { converge, dryRun, locked, nobodyToAsk, showsPlan } from '../converge.ts';
import type { Command } from '../main.ts';
import { confirm } from '../questions.ts';
import type { Session } from '../session.ts';

/** Puts the files back to what they were just after a generation; without a number, to before the last one. */
export const rollback: Command = async ({ operands, flags }, console) => {
  const [operand] = operands;
  if (operand !== undefined && !/^\d{1,6}$/.test(operand)) {
    throw usage(`rollback takes the number of a generation, not ${JSON.stringify(operand)}`, 'rollback');
  }
  const number = operand === undefined ? null : Number(operand);
  const selection = selectionOf(flags, 'rollback');
  if (flags['dry-run'] === true) {
    const planned = async (session: Session) =>
      (await planRollback(session.readOnly, session, number, selection, session.notes)).plan;
    return dryRun('rollback', flags, { fromState: true }, planned, console);
  }
  const agreed = flags.yes === true;
  if (!agreed && !console.interactive) throw nobodyToAsk('rollback');
  return locked(flags, 'rollback', { fromState: true }, async (session) => {
    const { plan, applied } = await planRollback(session.readOnly, session, number, selection, session.notes);
    if (showsPlan(plan, console, agreed)) console.out(await planText(plan, console.paint, detailOf(flags)));
    if (plan.outcome !== 'in-sync' && !agreed && obstacles(plan).length === 0 && !(await confirm('Roll back?'))) {
      console.err('Not rolled back: nothing was changed.\n');
      return 1;
    }
    const code = await converge({ session, plan, command: 'rollback', remember: { applied } }, console);
    return code === 2 ? 1 : code;
  });
};
