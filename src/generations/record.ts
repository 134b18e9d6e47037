import { join, sep } from 'node:path';
import type { Journal } from '../applier/undo.ts';
import { configPath } from '../codex/home.ts';
import { sensitiveValues } from '../codex/sensitive.ts';
import type { Desired } from '../config/desired.ts';
import { followLinks } from '../machine/links.ts';
import { decodeUtf8, type Machine, readBytes } from '../machine/machine.ts';
import { removeTemporary } from '../machine/temporary.ts';
import { type State, stateFolder } from '../planner/state.ts';
import { Secret } from '../secret.ts';
import { parseToml } from '../toml/read.ts';
import { toldText } from './belongings.ts';
import { type ChangedFile, type Generation, nextNumber, type Snapshot, writeGeneration } from './generation.ts';
import { type JournalEntry, removeJournal, writeJournal } from './journal.ts';
import { belongingsOf, readOriginal } from './original.ts';
import { type Sealed, seal } from './sealed.ts';

declare const CODEX_LINK_VERSION: string;

/** What a run is going to do. */
export interface Run extends Pick<Generation, 'command' | 'resources' | 'applied' | 'folders'> {
  readonly desired: Desired;
  readonly state: State;
}

/**
 * Keeps what a run changes: in the journal, synced before each change, and when all went well as the next generation. Holds no secret,
 * and the files of codex-link's own state are no part of it.
 */
export class Recorder implements Journal {
  readonly #machine: Machine;
  readonly #run: Run;
  readonly #before = new Map<string, Snapshot | null>();
  readonly #meant = new Map<string, (string | null)[]>();
  readonly #folders: string[];
  #entry: Promise<JournalEntry> | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(machine: Machine, run: Run) {
    this.#machine = machine;
    this.#run = run;
    this.#folders = [...run.folders];
  }

  async beforeChange(): Promise<void> {
    if (this.#entry === undefined) await this.#write();
    else await this.#written;
  }

  async beforeFolders(folders: readonly string[]): Promise<void> {
    const mine = folders.filter((one) => !isState(this.#machine, one));
    if (mine.length === 0) return this.beforeChange();
    this.#folders.push(...mine);
    await this.#write();
  }

  async beforeFile(path: string, bytes: Uint8Array | null, mode: number | null, after: Uint8Array | null): Promise<void> {
    if (isState(this.#machine, path)) return;
    const meant = this.#meant.get(path) ?? [];
    const next = after === null ? null : fingerprintOf(after, this.#run.state.fingerprintKey);
    if (this.#before.has(path) && meant.includes(next)) return this.#written;
    if (!this.#before.has(path)) this.#before.set(path, bytes === null ? null : await this.#snapshot(path, bytes, mode));
    this.#meant.set(path, [...meant, next]);
    await this.#write();
  }

  /**
   * Writes the generation, as a part of the run, and returns its number; null when nothing was changed.
   * @param resources those that the run has changed
   */
  async generation(machine: Machine, resources: Generation['resources'], applied: State['applied']): Promise<number | null> {
    if (this.#entry === undefined) return null;
    const { fingerprintKey: _, ...entry } = await this.#entry;
    const files = await Promise.all([...this.#before].map(([path, before]) => this.#changed(path, before)));
    const made = { ...entry, version: 1, resources, files, applied, folders: this.#folders } as const;
    await writeGeneration(machine, made, this.#run.state.applied);
    return entry.number;
  }

  async end(): Promise<void> {
    if (this.#entry === undefined) return;
    // A disk that fails a write may fail to take its beginning away, too; then the journal stays, and tells the next run where to look.
    await removeTemporary(this.#machine, [...this.#before.keys()]);
    await removeJournal(this.#machine);
  }

  /** One after the other, each with all that is known by then. */
  #write(): Promise<void> {
    this.#entry ??= this.#begin();
    const entry = this.#entry;
    this.#written = this.#written.then(async () => {
      const files = [...this.#before].map(([path, before]) => ({ path, before, meant: this.#meant.get(path) ?? [] }));
      await writeJournal(this.#machine, { ...(await entry), files, folders: this.#folders });
    });
    return this.#written;
  }

  async #begin(): Promise<JournalEntry> {
    const { user, host } = this.#machine.facts;
    return {
      version: 1,
      number: await nextNumber(this.#machine),
      at: new Date(this.#machine.now()).toISOString(),
      command: this.#run.command,
      user,
      host,
      codexLinkVersion: CODEX_LINK_VERSION,
      resources: this.#run.resources,
      files: [],
      applied: this.#run.applied,
      folders: [],
      fingerprintKey: this.#run.state.fingerprintKey,
    };
  }

  #changed(path: string, before: Snapshot | null): Promise<ChangedFile> {
    return asItIs(this.#machine, this.#run, path, before);
  }

  async #snapshot(path: string, bytes: Uint8Array, mode: number | null): Promise<Snapshot> {
    return snapshot(path, bytes, mode ?? 0o600, await keeper(this.#machine, this.#run), this.#run.state.fingerprintKey);
  }
}

function isState(machine: Machine, path: string): boolean {
  const folder = stateFolder(machine);
  return path === folder || path.startsWith(join(folder, sep));
}

/** A file that was changed, with how it stands now. */
export async function asItIs(
  machine: Machine,
  run: Pick<Run, 'desired' | 'state'>,
  path: string,
  before: Snapshot | null,
): Promise<ChangedFile> {
  const bytes = await readBytes(machine, path);
  if (bytes === null) return { path, before, after: null };
  const mode = (await machine.stat(path))?.mode ?? 0o600;
  return { path, before, after: snapshot(path, bytes, mode, await keeper(machine, run), run.state.fingerprintKey) };
}

/** The content of a file in the form in which it may be kept; null when it may not. */
type Keep = (path: string, text: string) => Sealed | null;

/** Only files that hold no secret of ours are kept as text; what they hold of other people's is sealed. */
async function keeper(machine: Machine, { desired, state }: Pick<Run, 'desired' | 'state'>): Promise<Keep> {
  const { applied } = state;
  const known = belongingsOf(await readOriginal(machine), applied).map((one) => toldText(one, 'path'));
  const [config = '', ...helpers] = await Promise.all(
    [configPath(machine), desired.helper.path, ...known.filter((path) => path !== null)].map((path) =>
      followLinks(machine, path),
    ),
  );
  return (path, text) => {
    if (helpers.includes(path)) return seal(text, [], state.fingerprintKey);
    if (path !== config) return null;
    try {
      return seal(text, sensitiveValues(parseToml(text), text), state.fingerprintKey);
    } catch {
      return null; // what is secret in it cannot be told
    }
  };
}

function snapshot(path: string, bytes: Uint8Array, mode: number, keep: Keep, key: string): Snapshot {
  const fingerprint = fingerprintOf(bytes, key);
  try {
    return { mode, fingerprint, text: keep(path, decodeUtf8(bytes, path)) };
  } catch {
    return { mode, fingerprint, text: null };
  }
}

/** Tells whether two contents are the same, without either. */
export function fingerprintOf(bytes: Uint8Array, key: string): string {
  return new Secret(Buffer.from(bytes).toString('latin1')).fingerprint(key);
}
