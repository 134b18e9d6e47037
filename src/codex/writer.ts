import type { Writer } from '../resources/resource.ts';
import { isTable, type Table } from './rules.ts';

/** The paths that ccsxp has given the gateway: the first up to CCS 8 and with the plus backend, the second from 8.7.0 on. */
const PATHS_OF_CCSXP = ['/api/provider/codex', '/backend-api/codex'];

/** Who probably wrote what is there, and by what it can be told. */
export interface Written {
  readonly writer: Writer;
  /** In words, with the values that gave it away; null when it cannot be told. */
  readonly evidence: string | null;
}

/**
 * Who probably wrote what stands where our provider should be. Codex itself and a person look alike: what Codex's writers leave besides
 * the value, mode 0600 and LF, may be left of an earlier write of theirs.
 * @param id of our table
 */
export function writerOf(config: Table, id: string): Written {
  const table = isTable(config.model_providers) ? config.model_providers[id] : undefined;
  if (id === 'cliproxy' && isTable(table) && isOfCcsxp(table)) {
    const name = table.name === 'CLIProxy Codex' ? 'name is "CLIProxy Codex"' : 'the helper is gone';
    return { writer: 'ccsxp', evidence: `${name}, and the path is ${pathOf(String(table.base_url))} with ${table.env_key}` };
  }
  // It always moves the selector; marks that it left behind say nothing of what happened since.
  const mark = config.model_provider === id ? null : markOfCcSwitch(config);
  return mark === null ? { writer: 'unknown', evidence: null } : { writer: 'cc-switch', evidence: mark };
}

/**
 * `ccsxp` repairs a table named `cliproxy` into this shape whenever it runs; from 8.7.0 on it also takes the helper's table out, and
 * then a name of ours may have stayed. A table that merely lost its helper can be anybody's work.
 * Source: CCS 7.79.1, targets/codex-cliproxy-provider-config.js, seen by running it; for 8.7.0 pull requests 1598 and 1605 of
 * kaitranntt/ccs as they describe themselves.
 */
function isOfCcsxp(table: Table): boolean {
  return (
    (table.name === 'CLIProxy Codex' || table.auth === undefined) &&
    typeof table.env_key === 'string' &&
    typeof table.base_url === 'string' &&
    PATHS_OF_CCSXP.includes(pathOf(table.base_url)) &&
    table.requires_openai_auth === false &&
    table.supports_websockets === false
  );
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : '';
}

/**
 * cc-switch selects a table of its own and leaves marks that nobody else has: the id of its official route, the file of its model list, or
 * what it writes in place of a key. The id `custom` alone is no mark, because everybody calls theirs so.
 * Source: farion1231/cc-switch as of August 2026, src-tauri/src/codex_config.rs.
 */
function markOfCcSwitch(config: Table): string | null {
  const selected = config.model_provider;
  if (selected === 'cc-switch-official' || selected === 'ccswitch') return `model_provider is ${selected}`;
  if (typeof config.model_catalog_json === 'string' && config.model_catalog_json.endsWith('cc-switch-model-catalog.json'))
    return 'model_catalog_json is cc-switch-model-catalog.json';
  const table = isTable(config.model_providers) && typeof selected === 'string' ? config.model_providers[selected] : undefined;
  const isProxied = isTable(table) && table.experimental_bearer_token === 'PROXY_MANAGED';
  return isProxied ? `the token of ${selected} is PROXY_MANAGED` : null;
}
