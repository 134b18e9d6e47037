import type { ManagedKey } from '../codex/provider-table.ts';
import { sensitiveValues } from '../codex/sensitive.ts';
import { writerOf } from '../codex/writer.ts';
import { CodexLinkError } from '../diagnostics/diagnostics.ts';
import { followLinks } from '../machine/links.ts';
import type { Machine } from '../machine/machine.ts';
import type { Edit } from '../toml/intent.ts';
import { isTable, type ParsedTable, parseToml, sameMeaning, TomlRefusal } from '../toml/read.ts';
import type { TomlValue } from '../toml/value.ts';
import { type Generation, readGenerations } from './generation.ts';
import { holdsSealed, unsealKnown } from './sealed.ts';

/** config.toml as it is now, and which of its keys are ours. */
export interface Rewritten {
  readonly path: string;
  readonly text: string;
  readonly config: ParsedTable;
  readonly providerId: string;
  readonly keys: readonly ManagedKey[];
  readonly fingerprintKey: string;
}

/**
 * The text of config.toml as codex-link last left it, when ccsxp has rewritten it since, with what everybody else has changed in the
 * meantime: ccsxp drops every comment, and they can come back. Null when it was not ccsxp, when that text was not kept, or when it
 * cannot be made to mean what other people's part means now. Source: CCS 7.79.1, targets/codex-cliproxy-provider-config.js, and seen by
 * running it.
 */
export async function beforeCcsxp(machine: Machine, rewritten: Rewritten): Promise<string | null> {
  const { path, text, config, providerId, fingerprintKey } = rewritten;
  if (writerOf(config, providerId).writer !== 'ccsxp') return null;
  if (/^\s*#/m.test(text)) return null; // somebody has written comments again, or it never dropped any
  const real = await followLinks(machine, path);
  const kept = (await generations(machine)).flatMap((one) => one.files.filter((file) => file.path === real)).at(-1)?.after?.text;
  if (!kept) return null;
  return withOthersOf(unsealKnown(kept, sensitiveValues(config, text), fingerprintKey), rewritten);
}

/** The earlier text with other people's part as it is now; null when that cannot be done exactly. */
async function withOthersOf(earlier: string, rewritten: Rewritten): Promise<string | null> {
  const now = others(rewritten.config, rewritten);
  try {
    const then = others(parseToml(earlier), rewritten);
    const { editToml } = await import('../toml/edit.ts');
    const merged = editToml(earlier, differences(then, now));
    // A secret that is gone may have stood in a comment too; and an emptied table may have stayed.
    return !holdsSealed(merged) && sameMeaning(others(parseToml(merged), rewritten), now) ? merged : null;
  } catch (error) {
    if (error instanceof TomlRefusal) return null;
    throw error;
  }
}

/** What turns one into the other, key by key, so that everything that is the same keeps its place and its comments. */
function differences(then: ParsedTable, now: ParsedTable, above: readonly string[] = []): Edit[] {
  const gone = Object.keys(then).filter((key) => !Object.hasOwn(now, key));
  const edits = gone.map((key): Edit => ({ op: 'delete', path: [...above, key] }));
  for (const [key, value] of Object.entries(now)) {
    const path = [...above, key];
    const old = Object.hasOwn(then, key) ? then[key] : undefined;
    if (old !== undefined && sameMeaning(old, value)) continue;
    if (isTable(value) && Object.keys(value).length > 0 && (old === undefined || isTable(old))) {
      edits.push(...differences(old ?? {}, value, path));
      continue;
    }
    if (isTable(old)) edits.push({ op: 'delete', path });
    edits.push({ op: 'set', path, value: value as TomlValue });
  }
  return edits;
}

/** Comments are worth less than a plan: without a history there are none to bring back. */
async function generations(machine: Machine): Promise<Generation[]> {
  try {
    return await readGenerations(machine);
  } catch (error) {
    if (error instanceof CodexLinkError) return [];
    throw error;
  }
}

/** What other people keep in the file. */
function others(config: ParsedTable, { keys, providerId }: Rewritten): ParsedTable {
  const root = new Set(keys.flatMap(({ path }) => (path.length === 1 ? path : [])));
  const rest = Object.fromEntries(Object.entries(config).filter(([key]) => !root.has(key)));
  if (isTable(rest.model_providers)) {
    const { [providerId]: _ours, ...providers } = rest.model_providers;
    rest.model_providers = providers;
  }
  return rest;
}
