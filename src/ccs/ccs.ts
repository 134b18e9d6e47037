import { join } from 'node:path';
import { parse } from 'yaml';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, readText } from '../machine/machine.ts';
import { onPath } from '../machine/programs.ts';
import { Secret } from '../secret.ts';

/**
 * The key that CCS gives its gateway unless told otherwise. It is the same on every machine, hence no secret, which is why `gateway`
 * reports it. Source: CCS 7.79.1, seen by running it.
 */
export const WELL_KNOWN_KEY = 'ccs-internal-managed';

/** CCS's folder, in CCS's own order: CCS_DIR, CCS_HOME/.ccs, ~/.ccs. */
export function ccsFolder(machine: Machine): string {
  const { env, home } = machine.facts;
  return env.CCS_DIR || join(env.CCS_HOME || home, '.ccs');
}

/** The `ccs` program on PATH or where npm puts global programs; null when it is not installed. */
export function findCcs(machine: Machine): Promise<string | null> {
  return onPath(machine, 'ccs');
}

/** The key that the gateway of CCS accepts: `cliproxy.auth.api_key` of its config.yaml, else the well-known one. */
export async function ccsGatewayKey(machine: Machine): Promise<Secret> {
  const path = join(ccsFolder(machine), 'config.yaml');
  const text = await readText(machine, path);
  if (text === null) return new Secret(WELL_KNOWN_KEY);
  try {
    // As texts: a key of digits alone is a number to YAML, and would lose its leading zeros.
    const config = parse(text, { schema: 'failsafe' }) as { cliproxy?: { auth?: { api_key?: unknown } } } | null;
    const key = config?.cliproxy?.auth?.api_key;
    return new Secret(typeof key === 'string' && !['', '~', 'null'].includes(key) ? key : WELL_KNOWN_KEY);
  } catch {
    // Not the parser's message: it quotes the line, which may be the key's.
    throw new CodexLinkError(finding('CL3008', "CCS's config.yaml is not valid YAML", { file: path, fix: 'ccs doctor' }));
  }
}
