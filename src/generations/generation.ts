import { join } from 'node:path';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { listed } from '../machine/folders.ts';
import { type Machine, readText } from '../machine/machine.ts';
import { type State, stateFolder } from '../planner/state.ts';
import { typed } from '../platform/typed.ts';
import type { Status } from '../resources/resource.ts';
import { rememberOriginal } from './original.ts';
import type { Sealed } from './sealed.ts';

/** How many are kept. */
export const KEPT = 50;
/** Older ones go too, but never the newest few. */
const KEPT_DAYS = 180;
const ALWAYS_KEPT = 10;
/** Together they take no more than this, where the newest few alone do not: config.toml grows, and drift may heal it every day. In bytes. */
const KEPT_BYTES = 600_000;

/** A file at one moment. */
export interface Snapshot {
  readonly mode: number;
  /** Keyed fingerprint of its bytes. */
  readonly fingerprint: string;
  /** Null for a file that holds secrets of its own, whose content is not kept. */
  readonly text: Sealed | null;
}

export interface ChangedFile {
  /** Absolute, links followed. */
  readonly path: string;
  /** Null: there was, or is, no file. */
  readonly before: Snapshot | null;
  readonly after: Snapshot | null;
}

/** What one run of codex-link changed, numbered from 1. Holds no secret. */
export interface Generation {
  readonly version: 1;
  readonly number: number;
  /** ISO time. */
  readonly at: string;
  /** The command that made it, e.g. `apply`. */
  readonly command: string;
  readonly user: string;
  readonly host: string;
  readonly codexLinkVersion: string;
  readonly resources: readonly { readonly address: string; readonly status: Status; readonly reason: string }[];
  readonly files: readonly ChangedFile[];
  /** Folders that it made, outermost first. */
  readonly folders: readonly string[];
  /** What each resource was told to be, afterwards. */
  readonly applied: State['applied'];
}

export function generationsFolder(machine: Machine): string {
  return join(stateFolder(machine), 'generations');
}

/** All of them, oldest first. Throws `CodexLinkError` for one that cannot be understood. */
export async function readGenerations(machine: Machine): Promise<Generation[]> {
  const folder = generationsFolder(machine);
  const generations: Generation[] = [];
  for (const name of await generationFiles(machine, folder)) {
    const path = join(folder, name);
    const text = await readText(machine, path);
    if (text !== null) generations.push(understood(machine, text, path));
  }
  return generations;
}

/** One of them; null when it is not there. Throws `CodexLinkError` for one that cannot be understood. */
export async function readGeneration(machine: Machine, number: number): Promise<Generation | null> {
  const path = join(generationsFolder(machine), fileName(number));
  const text = await readText(machine, path);
  return text === null ? null : understood(machine, text, path);
}

/**
 * Keeps one more, and lets go of what is too old.
 * @param was what was applied before; null for the generation of a run that was killed
 */
export async function writeGeneration(machine: Machine, generation: Generation, was: State['applied'] | null): Promise<void> {
  const folder = generationsFolder(machine);
  await machine.makeFolder(folder, 0o700);
  const files = generation.files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const bytes = new TextEncoder().encode(`${JSON.stringify({ ...generation, files }, null, 2)}\n`);
  await machine.write(join(folder, fileName(generation.number)), bytes, { mode: 0o600 });
  await rememberOriginal(machine, generation, was);
  await letGo(machine, folder);
}

/** Newest first, so that what is over any of the limits is the oldest. */
async function letGo(machine: Machine, folder: string): Promise<void> {
  const oldest = machine.now() - KEPT_DAYS * 86_400_000;
  let bytes = 0;
  for (const [index, name] of (await generationFiles(machine, folder)).toReversed().entries()) {
    const path = join(folder, name);
    const info = await machine.stat(path);
    bytes += info?.size ?? 0;
    const tooMuch = index >= KEPT || bytes > KEPT_BYTES || (info?.modified ?? 0) < oldest;
    if (index >= ALWAYS_KEPT && tooMuch) await machine.remove(path);
  }
}

/** The number that the next one gets; numbers are never used again while a later one is there. */
export async function nextNumber(machine: Machine): Promise<number> {
  const names = await generationFiles(machine, generationsFolder(machine));
  return Number(names.at(-1)?.slice(0, -'.json'.length) ?? 0) + 1;
}

/** What a file was just after a generation: as the last one up to it left it, else as the next one found it. */
export function snapshotAt(generations: readonly Generation[], number: number, path: string): Snapshot | null | undefined {
  const touching = generations.flatMap((one) => {
    const file = one.files.find((changed) => changed.path === path);
    return file === undefined ? [] : [{ number: one.number, file }];
  });
  const before = touching.filter((one) => one.number <= number).at(-1);
  return before !== undefined ? before.file.after : touching.find((one) => one.number > number)?.file.before;
}

/**
 * True when nobody but codex-link has changed the file since that generation.
 * @param now fingerprint of its bytes; null when it is not there
 */
export function isOursAlone(generations: readonly Generation[], number: number, path: string, now: string | null): boolean {
  let left = snapshotAt(generations, number, path)?.fingerprint ?? null;
  for (const { files } of generations.filter((one) => one.number > number)) {
    const file = files.find((changed) => changed.path === path);
    if (file === undefined) continue;
    if ((file.before?.fingerprint ?? null) !== left) return false;
    left = file.after?.fingerprint ?? null;
  }
  return now === left;
}

function fileName(number: number): string {
  return `${String(number).padStart(6, '0')}.json`;
}

async function generationFiles(machine: Machine, folder: string): Promise<readonly string[]> {
  return (await listed(machine, folder)).filter((name) => /^\d{6}\.json$/.test(name));
}

function understood({ facts }: Machine, text: string, path: string): Generation {
  try {
    const generation = JSON.parse(text) as Generation;
    if (generation.version !== 1 || !Array.isArray(generation.files)) throw new Error('a part of it is missing');
    return generation;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const fix = typed(facts.os).remove(path);
    throw new CodexLinkError(finding('CL0017', `a generation cannot be understood: ${why}`, { file: path, fix }));
  }
}
