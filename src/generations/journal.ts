import { otherHolder } from '../applier/lock.ts';
import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { localTimeOf } from '../local-time.ts';
import { type Machine, readText } from '../machine/machine.ts';
import { removeTemporary, removeTemporaryIn } from '../machine/temporary.ts';
import { journalPath, type State, stateFolder, statePath, writeState } from '../planner/state.ts';
import { type ChangedFile, type Generation, generationsFolder, readGeneration, writeGeneration } from './generation.ts';
import { rememberBeginnings, rememberOriginal } from './original.ts';
import { asItIs } from './record.ts';

/**
 * A run that is under way: a generation whose end is not known. It is on the disk before the first change is made, so that a run that
 * was killed is known to the next one. Holds no secret.
 */
export interface JournalEntry extends Omit<Generation, 'files'> {
  /** The files that were about to be changed, as they were before. */
  readonly files: readonly AnnouncedFile[];
  /** That of the state, which the very first run has not written yet. */
  readonly fingerprintKey: string;
}

interface AnnouncedFile extends Omit<ChangedFile, 'after'> {
  /** Fingerprints of what the run was going to make of it, one after the other; null: no file. */
  readonly meant: readonly (string | null)[];
}

export async function writeJournal(machine: Machine, entry: JournalEntry): Promise<void> {
  await machine.makeFolder(stateFolder(machine), 0o700);
  await machine.write(journalPath(machine), new TextEncoder().encode(`${JSON.stringify(entry, null, 2)}\n`), { mode: 0o600 });
}

export async function removeJournal(machine: Machine): Promise<void> {
  await machine.remove(journalPath(machine));
}

/** The run that ended before its time; null when there is none, or when it is still under way. */
export async function interruptedRun(machine: Machine): Promise<JournalEntry | null> {
  const text = await readText(machine, journalPath(machine));
  if (text === null || (await otherHolder(machine)) !== null) return null;
  try {
    const entry = JSON.parse(text) as JournalEntry;
    return entry.version === 1 && Array.isArray(entry.files) ? entry : null;
  } catch {
    return null; // it is written whole or not at all, so this one is not ours
  }
}

/** What to say of it. */
export function interruptedFinding({ command, at, resources }: JournalEntry): Finding {
  const what = resources.map((one) => one.address).join(', ');
  return finding('CL0020', `codex-link ${command} was interrupted, begun ${localTimeOf(at)}; it was to change ${what}`);
}

/**
 * Makes a generation of what an interrupted run left behind, so that it can be rolled back, clears up what it was in the middle of
 * writing, and lets go of its journal. Only under the lock.
 */
export async function settleInterrupted(machine: Machine, world: { desired: Desired; state: State }): Promise<void> {
  for (const folder of [stateFolder(machine), generationsFolder(machine)]) await removeTemporaryIn(machine, folder);
  const interrupted = await interruptedRun(machine);
  if (interrupted === null) return;
  await removeTemporary(
    machine,
    interrupted.files.map(({ path }) => path),
  );
  const { fingerprintKey: _, ...entry } = interrupted;
  const written = await readGeneration(machine, entry.number);
  if (written !== null) {
    // It came as far as its generation; what destroy goes back to is written after it.
    if (written.at === entry.at) await rememberOriginal(machine, written, world.state.applied);
  } else {
    const files = await Promise.all(
      entry.files.map(async (file) => asMeant(await asItIs(machine, world, file.path, file.before), file)),
    );
    const changed = files.filter(({ before, after }) => before?.fingerprint !== after?.fingerprint);
    if (changed.length > 0) await writeGeneration(machine, { ...entry, files: changed }, null);
    // It came no further than its folders, and what is kept outside of files; destroy is to know of them all the same.
    else await rememberBeginnings(machine, entry);
  }
  // The fingerprints in what was just written mean nothing without their key, which the very first run has in its journal alone.
  if ((await machine.stat(statePath(machine))) === null) await writeState(machine, world.state);
  await removeJournal(machine);
}

/** What is neither as the run found it nor as it was going to leave it, somebody else has changed since: that is not for us to take away. */
function asMeant(file: ChangedFile, { meant }: Partial<AnnouncedFile>): ChangedFile {
  const { before, after } = file;
  const now = after?.fingerprint ?? null;
  const last = meant?.at(-1);
  if (meant === undefined || last === undefined || meant.includes(now) || now === (before?.fingerprint ?? null)) return file;
  return { ...file, after: after === null || last === null ? null : { ...after, fingerprint: last } };
}
