import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { isAboutDrift } from '../../diagnostics/drift.ts';
import { noted, readHistory, updateHistory } from '../../drift/history.ts';
import { EXIT_CODES } from '../../drift/run.ts';
import { noteRun } from '../../drift/runs.ts';
import { type Invocation, selectionOf } from '../arguments.ts';
import { type Console, printJson } from '../console.ts';
import { locked } from '../converge.ts';
import { type Drifted, driftRun } from '../drift-run.ts';
import type { Command } from '../main.ts';
import { originOf } from '../origin.ts';
import { openMachine, openSession } from '../session.ts';
import type { Doors } from '../unattended.ts';

/** A plan for a scheduler: silent while all is well, useful when it is not. Never asks anybody. */
export const drift: Command = async ({ flags }, console) => {
  const doors: Doors = {
    selection: selectionOf(flags),
    looking: flags['dry-run'] === true,
    open: (opening) => openSession(flags, opening),
    locked: (opening, action) => locked(flags, 'drift', opening, action),
  };
  const seen = await seenBy(doors, flags, console);
  if (typeof seen === 'number') return seen;
  const { findings: ofReports, sent } = doors.looking ? NOT_SENT : await report(seen);
  const drifted = { ...seen, run: { ...seen.run, findings: [...seen.run.findings, ...ofReports] } };
  const { run } = drifted;
  const changedOnly = flags['changed-only'] === true && !console.json;
  const news = newsOf(drifted);
  const happened = hasHappened(run);
  if (console.json) {
    const { driftJson } = await import('../../report/drift-json.ts');
    const { versions } = await originOf(drifted.session);
    printJson(console, { ...driftJson(run), versions });
  } else if (happened || (news !== '' && (!changedOnly || drifted.before.printed !== news))) {
    const { driftLine, driftText } = await import('../../report/drift-text.ts');
    console.out(console.quiet ? `${driftLine(run)}\n` : driftText(run, console.paint));
  } else if (flags.verbose === true && news === '') {
    const { inSyncLine } = await import('../../report/drift-text.ts');
    console.out(inSyncLine(run));
  }
  if (!doors.looking) await mark(drifted, changedOnly ? news : null, sent);
  return EXIT_CODES[run.outcome];
};

/**
 * A run that fails is remembered too: `status` must not call a machine in sync that nobody could look at since. With `--changed-only` its
 * error is told once, like a drift: then the exit code alone comes back.
 */
async function seenBy(doors: Doors, flags: Invocation['flags'], { json }: Console): Promise<Drifted | number> {
  try {
    return await driftRun(doors);
  } catch (error) {
    if (!(error instanceof CodexLinkError) || error.exitCode === 64 || doors.looking) throw error;
    const { machine } = openMachine(flags);
    const at = new Date(machine.now()).toISOString();
    const failed = { at, durationMs: 0, outcome: 'error', wrong: {}, skipped: [] } as const;
    const remembered = await readHistory(machine);
    // Where drift has never run, a mistyped command is no reason to begin.
    if (remembered.bytes === null) throw error;
    const printed = flags['changed-only'] === true && !json ? error.findings.map(({ message }) => message).join('; ') : null;
    const isFailure = error.exitCode !== 4; // while another run holds the lock nothing has failed
    await updateHistory(machine, remembered, (history) => ({
      ...(isFailure ? noted(history, failed).history : history),
      ...(printed === null ? {} : { printed }),
    }));
    if (isFailure) await noteRun(machine, noted(remembered.history, failed).run);
    if (printed !== null && printed === remembered.history.printed) return error.exitCode;
    throw error;
  }
}

/** A route that is away stands in the digest already, and a run that cannot remember has no news for that. */
const UNDERLYING: readonly string[] = ['CL8002', 'CL8010'];

/** What there is to say, in one line that is the same as long as it is the same; empty while all is well. */
function newsOf(drifted: Drifted): string {
  const { run, digest } = drifted;
  const own = run.findings.filter((one) => isAboutDrift(one.code) && !UNDERLYING.includes(one.code) && one.severity !== 'info');
  return [...(digest === '' ? [] : [digest]), ...new Set(own.map((one) => one.code))].join('; ');
}

/** What the run has done is told whatever was told before. */
function hasHappened(run: Drifted['run']): boolean {
  return run.healed.length > 0 || run.fallback?.move === 'moved' || run.fallback?.move === 'returned';
}

const NOT_SENT = { findings: [], sent: false };

/** The reports of the YAML. A report that fails is a finding and never an error. */
async function report(drifted: Drifted): Promise<{ findings: Drifted['run']['findings']; sent: boolean }> {
  const { desired } = drifted.session;
  if (Object.keys(desired.drift.report).length === 0) return NOT_SENT;
  const { sendReports } = await import('../drift-reports.ts');
  try {
    return await sendReports(drifted);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { findings: [finding('CL8006', `the reports could not be made: ${why}`)], sent: false };
  }
}

/**
 * Remembers what was told, and to whom.
 * @param printed null where nobody relies on its being told once
 */
async function mark({ session, digest, before }: Drifted, printed: string | null, sent: boolean): Promise<void> {
  const isNews = (printed !== null && (before.printed ?? '') !== printed) || (sent && before.sent !== digest);
  if (!isNews) return;
  await updateHistory(session.machine, await readHistory(session.readOnly), (history) => ({
    ...history,
    ...(printed === null ? {} : { printed }),
    ...(sent ? { sent: digest } : {}),
  }));
}
