import { join } from 'node:path';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, readText } from '../machine/machine.ts';
import { type State, stateFolder } from '../planner/state.ts';
import { afterRun, type Belonging, belongingsIn } from './belongings.ts';
import type { Generation, Snapshot } from './generation.ts';

/** How the machine was before codex-link came. It outlives every generation; `destroy` goes back to it. Holds no secret. */
export interface Original {
  readonly version: 1;
  readonly files: Readonly<Record<string, OriginalFile>>;
  /** Folders that codex-link has made, outermost first. */
  readonly folders: readonly string[];
  /** What is or was codex-link's besides config.toml, the one told last at the end; null in a state from before they were remembered. */
  readonly belongings: readonly Belonging[] | null;
  /** Only in such a state: whether the item in the store is of codex-link's making. */
  readonly secret?: 'made' | 'found' | null;
  /** Every key of config.toml that was ever set, as `wanted` writes them. */
  readonly keys: readonly string[];
  /** Addresses of what was changed in CCS and its gateway, which `destroy` leaves there. */
  readonly told: readonly string[];
  /** The last generation that is in it. */
  readonly last: Pick<Generation, 'number' | 'at'> | null;
}

export interface OriginalFile {
  readonly before: Snapshot | null;
  /** Fingerprint of what codex-link left there last; null: no file. */
  readonly last: string | null;
  /** False when somebody else has changed it in between: then it is theirs too. */
  readonly oursAlone: boolean;
}

/** Variants are not among them: those are belongings. */
const OF_CCS = /^(ccs|routing|gateway|gateway-key|accounts)(\/|$)/;

const NOTHING: Original = { version: 1, files: {}, folders: [], belongings: [], keys: [], told: [], last: null };

function originalPath(machine: Machine): string {
  return join(stateFolder(machine), 'original.json');
}

/** Empty where nothing was ever applied. Throws `CodexLinkError` for one that cannot be understood. */
export async function readOriginal(machine: Machine): Promise<Original> {
  const path = originalPath(machine);
  const text = await readText(machine, path);
  if (text === null) return NOTHING;
  try {
    const original = JSON.parse(text) as Partial<Original>;
    if (original.version !== 1 || typeof original.files !== 'object' || original.files === null)
      throw new Error('a part of it is missing');
    return { ...NOTHING, ...original, belongings: original.belongings ?? null };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CodexLinkError(finding('CL0017', `what was there at first cannot be understood: ${why}`, { file: path }));
  }
}

/**
 * Adds what a generation has changed for the first time, and who else has been at its files since the last one. Done once: a generation
 * that is in it already would look like its own predecessor.
 * @param was what was applied before; null for the generation of a run that was killed
 */
export async function rememberOriginal(machine: Machine, generation: Generation, was: State['applied'] | null): Promise<void> {
  const before = await readOriginal(machine);
  if (before.last?.number === generation.number && before.last.at === generation.at) return;
  await write(machine, merged(before, generation, was));
}

/** Adds what a run may have made that was killed before it changed a file: folders, and what is kept elsewhere. */
export async function rememberBeginnings(
  machine: Machine,
  begun: Pick<Generation, 'folders' | 'applied' | 'resources'>,
): Promise<void> {
  const before = await readOriginal(machine);
  const folders = [...new Set([...before.folders, ...begun.folders])];
  const belongings = afterRun(belongingsOf(before, begun.applied), begun, null);
  if (folders.length > before.folders.length || belongings.length > 0) await write(machine, { ...before, folders, belongings });
}

/** What is or was codex-link's besides config.toml. An older state did not remember it all; then what was applied last says what it can. */
export function belongingsOf({ belongings, secret }: Original, applied: State['applied']): readonly Belonging[] {
  return belongings ?? belongingsIn(applied, (kind) => (kind === 'secret' ? secret === 'made' : kind !== 'variants'));
}

async function write(machine: Machine, original: Original): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(original, null, 2)}\n`);
  await machine.write(originalPath(machine), bytes, { mode: 0o600 });
}

function merged(original: Original, generation: Generation, was: State['applied'] | null): Original {
  const { number, at, files, resources, applied, folders } = generation;
  const known: Record<string, OriginalFile> = { ...original.files };
  for (const { path, before, after } of files) {
    const there = Object.hasOwn(known, path) ? known[path] : undefined;
    const [found, left] = [before?.fingerprint ?? null, after?.fingerprint ?? null];
    known[path] =
      there === undefined
        ? { before, last: left, oursAlone: true }
        : { before: there.before, last: left, oursAlone: there.oursAlone && there.last === found };
  }
  return {
    version: 1,
    files: known,
    folders: [...new Set([...original.folders, ...folders])],
    belongings: afterRun(belongingsOf(original, applied), generation, was),
    keys: [...new Set([...original.keys, ...keysOf(applied)])],
    told: [...new Set([...original.told, ...resources.map(({ address }) => address).filter((one) => OF_CCS.test(one))])],
    last: { number, at },
  };
}

/** The keys of config.toml that an apply has set, in dotted form. */
export function keysOf({ provider }: State['applied']): string[] {
  return provider !== null && typeof provider === 'object' && !Array.isArray(provider) ? Object.keys(provider) : [];
}
