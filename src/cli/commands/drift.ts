import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { noted, readHistory, updateHistory } from '../../drift/history.ts';
import { EXIT_CODES } from '../../drift/run.ts';
import { type Invocation, selectionOf } from '../arguments.ts';
import { type Console, printJson } from '../console.ts';
import { locked } from '../converge.ts';
import { type Drifted, driftRun } from '../drift-run.ts';
import type { Command } from '../main.ts';
import { openMachine, openSession } from '../session.ts';
import type { Doors } from '../unattended.ts';

/** A plan for a scheduler: silent while all is well, useful when it is not. Never asks anybody. */
export const drift: Command = async ({ flags }, console) => {
  const doors: Doors = {
    selection: selectionOf(flags),
    open: (opening) => openSession(flags, opening),
    locked: (opening, action) => locked(flags, 'drift', opening, action),
  };
  const changedOnly = flags['changed-only'] === true;
  const drifted = await seenBy(doors, flags);
  const { findings: ofReports, sent } = await report(drifted);
  const run = { ...drifted.run, findings: [...drifted.run.findings, ...ofReports] };
  if (console.json) {
    const { driftJson } = await import('../../report/drift-json.ts');
    printJson(console, driftJson(run));
  } else if (isWorthPrinting(drifted, changedOnly)) {
    await print({ ...drifted, run }, console);
  }
  await mark(drifted, changedOnly && !console.json, sent);
  return EXIT_CODES[run.outcome];
};

/** A run that fails is remembered too: `status` must not call a machine in sync that nobody could look at since. */
async function seenBy(doors: Doors, flags: Invocation['flags']): Promise<Drifted> {
  try {
    return await driftRun(doors);
  } catch (error) {
    if (error instanceof CodexLinkError && error.exitCode === 1) {
      const { machine } = openMachine(flags);
      const at = new Date(machine.now()).toISOString();
      const failed = { at, durationMs: 0, outcome: 'error', wrong: {}, skipped: [] } as const;
      await updateHistory(machine, await readHistory(machine), (history) => noted(history, failed));
    }
    throw error;
  }
}

/** With `--changed-only` what was printed once is not printed again; what heal did, and what has just expired, always is. */
function isWorthPrinting({ run, digest, before }: Drifted, changedOnly: boolean): boolean {
  const happened = run.healed.length > 0 || run.fallback?.move === 'moved' || run.fallback?.move === 'returned';
  const own = run.findings.some((one) => one.code.startsWith('CL8') && one.code !== 'CL8010' && one.severity !== 'info');
  if (run.outcome === 'in-sync') return happened || own;
  if (!changedOnly || happened) return true;
  return before.printed !== digest;
}

async function print({ run }: Drifted, console: Console): Promise<void> {
  const { driftText } = await import('../../report/drift-text.ts');
  console.out(driftText(run, console.paint));
}

/** The reports of the YAML. A report that fails is a finding and never an error. */
async function report(drifted: Drifted): Promise<{ findings: Drifted['run']['findings']; sent: boolean }> {
  const { desired } = drifted.session;
  if (Object.keys(desired.drift.report).length === 0) return { findings: [], sent: false };
  const { sendReports } = await import('../drift-reports.ts');
  try {
    return await sendReports(drifted);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { findings: [finding('CL8006', `the reports could not be made: ${why}`)], sent: false };
  }
}

/** Remembers what was told, and to whom. */
async function mark({ session, digest, before }: Drifted, printed: boolean, sent: boolean): Promise<void> {
  const isNews = (printed && before.printed !== digest) || (sent && before.sent !== digest);
  if (!isNews) return;
  await updateHistory(session.machine, await readHistory(session.readOnly), (history) => ({
    ...history,
    ...(printed ? { printed: digest } : {}),
    ...(sent ? { sent: digest } : {}),
  }));
}
