import type { Writer } from '../resources/resource.ts';
import { isTable } from './rules.ts';

/**
 * Who probably wrote the provider's table. `ccsxp` repairs a table named `cliproxy` into exactly this shape whenever it runs.
 * Source: CCS 7.79.1, targets/codex-cliproxy-provider-config.js, and seen by running it.
 */
export function writerOf(table: unknown): Writer {
  if (!isTable(table)) return 'unknown';
  const ccsxp =
    table.name === 'CLIProxy Codex' &&
    typeof table.env_key === 'string' &&
    typeof table.base_url === 'string' &&
    table.base_url.endsWith('/api/provider/codex') &&
    table.requires_openai_auth === false &&
    table.supports_websockets === false;
  return ccsxp ? 'ccsxp' : 'unknown';
}
