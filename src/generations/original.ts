import { join } from 'node:path';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, readText } from '../machine/machine.ts';
import { type State, stateFolder } from '../planner/state.ts';
import type { Generation, Snapshot } from './generation.ts';

/** How the machine was before codex-link came. It outlives every generation; `destroy` goes back to it. Holds no secret. */
export interface Original {
  readonly version: 1;
  readonly files: Readonly<Record<string, OriginalFile>>;
  /** Folders that codex-link has made, outermost first. */
  readonly folders: readonly string[];
  /** Whether the item in the store is of codex-link's making; null while it has never written one. */
  readonly secret: 'made' | 'found' | null;
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

const OF_CCS = /^(ccs|routing|gateway|gateway-key|accounts|variants)(\/|$)/;

const NOTHING: Original = { version: 1, files: {}, folders: [], secret: null, keys: [], told: [], last: null };

function originalPath(machine: Machine): string {
  return join(stateFolder(machine), 'original.json');
}

/** Empty where nothing was ever applied. Throws `CodexLinkError` for one that cannot be understood. */
export async function readOriginal(machine: Machine): Promise<Original> {
  const path = originalPath(machine);
  const text = await readText(machine, path);
  if (text === null) return NOTHING;
  try {
    const original = JSON.parse(text) as Original;
    if (original.version !== 1 || typeof original.files !== 'object' || original.files === null)
      throw new Error('a part of it is missing');
    return { ...NOTHING, ...original };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CodexLinkError(finding('CL0017', `what was there at first cannot be understood: ${why}`, { file: path }));
  }
}

/**
 * Adds what a generation has changed for the first time, and who else has been at its files since the last one. Done once: a generation
 * that is in it already would look like its own predecessor.
 */
export async function rememberOriginal(machine: Machine, generation: Generation): Promise<void> {
  const before = await readOriginal(machine);
  if (before.last?.number === generation.number && before.last.at === generation.at) return;
  await write(machine, merged(before, generation));
}

/** Adds folders that a run has made which came no further. */
export async function rememberFolders(machine: Machine, folders: readonly string[]): Promise<void> {
  const before = await readOriginal(machine);
  const all = [...new Set([...before.folders, ...folders])];
  if (all.length > before.folders.length) await write(machine, { ...before, folders: all });
}

async function write(machine: Machine, original: Original): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(original, null, 2)}\n`);
  await machine.write(originalPath(machine), bytes, { mode: 0o600 });
}

function merged(original: Original, { number, at, files, resources, applied, folders }: Generation): Original {
  const known: Record<string, OriginalFile> = { ...original.files };
  for (const { path, before, after } of files) {
    const there = Object.hasOwn(known, path) ? known[path] : undefined;
    const [found, left] = [before?.fingerprint ?? null, after?.fingerprint ?? null];
    known[path] =
      there === undefined
        ? { before, last: left, oursAlone: true }
        : { before: there.before, last: left, oursAlone: there.oursAlone && there.last === found };
  }
  const secret = resources.find(({ address }) => address === 'secret');
  return {
    version: 1,
    files: known,
    folders: [...new Set([...original.folders, ...folders])],
    secret: original.secret ?? (secret === undefined ? null : secret.status === 'create' ? 'made' : 'found'),
    keys: [...new Set([...original.keys, ...keysOf(applied)])],
    told: [...new Set([...original.told, ...resources.map(({ address }) => address).filter((one) => OF_CCS.test(one))])],
    last: { number, at },
  };
}

/** The keys of config.toml that an apply has set, in dotted form. */
export function keysOf({ provider }: State['applied']): string[] {
  return provider !== null && typeof provider === 'object' && !Array.isArray(provider) ? Object.keys(provider) : [];
}
