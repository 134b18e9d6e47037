import { join } from 'node:path';
import { type Machine, MachineError } from '../machine/machine.ts';
import { codexHome } from './home.ts';

/** The newest files that are looked into; reading takes about a tenth of a millisecond for each. */
const MOST = 1000;
/** Of a file's first line the provider stands within this much, in versions that put it before the instructions. */
const BEGINNING = 4 * 1024;
/** The whole first line; instructions of 20 KB are usual. */
const FIRST_LINE = 256 * 1024;

/** How many conversations Codex keeps under each provider id. */
export interface Conversations {
  readonly byProvider: ReadonlyMap<string, number>;
  /** False when there are more files than were looked into. */
  readonly complete: boolean;
}

/**
 * Counts the conversations on this machine by the provider that they are bound to. Null when the folder cannot be read. Those of
 * subagents are part of others and not counted, and neither are those that do not say.
 * Source: codex 0.169.0: `sessions/YYYY/MM/DD/rollout-*.jsonl` and `archived_sessions`, first line `session_meta`, seen by running it.
 */
export async function conversations(machine: Machine): Promise<Conversations | null> {
  const home = codexHome(machine);
  try {
    const files = await newest(machine, join(home, 'sessions'), 3);
    if (files.length <= MOST) files.push(...(await newest(machine, join(home, 'archived_sessions'), 0)));
    const byProvider = new Map<string, number>();
    for (const file of files.slice(0, MOST)) {
      const provider = await providerOf(machine, file);
      if (provider !== null) byProvider.set(provider, (byProvider.get(provider) ?? 0) + 1);
    }
    return { byProvider, complete: files.length <= MOST };
  } catch (error) {
    if (error instanceof MachineError) return null;
    throw error;
  }
}

/** The files of a folder and, `depth` levels down, of its folders, newest first by their names; one more than counts at most. */
async function newest(machine: Machine, folder: string, depth: number): Promise<string[]> {
  const names = [...(await listed(machine, folder))].reverse();
  if (depth === 0) return names.filter((name) => /^rollout-.*\.jsonl$/.test(name)).map((name) => join(folder, name));
  const found: string[] = [];
  for (const name of names.filter((one) => /^\d+$/.test(one))) {
    if (found.length > MOST) break;
    found.push(...(await newest(machine, join(folder, name), depth - 1)));
  }
  return found;
}

async function listed(machine: Machine, folder: string): Promise<readonly string[]> {
  return (await machine.stat(folder))?.kind === 'folder' ? machine.list(folder) : [];
}

async function providerOf(machine: Machine, file: string): Promise<string | null> {
  const start = text(await machine.read(file, BEGINNING));
  // Inside of a text, such as the instructions, every quote has a backslash before it, so this is a key.
  const early = /"model_provider":"([^"\\]*)"/.exec(start.split('\n', 1)[0] ?? '')?.[1];
  if (early !== undefined) return isSubagent(start) ? null : early;
  const line = start.includes('\n') ? start : text(await machine.read(file, FIRST_LINE));
  try {
    const { payload } = JSON.parse(line.split('\n', 1)[0] ?? '') as { payload?: { model_provider?: unknown } };
    return typeof payload?.model_provider === 'string' && !isSubagent(line) ? payload.model_provider : null;
  } catch {
    return null; // cut off, or of a version that wrote something else
  }
}

function isSubagent(line: string): boolean {
  return /"source":\{"sub_?agent"/i.test(line);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/**
 * What a change of the selector does to the conversations.
 * @param before the selector now
 * @param after the selector afterwards
 * @param known the ids that have a table in config.toml afterwards, or are built in
 */
export function hiddenBy(found: Conversations, before: string, after: string, known: ReadonlySet<string>): string[] {
  const many = (count: number) =>
    `${found.complete ? '' : 'at least '}${count} ${count === 1 && found.complete ? 'conversation' : 'conversations'}`;
  const notes: string[] = [];
  const hidden = found.byProvider.get(before) ?? 0;
  if (before !== after && hidden > 0) {
    const one = hidden === 1 && found.complete;
    const verbs = one ? ['is', 'comes'] : ['are', 'come'];
    notes.push(
      `${many(hidden)} under ${before} ${verbs[0]} hidden while ${after} is selected, and ${verbs[1]} back with ${before}`,
    );
  }
  for (const [id, count] of found.byProvider) {
    if (known.has(id)) continue;
    notes.push(`${many(count)} under ${id} cannot be opened: config.toml has no table model_providers.${id}`);
  }
  return notes;
}
