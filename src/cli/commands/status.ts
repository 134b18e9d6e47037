import { statusJson, statusText } from '../../report/status.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openSession } from '../session.ts';
import { standingOf } from '../standing.ts';

/** How this machine stands, on one screen. Writes nothing, not even that it has looked. */
export const status: Command = async ({ flags }, console) => {
  const standing = await standingOf(await openSession(flags, { unattended: true }));
  if (console.json) printJson(console, statusJson(standing));
  else console.out(statusText(standing, console.paint));
  return 0;
};
