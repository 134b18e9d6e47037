import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { decodeUtf8, failedWith, type Machine, MachineError, readBytes } from '../machine/machine.ts';
import type { OnUndo } from '../resources/resource.ts';
import { parsed, section } from './config.ts';
import { editYaml, type YamlEdit, YamlRefusal } from './yaml-edit.ts';

/** The gateway reads a changed file after 150 ms and may write it back at once: a few of its rounds. */
const PATIENCE_MS = 3000;
const POLL_MS = 100;

/**
 * Sets scalars in a file of CCS or of its gateway, and keeps its other bytes. Tries again when somebody writes the file at the same
 * moment: the gateway puts a hash in the place of a plain management secret as soon as it sees one. Throws `CodexLinkError` when the
 * file cannot be edited in place. Nothing is done, and nothing remembered, when all of it is so already.
 */
export async function editInPlace(machine: Machine, path: string, edits: readonly YamlEdit[], onUndo: OnUndo): Promise<void> {
  for (let waited = 0; ; waited += POLL_MS) {
    const before = await readBytes(machine, path);
    const text = before === null ? '' : decodeUtf8(before, path);
    // A program that empties the file before it fills it: in a moment it is whole again.
    if (!(before !== null && text.trim() === '' && waited < PATIENCE_MS)) {
      const after = new TextEncoder().encode(edited(text, edits, path));
      if (before !== null && Buffer.compare(before, after) === 0) return;
      try {
        await machine.write(path, after, { expect: before });
        // The applier takes back only the very bytes that were written, and the gateway may have put its hash among them.
        onUndo(`the settings in ${path}`, async (later) => void (await takeBack(later, path, before, after)));
        return;
      } catch (error) {
        if (!failedWith(error, 'ECHANGED') || waited >= PATIENCE_MS) throw error;
      }
    }
    await machine.sleep(POLL_MS);
  }
}

function edited(text: string, edits: readonly YamlEdit[], path: string): string {
  try {
    return editYaml(text, edits);
  } catch (error) {
    if (!(error instanceof YamlRefusal)) throw error;
    const keys = edits.map((one) => one.path.join('.')).join(', ');
    throw new CodexLinkError(
      finding('CL4011', `${path} cannot be edited in place (${error.message})`, {
        file: path,
        fix: `set ${keys} there by hand, then codex-link apply`,
      }),
    );
  }
}

/** Files as they were before CCS changes them: its commands write them anew, so that only this can bring them back. */
export class KeptFiles {
  readonly #before = new Map<string, Uint8Array | null>();
  readonly #after = new Map<string, Uint8Array | null>();

  static async of(machine: Machine, paths: readonly string[]): Promise<KeptFiles> {
    const kept = new KeptFiles();
    for (const path of paths) kept.#before.set(path, await readBytes(machine, path));
    return kept;
  }

  /** Remembers what CCS made of them, to tell its changes from those of others. */
  async settle(machine: Machine): Promise<void> {
    for (const path of this.#before.keys()) this.#after.set(path, await readBytes(machine, path));
  }

  /** True when there was anything to put back. Throws a `MachineError` for a file that somebody else has changed since, after the rest. */
  async putBack(machine: Machine): Promise<boolean> {
    let changed = false;
    let trouble: unknown = null;
    for (const [path, before] of this.#before) {
      try {
        changed = (await takeBack(machine, path, before, this.#after.get(path))) || changed;
      } catch (error) {
        trouble = error;
      }
    }
    if (trouble !== null) throw trouble;
    return changed;
  }
}

/** @param after what was written; undefined when that is not known, because the command was interrupted */
async function takeBack(
  machine: Machine,
  path: string,
  before: Uint8Array | null,
  after: Uint8Array | null | undefined,
): Promise<boolean> {
  const now = await readBytes(machine, path);
  if (now === before || (now !== null && before !== null && Buffer.compare(now, before) === 0)) return false;
  if (after !== undefined && !sameButSecret(now, after, path))
    throw new MachineError('ECHANGED', `somebody else has changed ${path} since; it was left alone`, path);
  if (before === null) await machine.remove(path);
  else await machine.write(path, before, { expect: now });
  return true;
}

/** The gateway writes the whole file anew to put a hash in the place of the secret: only the meaning of the rest stays. */
function sameButSecret(a: Uint8Array | null, b: Uint8Array | null, path: string): boolean {
  if (a === null || b === null) return a === b;
  return meaning(a, path) === meaning(b, path);
}

function meaning(bytes: Uint8Array, path: string): string {
  const root = parsed(decodeUtf8(bytes, path), path);
  return JSON.stringify({ ...root, 'remote-management': { ...section(root, 'remote-management'), 'secret-key': '' } });
}
