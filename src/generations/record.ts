import type { FileChanged, UndoingMachine } from '../applier/undo.ts';
import { configPath } from '../codex/home.ts';
import { sensitiveValues } from '../codex/sensitive.ts';
import type { Desired } from '../config/desired.ts';
import { followLinks } from '../machine/links.ts';
import { decodeUtf8, type Machine } from '../machine/machine.ts';
import { type State, stateFolder } from '../planner/state.ts';
import { Secret } from '../secret.ts';
import { parseToml } from '../toml/read.ts';
import { type ChangedFile, type Generation, nextNumber, type Snapshot, writeGeneration } from './generation.ts';
import { type Sealed, seal } from './sealed.ts';

declare const CODEX_LINK_VERSION: string;

/** What is known of a run besides the files that it changed. */
export interface Run extends Pick<Generation, 'command' | 'resources' | 'applied'> {
  readonly desired: Desired;
  readonly state: State;
}

/** Keeps what a run changed as the next generation, and returns its number; null when it changed nothing. */
export async function recordGeneration(machine: UndoingMachine, run: Run): Promise<number | null> {
  const changed = [...machine.changedFiles.values()].filter((one) => !one.path.startsWith(`${stateFolder(machine)}/`));
  if (changed.length === 0 && run.resources.length === 0) return null;
  const keep = await keeper(machine, run);
  const files = await Promise.all(changed.map((one) => changedFile(machine, one, keep, run.state.fingerprintKey)));
  const { user, host } = machine.facts;
  const number = await nextNumber(machine);
  await writeGeneration(machine, {
    version: 1,
    number,
    at: new Date(machine.now()).toISOString(),
    command: run.command,
    user,
    host,
    codexLinkVersion: CODEX_LINK_VERSION,
    resources: run.resources,
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    applied: run.applied,
  });
  return number;
}

/** The content of a file in the form in which it may be kept; null when it may not. */
type Keep = (path: string, text: string) => Sealed | null;

/** Only files that hold no secret of ours are kept as text; what they hold of other people's is sealed. */
async function keeper(machine: Machine, { desired, state }: Run): Promise<Keep> {
  const [config, helper] = await Promise.all([
    followLinks(machine, configPath(machine)),
    followLinks(machine, desired.helper.path),
  ]);
  return (path, text) => {
    if (path === helper) return seal(text, [], state.fingerprintKey);
    if (path !== config) return null;
    try {
      return seal(text, sensitiveValues(parseToml(text)), state.fingerprintKey);
    } catch {
      return null; // what is secret in it cannot be told
    }
  };
}

async function changedFile(machine: Machine, changed: FileChanged, keep: Keep, key: string): Promise<ChangedFile> {
  const { path, before, modeBefore, after } = changed;
  const mode = (await machine.stat(path))?.mode ?? 0o600;
  return {
    path,
    before: before === null ? null : snapshot(path, before, modeBefore ?? 0o600, keep, key),
    after: after === null ? null : snapshot(path, after, mode, keep, key),
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
