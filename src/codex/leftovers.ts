import { sameJson } from '../planner/plan.ts';
import type { Json } from '../resources/resource.ts';
import { partsOf } from '../toml/dotted-path.ts';
import type { Parsed, ParsedTable } from '../toml/read.ts';
import { valueAt } from './layers.ts';
import type { ManagedKey } from './provider-table.ts';

/**
 * Keys of config.toml that an earlier apply has set, of which the YAML no longer speaks, and that nobody has changed since: they go. The
 * table of another id stays, because conversations may be bound to it.
 * @param last what the last apply wanted, by dotted path
 * @param keys those that the YAML speaks of
 */
export function leftovers(
  last: Json | undefined,
  keys: readonly ManagedKey[],
  config: ParsedTable,
  providerId: string,
  asJson: (value: Parsed | undefined) => Json,
): ManagedKey[] {
  if (last === undefined || last === null || typeof last !== 'object' || Array.isArray(last)) return [];
  return Object.entries(last as Readonly<Record<string, Json>>).flatMap(([name, value]) => {
    const path = partsOf(name);
    const isOurs = path.length === 1 || path[1] === providerId;
    const isSpokenOf = keys.some((key) => key.path.every((part, index) => part === path[index]));
    const now = valueAt(config, path);
    if (!isOurs || isSpokenOf || now === undefined || !sameJson(asJson(now), value)) return [];
    return [{ path, value: undefined, leftover: true }];
  });
}
