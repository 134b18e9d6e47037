import { join } from 'node:path';
import { parse } from 'yaml';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, readText } from '../machine/machine.ts';
import { Secret } from '../secret.ts';

/** What CCS gives its gateway unless told otherwise: the same on every machine, hence no secrets. Source: CCS 7.79.1. */
export const WELL_KNOWN_KEY = 'ccs-internal-managed';
export const WELL_KNOWN_MANAGEMENT_SECRET = 'ccs';
const DEFAULT_PORT = 8317;

/** What CCS's own config.yaml says of the pool; what it leaves out is CCS's default. */
export interface CcsConfig {
  readonly path: string;
  /** False while CCS has never written one: then everything is its default. */
  readonly present: boolean;
  /** Port of the local gateway. */
  readonly port: number;
  readonly backend: 'original' | 'plus';
  /** The gateway's key, and whether it is CCS's default. */
  readonly key: Secret;
  readonly wellKnownKey: boolean;
  readonly managementSecret: Secret;
  readonly wellKnownManagementSecret: boolean;
  readonly routing: { readonly strategy: string; readonly sessionAffinity: boolean; readonly sessionAffinityTtl: string };
  /** The section as it is written, by name. */
  readonly variants: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Names of the other profiles, which `ccs NAME` starts too: those with an API key, and Claude accounts. */
  readonly profiles: readonly string[];
  /** Id of the account that CCS's sessions use whatever the default, `quota_management.manual.forced_default`. Source: CCS 7.79.1. */
  readonly forcedDefault: string | null;
  /** True when CCS is set to a gateway on another machine. */
  readonly remote: boolean;
}

/** Reads `config.yaml` of CCS's folder. Throws `CodexLinkError` when it is no YAML. */
export async function readCcsConfig(machine: Machine, folder: string): Promise<CcsConfig> {
  const path = join(folder, 'config.yaml');
  const text = await readText(machine, path);
  const root = text === null ? {} : parsed(text, path);
  const cliproxy = section(root, 'cliproxy');
  const auth = section(cliproxy, 'auth');
  const routing = section(cliproxy, 'routing');
  const server = section(root, 'cliproxy_server');
  const key = scalar(auth.api_key);
  const secret = scalar(auth.management_secret);
  return {
    path,
    present: text !== null,
    port: Number(scalar(section(server, 'local').port) ?? DEFAULT_PORT) || DEFAULT_PORT,
    backend: scalar(cliproxy.backend) === 'plus' ? 'plus' : 'original',
    key: new Secret(key ?? WELL_KNOWN_KEY),
    wellKnownKey: (key ?? WELL_KNOWN_KEY) === WELL_KNOWN_KEY,
    managementSecret: new Secret(secret ?? WELL_KNOWN_MANAGEMENT_SECRET),
    wellKnownManagementSecret: (secret ?? WELL_KNOWN_MANAGEMENT_SECRET) === WELL_KNOWN_MANAGEMENT_SECRET,
    routing: {
      strategy: scalar(routing.strategy) ?? 'round-robin',
      sessionAffinity: scalar(routing.session_affinity) === 'true',
      sessionAffinityTtl: scalar(routing.session_affinity_ttl) ?? '1h',
    },
    variants: Object.fromEntries(
      Object.keys(section(cliproxy, 'variants')).map((name) => [name, section(section(cliproxy, 'variants'), name)]),
    ),
    profiles: [...Object.keys(section(root, 'profiles')), ...Object.keys(section(root, 'accounts'))],
    forcedDefault: scalar(section(section(root, 'quota_management'), 'manual').forced_default),
    remote: scalar(section(server, 'remote').enabled) === 'true',
  };
}

/** The parsed text, every scalar as text: a key of digits alone is a number to YAML, and would lose its leading zeros. */
export function parsed(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const root: unknown = parse(text, { schema: 'failsafe' });
    return root !== null && typeof root === 'object' ? (root as Record<string, unknown>) : {};
  } catch {
    // Not the parser's message: it quotes the line, which may be the key's.
    throw new CodexLinkError(finding('CL3008', `${path} is not valid YAML`, { file: path, fix: 'ccs doctor' }));
  }
}

/** The map below a key; an empty one where there is none. */
export function section(of: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const inner = Object.hasOwn(of, name) ? of[name] : undefined;
  return inner !== null && typeof inner === 'object' && !Array.isArray(inner) ? (inner as Record<string, unknown>) : {};
}

/** A scalar's text; null for what YAML calls null, for nothing, and for maps and lists. */
export function scalar(value: unknown): string | null {
  return typeof value === 'string' && !['', '~', 'null'].includes(value) ? value : null;
}
