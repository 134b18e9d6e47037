import { verifyJson } from '../../report/json.ts';
import { verifyText } from '../../report/verify-text.ts';
import { verifyRoute } from '../../verification/checks.ts';
import { runtimeChecks } from '../../verification/runtime-checks.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openSession } from '../session.ts';

/** Checks the route end to end, and looks at the other runtimes of CCS, changing nothing. */
export const verify: Command = async ({ flags }, console) => {
  const { readOnly, desired, platform, ccs } = await openSession(flags);
  const route = await verifyRoute(readOnly, desired, platform, { live: flags.live === true });
  const verification = { ...route, checks: [...route.checks, ...(await runtimeChecks(readOnly, desired, ccs))] };
  if (console.json) printJson(console, verifyJson(verification));
  else console.out(verifyText(verification, console.paint, console.quiet));
  return verification.passed ? 0 : 1;
};
