import { verifyJson } from '../../report/json.ts';
import { verifyText } from '../../report/verify-text.ts';
import { verifyRoute } from '../../verification/checks.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openSession } from '../session.ts';

/** Checks the route end to end, changing nothing. */
export const verify: Command = async ({ flags }, console) => {
  const { readOnly, desired, platform } = await openSession(flags);
  const verification = await verifyRoute(readOnly, desired, platform, { live: flags.live === true });
  if (console.json) printJson(console, verifyJson(verification));
  else console.out(verifyText(verification, console.paint, console.quiet));
  return verification.passed ? 0 : 1;
};
