import { obstacles } from '../../applier/apply.ts';
import { makePlan, type Plan } from '../../planner/plan.ts';
import { planText } from '../../report/plan-text.ts';
import { allResources, general } from '../../resources/all.ts';
import type { Kind } from '../../resources/resource.ts';
import { detailOf, type Invocation, selectionOf } from '../arguments.ts';
import { converge, dryRun, locked, nobodyToAsk, showsPlan } from '../converge.ts';
import type { Command } from '../main.ts';
import { confirm } from '../questions.ts';
import type { Session } from '../session.ts';

/** What a key passes on its way to the App. */
const TOUCHED: readonly Kind[] = [
  ...(['gateway', 'gateway-key', 'secret', 'helper', 'dotenv', 'environment'] as const),
  ...(['provider', 'verification', 'app'] as const),
];

/** Replaces the gateway's key: the new one works beside the old one until the route is proved, then the old one is withdrawn. */
export const rotate: Command = async ({ flags }, console) => {
  if (flags['dry-run'] === true)
    return dryRun('rotate', flags, { rotate: true }, (session) => planRotation(session, flags), console);
  const agreed = flags.yes === true;
  if (!agreed && !console.interactive) throw nobodyToAsk('rotate');
  return locked(flags, 'rotate', { rotate: true }, async (session) => {
    const plan = await planRotation(session, flags);
    if (showsPlan(plan, console, agreed)) console.out(await planText(plan, console.paint, detailOf(flags)));
    if (!agreed && obstacles(plan).length === 0 && !(await confirm('Replace the key?'))) {
      console.err('Not rotated: nothing was changed.\n');
      return 1;
    }
    const code = await converge({ session, plan, command: 'rotate', remember: {} }, console);
    return code === 2 ? 1 : code;
  });
};

async function planRotation(session: Session, flags: Invocation['flags']): Promise<Plan> {
  const { readOnly, state } = session;
  const resources = (await allResources(readOnly, session)).filter((one) => TOUCHED.includes(one.kind));
  const plan = await makePlan(readOnly, resources, state, selectionOf(flags, 'rotate'), general(readOnly, session));
  // That the key is the one of every installation is what is being mended.
  return { ...plan, findings: plan.findings.filter(({ code }) => code !== 'CL4010') };
}
