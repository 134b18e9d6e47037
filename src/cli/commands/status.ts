import { isAboutSelection } from '../../planner/selection.ts';
import { findingsText } from '../../report/findings-text.ts';
import { statusJson, statusText } from '../../report/status.ts';
import { selectionOf } from '../arguments.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openSession, type Session } from '../session.ts';
import { standingOf } from '../standing.ts';

/** How this machine stands, on one screen. Writes nothing, not even that it has looked. */
export const status: Command = async ({ flags }, console) => {
  const open = (fromState: boolean): Promise<Session> => openSession(flags, { unattended: true, fromState });
  const session = await open(false).catch(async (error: unknown) => {
    const { isNoYaml } = await import('../from-state.ts');
    if (isNoYaml(error)) return open(true);
    throw error;
  });
  const standing = await standingOf(session, selectionOf(flags));
  if (console.json) printJson(console, statusJson(standing));
  else {
    console.err(findingsText(standing.plan.findings.filter(isAboutSelection), console.paintError));
    console.out(statusText(standing, console.paint, console.quiet));
  }
  return 0;
};
