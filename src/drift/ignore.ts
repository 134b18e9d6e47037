import type { DesiredDrift } from '../config/desired.ts';
import type { ValueChange } from '../resources/resource.ts';

export type IgnoreEntry = DesiredDrift['ignore'][number];

/** A day as `until` writes it, in local time: a person means the evening where they are. */
export function localDay(now: number): string {
  const at = new Date(now);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** True after the last day of the entry. */
export function hasExpired({ until }: IgnoreEntry, today: string): boolean {
  return until !== null && until < today;
}

/** What tells an entry from the others, so that its end is told once; a later `until` makes it another one. */
export function nameOf({ resource, field, until }: IgnoreEntry): string {
  return [resource, field ?? '', until ?? ''].join(' ');
}

/** True for the resource of the entry; with its kind alone (`accounts`) an entry means all of that kind. */
export function concerns({ resource }: IgnoreEntry, address: string): boolean {
  return address === resource || address.startsWith(`${resource}/`);
}

/** True for the field by its full path or by its end: `strategy` is also `live.strategy`, `name` also `model_providers.cliproxy.name`. */
function isField(change: ValueChange, field: string): boolean {
  return change.path === field || change.path.endsWith(`.${field}`);
}

/** What is left of the differences of one resource after the entries that accept some of them. */
export interface Sifted {
  readonly left: readonly ValueChange[];
  /** Entries that accept something here. */
  readonly used: readonly IgnoreEntry[];
  /** Nothing is left to report. A difference without fields is accepted by an entry without a field only. */
  readonly whole: boolean;
}

/** Pure. `entries` must not have expired. */
export function sift(address: string, changes: readonly ValueChange[], entries: readonly IgnoreEntry[]): Sifted {
  const mine = entries.filter((one) => concerns(one, address));
  const all = mine.find((one) => one.field === null);
  if (all !== undefined) return { left: [], used: [all], whole: true };
  const used = mine.filter(({ field }) => changes.some((one) => isField(one, field ?? '')));
  const left = changes.filter((one) => !used.some(({ field }) => isField(one, field ?? '')));
  return { left, used, whole: used.length > 0 && left.length === 0 };
}
