import { join } from 'node:path';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { decodeUtf8, failedWith, type Machine, MachineError } from '../machine/machine.ts';
import { isTable, type Parsed, type ParsedTable, parseToml, TomlRefusal } from '../toml/read.ts';
import { type ManagedKey, managedPreference } from './managed-preferences.ts';

/** Where Codex looks for the layers of a machine. */
export interface LayerPaths {
  /** The lowest layer: what the user's file does not set comes from here, tables are merged key by key. */
  readonly system: string;
  /** Merged over the user's file. Its name is older than requirements.toml; it still works, but not on Windows, which has null. */
  readonly managed: string | null;
  /** Above everything: its `model_provider` replaces the selector, and its tables replace ours whole. Other managed keys it has not. */
  readonly requirements: string;
}

/**
 * Source: codex 0.169.0, codex-rs/config/src/loader, and for Windows seen with the real codex.exe: it says that it ignores
 * `%CODEX_HOME%\\managed_config.toml`, "no longer supported on Windows".
 */
export function layerPaths(machine: Machine): LayerPaths {
  const { os, env } = machine.facts;
  const folder = os === 'win32' ? join(env.ProgramData || 'C:\\ProgramData', 'OpenAI', 'Codex') : '/etc/codex';
  return {
    system: join(folder, 'config.toml'),
    managed: os === 'win32' ? null : join(folder, 'managed_config.toml'),
    requirements: join(folder, 'requirements.toml'),
  };
}

/** One file of the machine that Codex puts below or above the user's config.toml. */
export interface Layer {
  readonly path: string;
  readonly text: string;
  readonly config: ParsedTable;
}

/** The layers around the user's file; null where a file does not exist. */
export interface Layers {
  readonly system: Layer | null;
  readonly managed: Layer | null;
  readonly requirements: Layer | null;
}

/**
 * Reads the layers of the machine, and says what is wrong with those that cannot be used. Not looked at: flags of a command line and
 * the `.codex/config.toml` of projects, which may set no provider, and what comes from an organisation's cloud. On macOS device
 * management stands above the files of the same kind.
 * Source: codex 0.169.0, codex-rs/config/src/loader/README.md, and seen by running it in a private mount namespace.
 */
export async function readLayers(machine: Machine): Promise<{ layers: Layers; findings: Finding[] }> {
  const findings: Finding[] = [];
  const layer = async (path: string): Promise<Layer | null> => {
    try {
      const text = decodeUtf8(await machine.read(path), path);
      return { path, text, config: parseToml(text) };
    } catch (error) {
      if (failedWith(error, 'ENOENT', 'ENOTDIR')) return null;
      findings.push(unusable(path, error));
      return null;
    }
  };
  const preference = async (key: ManagedKey): Promise<Layer | null> => {
    const found = await managedPreference(machine, key);
    if (found === null) return null;
    if (found.toml === null) {
      const fix = 'have the profile mended by whoever manages this Mac';
      findings.push(
        finding('CL1009', `Codex refuses to start: ${key} in ${found.path} is no base64`, {
          resource: 'provider',
          file: found.path,
          fix,
        }),
      );
      return null;
    }
    try {
      // No text: its lines are nowhere to be seen.
      return { path: found.path, text: '', config: parseToml(found.toml) };
    } catch (error) {
      findings.push({ ...unusable(found.path, error), line: null, column: null });
      return null;
    }
  };
  const paths = layerPaths(machine);
  const [system, managed, requirements, managedByDevice, requiredByDevice] = await Promise.all([
    layer(paths.system),
    paths.managed === null ? null : layer(paths.managed),
    layer(paths.requirements),
    preference('config_toml_base64'),
    preference('requirements_toml_base64'),
  ]);
  const layers = { system, managed: over(managed, managedByDevice), requirements: over(requirements, requiredByDevice) };
  return { layers, findings };
}

/** Two layers of one kind as one. What is told of it names the upper one, which is where somebody looks first. */
function over(below: Layer | null, above: Layer | null): Layer | null {
  if (below === null || above === null) return above ?? below;
  return { ...above, config: merge(below.config, above.config) };
}

/** Codex does not start either when it cannot read or understand one of them. */
function unusable(path: string, error: unknown): Finding {
  const about = {
    resource: 'provider',
    file: path,
    fix: `have ${path} mended, or made readable for everybody, by whoever manages it`,
  };
  if (error instanceof TomlRefusal) {
    const place = { line: error.line ?? null, column: error.column ?? null };
    return finding('CL1009', `Codex refuses to start: ${path} is not valid TOML`, { ...about, ...place });
  }
  if (error instanceof MachineError) return finding('CL1009', `Codex refuses to start: ${error.message}`, about);
  throw error;
}

/** What Codex makes of the user's configuration and the layers around it. */
export function inEffect(user: ParsedTable, { system, managed, requirements }: Layers): ParsedTable {
  const merged = merge(merge(system?.config ?? {}, user), managed?.config ?? {});
  const required = requirements?.config ?? {};
  if (typeof required.model_provider === 'string') merged.model_provider = required.model_provider;
  if (isTable(required.model_providers)) {
    const tables = isTable(merged.model_providers) ? merged.model_providers : {};
    merged.model_providers = { ...tables, ...required.model_providers };
  }
  return merged;
}

/** The layer whose value of this key is in effect; null for the user's own file, or when nobody sets it. */
export function layerOf(path: readonly string[], user: ParsedTable, { system, managed, requirements }: Layers): Layer | null {
  const required = requirements?.config ?? {};
  if (requirements !== null && path.length === 1 && path[0] === 'model_provider' && typeof required.model_provider === 'string')
    return requirements;
  // A required table replaces the whole of ours: it has its say on keys, too, that it leaves out.
  if (requirements !== null && path[0] === 'model_providers' && valueAt(required, path.slice(0, 2)) !== undefined)
    return requirements;
  if (managed !== null && valueAt(managed.config, path) !== undefined) return managed;
  return valueAt(user, path) === undefined && system !== null && valueAt(system.config, path) !== undefined ? system : null;
}

/** The value of a key, however deep; undefined when it is not there. */
export function valueAt(config: ParsedTable, path: readonly string[]): Parsed | undefined {
  let at: Parsed | undefined = config;
  for (const key of path) at = isTable(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

/** Tables are merged, everything else is replaced. */
function merge(below: ParsedTable, above: ParsedTable): ParsedTable {
  const merged: ParsedTable = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = Object.hasOwn(below, key) ? below[key] : undefined;
    merged[key] = isTable(under) && isTable(value) ? merge(under, value) : value;
  }
  return merged;
}
