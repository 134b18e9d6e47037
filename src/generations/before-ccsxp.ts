import type { ManagedKey } from '../codex/provider-table.ts';
import { sensitiveValues } from '../codex/sensitive.ts';
import { writerOf } from '../codex/writer.ts';
import { CodexLinkError } from '../diagnostics/diagnostics.ts';
import { followLinks } from '../machine/links.ts';
import type { Machine } from '../machine/machine.ts';
import { isTable, type ParsedTable, parseToml, sameMeaning } from '../toml/read.ts';
import { type Generation, readGenerations } from './generation.ts';
import { unseal } from './sealed.ts';

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
 * The text of config.toml as codex-link last left it, when ccsxp has rewritten it since and nobody changed what it means besides: ccsxp
 * drops every comment, and they can come back. Null when it was not ccsxp, when something else was changed too, or when that text was
 * not kept. Source: CCS 7.79.1, targets/codex-cliproxy-provider-config.js, and seen by running it.
 */
export async function beforeCcsxp(machine: Machine, rewritten: Rewritten): Promise<string | null> {
  const { path, text, config, providerId, fingerprintKey } = rewritten;
  if (writerOf(config, providerId) !== 'ccsxp') return null;
  if (/^\s*#/m.test(text)) return null; // somebody has written comments again, or it never dropped any
  const real = await followLinks(machine, path);
  const kept = (await generations(machine)).flatMap((one) => one.files.filter((file) => file.path === real)).at(-1)?.after?.text;
  const before = kept ? unseal(kept, sensitiveValues(config), fingerprintKey) : null;
  if (before === null) return null;
  return sameMeaning(others(parseToml(before), rewritten), others(config, rewritten)) ? before : null;
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
