import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import { isTable, type ParsedTable, sameMeaning } from '../toml/read.ts';
import { meaningOf } from '../toml/write-value.ts';
import { startsSameProgram } from './auth-program.ts';
import { codexHome, configPath } from './home.ts';
import { inEffect, type Layer, type Layers, layerOf, valueAt } from './layers.ts';
import { placeOf } from './place.ts';
import { baseUrl, type ManagedKey, managedKeys, selector } from './provider-table.ts';
import { type Refusal, refusals } from './rules.ts';

/**
 * What the layers around the user's file do to our route, once the file is as we want it. An error is what makes it certain that Codex
 * would not take the route, so that nothing has to be started to know it; whatever else they change is a warning.
 * @param user the user's config.toml as it is now
 */
export function overrides(machine: Machine, desired: Desired, user: ParsedTable, layers: Layers): Finding[] {
  const keys = managedKeys(desired, machine.facts.os, codexHome(machine));
  const own = asWanted(user, keys);
  const effective = inEffect(own, layers);
  const refusedKeys = newRefusals(own, effective);
  const sameProgram = startsSameProgram(machine, desired.provider.id, own, effective);
  const differing = keys.flatMap(({ path, value }) => {
    if (sameProgram && ['auth.command', 'auth.cwd'].includes(path.slice(2).join('.'))) return [];
    const actual = valueAt(effective, path);
    const same = value === undefined || actual === undefined ? actual === value : sameMeaning(actual, meaningOf(value));
    const isTold = path[0] !== 'model_provider' && refusedKeys.some((one) => one.path.join('.') === path.join('.'));
    const layer = same || isTold ? null : layerOf(path, own, layers);
    return layer === null ? [] : [{ path, layer }];
  });
  const selected = differing.find(({ path }) => path[0] === 'model_provider');
  const route = selected ?? (desired.provider.active === 'openai' ? undefined : differing.find(({ path }) => isRoute(path)));
  return [
    ...(route === undefined ? [] : [elsewhere(route, effective, desired)]),
    // A selector that names nothing is told as what it is: another selector.
    ...refusedKeys
      .filter(({ path }) => selected === undefined || path[0] !== 'model_provider')
      .map((one) => together(machine, one, layers)),
    ...others(
      differing.filter((one) => one.layer !== route?.layer),
      layers,
    ),
  ];

  /** Where requests go and with which key; the rest of the table is manners. */
  function isRoute(path: readonly string[]): boolean {
    const field = path.slice(2).join('.');
    return path[0] === 'model_providers' && ['base_url', 'env_key', 'auth', 'auth.command', 'auth.cwd'].includes(field);
  }
}

interface Difference {
  readonly path: readonly string[];
  readonly layer: Layer;
}

/** The file as the next apply leaves it. */
function asWanted(user: ParsedTable, keys: readonly ManagedKey[]): ParsedTable {
  const copy = structuredClone(user);
  for (const { path, value } of keys) {
    const name = path.at(-1) ?? '';
    let table = copy;
    for (const key of path.slice(0, -1)) {
      const inner = table[key];
      if (!isTable(inner)) table[key] = {};
      table = table[key] as ParsedTable;
    }
    if (value === undefined) delete table[name];
    else table[name] = meaningOf(value);
  }
  return copy;
}

function elsewhere({ path, layer }: Difference, effective: ParsedTable, desired: Desired): Finding {
  const about = { resource: 'provider', file: layer.path, ...placeOf(layer.text, path) };
  if (path[0] === 'model_provider') {
    const wanted = selector(desired, desired.provider.active);
    const message = `${layer.path} makes Codex use ${String(effective.model_provider)}, whatever config.toml says; wanted ${wanted}`;
    return finding('CL1006', message, { ...about, fix: `have model_provider taken out of ${layer.path}, by whoever manages it` });
  }
  const table = `model_providers.${desired.provider.id}`;
  const address = valueAt(effective, ['model_providers', desired.provider.id, 'base_url']);
  const what =
    address === baseUrl(desired) ? `changes how Codex authenticates in ${table}` : `sends ${table} to ${address ?? 'no address'}`;
  const ways = [`have ${table} taken out of ${layer.path}, by whoever manages it`, 'set another provider.id'];
  return finding('CL1007', `${layer.path} ${what}, whatever config.toml says`, { ...about, fix: ways.join(', or ') });
}

/** Codex judges the layers together: each may be right and the sum of them wrong. */
function newRefusals(own: ParsedTable, effective: ParsedTable): Refusal[] {
  const known = new Set(refusals(own).map((one) => one.path.join('.')));
  return refusals(effective).filter(({ path }) => !known.has(path.join('.')));
}

function together(machine: Machine, { path, message }: Refusal, layers: Layers): Finding {
  const layer = culprit(path, layers);
  const mine = configPath(machine);
  return finding('CL1008', `${layer?.path ?? 'a layer'} and ${mine} together make Codex refuse everything: ${message}`, {
    resource: 'provider',
    file: layer?.path ?? mine,
    ...(layer === null ? {} : placeOf(layer.text, path)),
    fix: `have ${path.join('.')} taken out of ${layer?.path ?? 'it'}, by whoever manages it`,
  });
}

/** The layer that brings the refused key, or its table. */
function culprit(path: readonly string[], { requirements, managed, system }: Layers): Layer | null {
  const all = [requirements, managed, system].filter((one) => one !== null);
  for (let length = path.length; length > 0; length--) {
    const found = all.find((one) => valueAt(one.config, path.slice(0, length)) !== undefined);
    if (found !== undefined) return found;
  }
  return null;
}

/** One finding for each layer, however much it changes. */
function others(differing: readonly Difference[], { requirements }: Layers): Finding[] {
  return [...new Set(differing.map((one) => one.layer))].map((layer) => {
    const paths = differing.filter((one) => one.layer === layer).map((one) => one.path);
    const [first = []] = paths;
    const verb = layer === requirements ? 'requires' : 'sets';
    return finding('CL1010', `${layer.path} ${verb} ${paths.map((one) => one.join('.')).join(', ')} in its own way`, {
      resource: 'provider',
      file: layer.path,
      ...placeOf(layer.text, first),
      fix: `have it taken out of ${layer.path}, by whoever manages it, or put the same into codex-link.yaml`,
    });
  });
}
