import { resolve } from 'node:path';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { crypto } from '../machine/builtins.ts';
import { failedWith, readText } from '../machine/machine.ts';
import type { Plan } from '../planner/plan.ts';
import { parseSavedPlan, type SavedPlan, savePlan, staleness } from '../planner/saved-plan.ts';
import { type Invocation, selectionOf, usage } from './arguments.ts';
import { openMachine, type Session } from './session.ts';

/** Writes the plan to the file of `--out`, for its owner alone. */
export async function writeSavedPlan(file: string, session: Session, flags: Invocation['flags'], plan: Plan): Promise<void> {
  const { machine, readOnly, reads, desired } = session;
  if (desired.file === '-') throw usage('a plan from standard input cannot be saved: apply could not read it again', 'plan');
  const salt = crypto().randomBytes(16).toString('hex');
  const selection = selectionOf(flags);
  const saved = await savePlan({ machine: readOnly, plan, paths: reads, file: desired.file, selection, salt });
  const path = resolve(machine.facts.cwd, file);
  await machine.write(path, new TextEncoder().encode(`${JSON.stringify(saved, null, 2)}\n`), { mode: 0o600 });
}

/** Reads a saved plan. Throws `CodexLinkError` when there is none in the file. */
export async function readSavedPlan(file: string, flags: Invocation['flags']): Promise<SavedPlan> {
  for (const flag of ['file', 'target', 'exclude'] as const) {
    if (flags[flag] !== undefined) throw usage(`--${flag} is part of the saved plan already`, 'apply');
  }
  const { readOnly } = openMachine(flags);
  const path = resolve(readOnly.facts.cwd, file);
  const text = await readText(readOnly, path).catch((error: unknown) => {
    if (failedWith(error, 'EILSEQ', 'EISDIR')) return '';
    throw error;
  });
  if (text === null) throw new CodexLinkError(finding('CL0022', `there is no saved plan ${path}`, { file: path }));
  const saved = parseSavedPlan(text);
  if (saved === null) throw new CodexLinkError(finding('CL0022', `${path} is no saved plan`, { file: path }));
  return saved;
}

/** Refuses with exit 4 when anything that the plan was made from, or the plan itself, is not as it was. */
export async function refuseStale(saved: SavedPlan, { readOnly, reads, desired }: Session, plan: Plan): Promise<void> {
  const { selection, salt } = saved;
  const now = await savePlan({ machine: readOnly, plan, paths: reads, file: desired.file, selection, salt });
  const lines = staleness(saved, now);
  if (lines.length === 0) return;
  throw new CodexLinkError(
    lines.map((line) => finding('CL0023', `the saved plan is stale: ${line}`)),
    4,
  );
}
