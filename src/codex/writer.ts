import type { Writer } from '../resources/resource.ts';
import { isTable, type Table } from './rules.ts';

/** The paths that ccsxp has given the gateway: the first up to CCS 8 and with the plus backend, the second from 8.7.0 on. */
const PATHS_OF_CCSXP = ['/api/provider/codex', '/backend-api/codex'];

/**
 * Who probably wrote what stands where our provider should be.
 * @param id of our table
 */
export function writerOf(config: Table, id: string): Writer {
  const table = isTable(config.model_providers) ? config.model_providers[id] : undefined;
  if (id === 'cliproxy' && isTable(table) && isOfCcsxp(table)) return 'ccsxp';
  // It always moves the selector; marks that it left behind say nothing of what happened since.
  return config.model_provider !== id && isOfCcSwitch(config) ? 'cc-switch' : 'unknown';
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
function isOfCcSwitch(config: Table): boolean {
  const selected = config.model_provider;
  if (selected === 'cc-switch-official' || selected === 'ccswitch') return true;
  if (typeof config.model_catalog_json === 'string' && config.model_catalog_json.endsWith('cc-switch-model-catalog.json'))
    return true;
  const table = isTable(config.model_providers) && typeof selected === 'string' ? config.model_providers[selected] : undefined;
  return isTable(table) && table.experimental_bearer_token === 'PROXY_MANAGED';
}
