import { join } from 'node:path';
import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { failedWith, type Machine, MachineError } from '../machine/machine.ts';
import { isTable, type ParsedTable, parseToml, TomlRefusal } from '../toml/read.ts';
import { codexHome, configPath } from './home.ts';
import { valueAt } from './layers.ts';
import { placeOf } from './place.ts';

const PROFILE_FILE = /^(.+)\.config\.toml$/;

/**
 * Profiles that take another route. None is in effect by itself: a file `NAME.config.toml` is laid over config.toml by
 * `codex --profile NAME`, and tables under `profiles`, their older form, only make Codex refuse `--profile`. What cannot be read is
 * passed over, because Codex reads it only when it is asked for.
 * Source: codex 0.169.0, seen by running it.
 */
export async function profileFindings(machine: Machine, desired: Desired, user: ParsedTable, text: string): Promise<Finding[]> {
  const inFile = isTable(user.profiles) ? Object.entries(user.profiles) : [];
  const older = inFile.flatMap(([name, profile]) =>
    isTable(profile) && profile.model_provider !== undefined ? [legacy(machine, name, profile, text)] : [],
  );
  const files = (await names(machine)).flatMap((name) => {
    const [, profile] = PROFILE_FILE.exec(name) ?? [];
    return profile === undefined ? [] : [profileFile(machine, desired, join(codexHome(machine), name), profile)];
  });
  return [...older, ...(await Promise.all(files)).flat()];
}

async function names(machine: Machine): Promise<readonly string[]> {
  try {
    return await machine.list(codexHome(machine));
  } catch (error) {
    if (error instanceof MachineError) return [];
    throw error;
  }
}

function legacy(machine: Machine, name: string, profile: ParsedTable, text: string): Finding {
  const path = ['profiles', name, 'model_provider'];
  const message = `the profile ${name} in config.toml selects ${String(profile.model_provider)}, and this form of profiles is no longer used`;
  return finding('CL1011', message, { resource: 'provider', file: configPath(machine), ...placeOf(text, path) });
}

async function profileFile(machine: Machine, desired: Desired, file: string, name: string): Promise<Finding[]> {
  try {
    const text = new TextDecoder().decode(await machine.read(file));
    const profile = parseToml(text);
    const table = ['model_providers', desired.provider.id];
    if (valueAt(profile, table) !== undefined) {
      const message = `codex --profile ${name} changes ${table.join('.')}`;
      return [finding('CL1012', message, { resource: 'provider', severity: 'warning', file, ...placeOf(text, table) })];
    }
    if (profile.model_provider === undefined) return [];
    const message = `codex --profile ${name} uses ${String(profile.model_provider)}`;
    return [finding('CL1012', message, { resource: 'provider', file, ...placeOf(text, ['model_provider']) })];
  } catch (error) {
    if (error instanceof TomlRefusal || failedWith(error, 'EACCES', 'EISDIR', 'ENOENT')) return [];
    throw error;
  }
}
