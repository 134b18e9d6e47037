import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { localTimeOf } from '../local-time.ts';
import { missingFolders, removeEmptyFolders } from '../machine/folders.ts';
import { failedWith, type Machine, MachineError, readText } from '../machine/machine.ts';
import { lockPath, stateFolder } from '../planner/state.ts';

interface Holder {
  readonly pid: number;
  /** Tells the holder from a later process with the same number. */
  readonly start: string | null;
  readonly host: string;
  readonly command: string;
  readonly since: string;
}

/** After this time a half-done take-over is somebody's crash. */
const BREAKING_STALE_MS = 10_000;

/**
 * Takes the one lock of this home folder and returns how to give it back. Throws `CodexLinkError` with exit 4, naming the holder,
 * when another run has it; a lock whose process is gone is taken over.
 */
export async function takeLock(machine: Machine, command: string): Promise<() => Promise<void>> {
  const path = lockPath(machine);
  const { pid, host } = machine.facts;
  const mine: Holder = {
    pid,
    start: await machine.processStart(pid),
    host,
    command,
    since: new Date(machine.now()).toISOString(),
  };
  const bytes = new TextEncoder().encode(`${JSON.stringify(mine)}\n`);
  let made: string[] = [];
  try {
    made = await missingFolders(machine, stateFolder(machine));
    for (let attempt = 0; attempt < 3; attempt++) {
      await machine.makeFolder(stateFolder(machine), 0o700);
      if (await claimed(machine, path, bytes)) {
        return () => givenBack(machine, path, made);
      }
      const text = await readText(machine, path);
      if (text === null) continue; // given back in this very moment
      const holder = parse(text);
      if (holder !== null && (await isAlive(machine, holder))) throw held(holder, path);
      await breakStale(machine, path, text);
    }
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    await removeEmptyFolders(machine, made).catch(() => {});
    throw new CodexLinkError(finding('CL0007', `the lock cannot be taken: ${error.message}`, { file: path }), 1, {
      cause: error,
    });
  }
  throw held(null, path);
}

/** A run that changed nothing leaves no trace. A lock that cannot be removed is worth nothing once this process has ended. */
async function givenBack(machine: Machine, path: string, folders: readonly string[]): Promise<void> {
  try {
    await machine.remove(path);
    await removeEmptyFolders(machine, folders);
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
  }
}

/** Another run that has the lock now, for those that only look; null when there is none. */
export async function otherHolder(machine: Machine): Promise<{ readonly command: string } | null> {
  const text = await readText(machine, lockPath(machine));
  const holder = text === null ? null : parse(text);
  if (holder === null || !(await isAlive(machine, holder))) return null;
  return holder.pid === machine.facts.pid && holder.host === machine.facts.host ? null : holder;
}

/** False also when another run has just taken the empty folder away. */
async function claimed(machine: Machine, path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    return await machine.create(path, bytes, 0o600);
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Removes a dead process's lock. Two runs that find it at once must not both win, hence a lock for the removal itself. */
async function breakStale(machine: Machine, path: string, seen: string): Promise<void> {
  const breaking = `${path}.breaking`;
  const alone = await claimed(machine, breaking, new Uint8Array());
  if (!alone) {
    const age = machine.now() - ((await machine.stat(breaking))?.modified ?? machine.now());
    // One from the future was made before the clock was put back.
    if (Math.abs(age) > BREAKING_STALE_MS) await machine.remove(breaking);
    else await machine.sleep(50);
    return;
  }
  try {
    if ((await readText(machine, path)) === seen) await machine.remove(path);
  } finally {
    await machine.remove(breaking);
  }
}

async function isAlive(machine: Machine, holder: Holder): Promise<boolean> {
  // Over a shared home folder the other machine's processes cannot be looked at: believe the lock.
  if (holder.host !== machine.facts.host) return true;
  const start = await machine.processStart(holder.pid);
  if (start === null || (holder.start !== null && start !== holder.start)) return false;
  return !(await machine.isYounger(holder.pid, Date.parse(holder.since)));
}

function parse(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Holder;
    return typeof value.pid === 'number' ? value : null;
  } catch {
    return null;
  }
}

function held(holder: Holder | null, path: string): CodexLinkError {
  const who =
    holder === null
      ? 'another run'
      : `codex-link ${holder.command} (process ${holder.pid} on ${holder.host}, since ${localTimeOf(holder.since)})`;
  return new CodexLinkError(finding('CL0003', `the lock is held by ${who}`, { file: path }), 4);
}
