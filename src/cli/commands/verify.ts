import { verifyJson } from '../../report/json.ts';
import { verifyText } from '../../report/verify-text.ts';
import { verifyRoute } from '../../verification/checks.ts';
import { runtimeChecks } from '../../verification/runtime-checks.ts';
import { usage } from '../arguments.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openSession } from '../session.ts';

/** Checks the route end to end, and looks at the other runtimes of CCS, changing nothing. */
export const verify: Command = async ({ flags }, console) => {
  if (flags.out !== undefined && flags.report !== true) throw usage('--out needs --report', 'verify');
  const session = await openSession(flags);
  const { readOnly, desired, platform, ccs } = session;
  const route = await verifyRoute(readOnly, desired, platform, { live: flags.live === true });
  const verification = { ...route, checks: [...route.checks, ...(await runtimeChecks(readOnly, desired, ccs))] };
  if (console.json) printJson(console, verifyJson(verification));
  else console.out(verifyText(verification, console.paint, console.quiet));
  if (flags.report === true) {
    const { writeMachineReport } = await import('../machine-report.ts');
    const path = await writeMachineReport(session, flags, verification);
    if (!console.json) console.out(`The report is in ${path}. Read it before you pass it on.\n`);
  }
  return verification.passed ? 0 : 1;
};
