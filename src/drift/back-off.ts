import type { Writer } from '../resources/resource.ts';
import type { Fight } from './run.ts';

/** Putting back that was undone within this time was in vain. */
const IN_VAIN_MS = 24 * 3_600_000;
/** After so many times in vain heal stops. */
export const TRIES = 3;

/** What heal has done about one resource. */
export interface Heal {
  /** How often in a row, each undone within a day, or failed. */
  readonly times: number;
  /** ISO time of the last. */
  readonly last: string;
  /** What differed, and what was wanted instead: with another difference, or another YAML, it begins anew. */
  readonly what: string;
  readonly writer: Writer | null;
  /** It was undone once more after the last try: heal has stopped. */
  readonly stopped?: true;
}

export type Heals = Readonly<Record<string, Heal>>;

/** A difference that could be put back. */
export interface Candidate {
  readonly address: string;
  readonly what: string;
  readonly writer: Writer | null;
}

/** Pure: whether heal may put this back now, or has to stop because somebody undoes it. */
export function mayHeal(heals: Heals, { address, what }: Candidate): boolean {
  const before = heals[address];
  return before === undefined || before.what !== what || before.times < TRIES;
}

/** Pure: the book after a try, done or failed. */
export function tried(heals: Heals, { address, what, writer }: Candidate, now: number): Heals {
  const before = heals[address];
  const inVain = before !== undefined && before.what === what && now - Date.parse(before.last) < IN_VAIN_MS;
  return { ...heals, [address]: { times: inVain ? before.times + 1 : 1, last: new Date(now).toISOString(), what, writer } };
}

/**
 * Pure: the book after a look at the machine. A fight is over when the resource is in sync although heal has stopped: somebody else has
 * put it right. What was put back and has held for a day was no fight.
 */
export function settled(heals: Heals, open: ReadonlySet<string>, fights: readonly Fight[], now: number): Heals {
  const stopped = new Set(fights.map((one) => one.address));
  const kept = Object.entries(heals).flatMap(([address, heal]): [string, Heal][] => {
    if (stopped.has(address)) return [[address, { ...heal, stopped: true }]];
    if (open.has(address)) return [[address, heal]];
    return heal.stopped !== true && now - Date.parse(heal.last) < IN_VAIN_MS ? [[address, heal]] : [];
  });
  return Object.fromEntries(kept);
}

/** Those that heal has stopped for. */
export function fightsAmong(heals: Heals, candidates: readonly Candidate[]): Fight[] {
  return candidates.flatMap((one) => {
    const before = heals[one.address];
    if (before === undefined || mayHeal(heals, one)) return [];
    return [{ address: one.address, writer: one.writer ?? before.writer, times: before.times, last: before.last }];
  });
}
