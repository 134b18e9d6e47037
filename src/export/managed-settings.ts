import { posix } from 'node:path';
import { type ManagedKey, managedKeys } from '../codex/provider-table.ts';
import { sensitiveValues } from '../codex/sensitive.ts';
import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { editToml } from '../toml/edit.ts';
import { parseToml } from '../toml/read.ts';

/** Which of Codex's managed settings to make. */
export const LAYERS = ['config', 'requirements', 'both'] as const;
export type LayerChoice = (typeof LAYERS)[number];

/** Codex's own managed settings, as TOML; null for one that is not wanted. */
export interface ManagedSettings {
  /** Laid over every config.toml, key by key. */
  readonly config: string | null;
  /** Above everything: the selector is fixed, and the table replaces one of the same name whole. */
  readonly requirements: string | null;
}

/**
 * The selector and the provider's table of the YAML, for everybody on a Mac. They name the helper from `~`, which Codex expands in
 * `cwd` and nowhere else, and which is the one relative path that a managed setting may have (codex-rs/config/src/loader/mod.rs).
 *
 * @param person home folder of whoever exports, on whatever system, to be recognised in paths
 * @throws {CodexLinkError} CL9041, CL9042 for what must not be in a file that is the same for everybody and read by all
 */
export function managedSettings(
  desired: Desired,
  person: string,
  layer: LayerChoice,
): { readonly settings: ManagedSettings; readonly findings: readonly Finding[] } {
  const home = slashed(person);
  const keys = portable(managedKeys(desired, 'darwin', `${home}/.codex`), slashed(desired.helper.path), home);
  const config = layer === 'requirements' ? null : textOf(keys);
  const requirements = layer === 'config' ? null : textOf(keys.filter(isRequirement));
  const text = `${config ?? ''}\n${requirements ?? ''}`;
  const problems = [...secrets(config ?? requirements ?? ''), ...ofThisMachine(text.replaceAll('\\\\', '/'), home)];
  if (problems.length > 0) throw new CodexLinkError(problems);
  return { settings: { config, requirements }, findings: costs(desired, keys, layer) };
}

/** A path of Windows as the others write theirs. */
function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

/** The keys with a value, and the helper as everybody has it. */
function portable(keys: readonly ManagedKey[], helper: string, home: string): ManagedKey[] {
  const folder = posix.dirname(helper);
  const isBelowHome = folder === home || folder.startsWith(`${home}/`);
  return keys.flatMap((key): ManagedKey[] => {
    const name = key.path.slice(2).join('.');
    if (name === 'auth.command' && isBelowHome) return [{ ...key, value: `./${posix.basename(helper)}` }];
    if (name === 'auth.command') return [{ ...key, value: helper }];
    if (name === 'auth.cwd') return isBelowHome ? [{ ...key, value: `~${folder.slice(home.length)}` }] : [];
    return key.value === undefined ? [] : [key];
  });
}

/** Source: `ConfigRequirementsToml` of codex 0.169.0; other keys it ignores. */
function isRequirement({ path }: ManagedKey): boolean {
  return path[0] === 'model_provider' || path[0] === 'model_providers';
}

function textOf(keys: readonly ManagedKey[]): string {
  return editToml(
    null,
    keys.flatMap(({ path, value }) => (value === undefined ? [] : [{ op: 'set' as const, path, value }])),
  );
}

function secrets(text: string): Finding[] {
  const count = sensitiveValues(parseToml(text), text).length;
  if (count === 0) return [];
  const message = `${count === 1 ? 'a value' : `${count} values`} of provider.settings or gateway.url would be a secret in the profile`;
  return [finding('CL9041', message, { resource: 'provider' })];
}

function ofThisMachine(text: string, home: string): Finding[] {
  const isIn = (one: string) =>
    `${one}"`
      .split(home)
      .slice(1)
      .some((rest) => /^[/"'\s]/.test(rest));
  const line = home.length < 2 ? undefined : text.split('\n').find(isIn);
  if (line === undefined) return [];
  const key = line.split('=')[0]?.trim() ?? '';
  return [finding('CL9042', `${key} holds the path of your home folder, ${home}`, { resource: 'provider' })];
}

function costs(desired: Desired, keys: readonly ManagedKey[], layer: LayerChoice): Finding[] {
  const about = { resource: 'provider' };
  const { id, auth } = desired.provider;
  const table = `model_providers.${id}`;
  const single = keys.filter(({ path }) => path.length === 1 && (layer !== 'requirements' || path[0] === 'model_provider'));
  const names = [...single.map(({ path }) => path[0]), table].join(', ');
  const unrequired = keys.filter((key) => !isRequirement(key)).map(({ path }) => path[0]);
  const needed = auth === 'helper' ? desired.helper.path.split('/').at(-1) : desired.secret.service;
  return [
    finding('CL9040', `the profile decides ${names} for everybody on the Mac, whatever their config.toml says`, about),
    ...(layer === 'config' ? [finding('CL9043', `a config.toml with fields of its own in ${table} keeps them`, about)] : []),
    ...(layer === 'requirements' && unrequired.length > 0
      ? [finding('CL9044', `${unrequired.join(' and ')} cannot be required, and is not in the profile`, about)]
      : []),
    finding('CL9045', `Codex needs ${needed}, which codex-link apply makes for each person, and the profile does not`, about),
  ];
}
