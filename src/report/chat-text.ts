import { isAboutDrift } from '../diagnostics/drift.ts';
import type { DriftRun } from '../drift/run.ts';
import { localTimeOf } from '../local-time.ts';
import { driftLine } from './drift-text.ts';
import { printable } from './terminal.ts';

/** Chats cut what is longer, or refuse it. In characters. */
const LONGEST = 3000;

/**
 * What a chat is told of a run: one line, and one for each resource that differs. It leaves the machine, so it carries no values, and of
 * e-mail addresses and the home folder no more than it takes to tell them apart.
 */
export function chatText(run: DriftRun, home: string): string {
  const lines = run.resources
    .filter((one) => one.drifted)
    .map((one) => {
      const who = one.writer === null || one.writer === 'unknown' ? '' : `, by ${one.writer}`;
      const since = one.since === null ? '' : ` since ${localTimeOf(one.since)}`;
      const next = one.command === null ? '' : ` (${one.command})`;
      return `• ${one.address}${who}${since}: ${one.reason}${next}`;
    });
  const own = run.findings.filter((one) => isAboutDrift(one.code) && one.severity === 'warning').map((one) => `• ${one.message}`);
  return redacted(printable([driftLine(run), ...lines, ...own].join('\n')), home).slice(0, LONGEST);
}

/** Exported for its test. */
export function redacted(text: string, home: string): string {
  const short = text.replace(/([\p{L}\p{N}])[\p{L}\p{N}._%+-]*@(?=[\p{L}\p{N}-]+\.)/gu, '$1…@');
  return home.length > 1 ? short.replaceAll(home, '~') : short;
}
