/**
 * When the route moves to OpenAI's own and back. Two thresholds that are far apart, and one that grows: a gateway that comes and goes
 * moves the route a few times a day at most, however often it is looked at.
 */

/** Failed checks in a row after which the route moves. One is a restart of the gateway, two an update of it. */
export const FAILURES = 3;
/** Good checks in a row after which it comes back, at first. */
export const SUCCESSES = 3;
/** The most good checks in a row that it ever takes. */
export const MOST_SUCCESSES = 24;
/** Moving away again within this time of coming back doubles what it takes to come back. */
const RELAPSE_MS = 24 * 3_600_000;
/** Moves that are remembered. */
const KEPT_MOVES = 20;

/** What is remembered of the route. */
export interface RouteHistory {
  /** Checks in a row. */
  readonly failures: number;
  readonly successes: number;
  /** ISO time of the first of the failures in a row. */
  readonly since: string | null;
  /** Newest last. */
  readonly moves: readonly { readonly at: string; readonly to: 'openai' | 'cliproxy' }[];
}

/** What to do after a check. */
export interface Step {
  readonly route: RouteHistory;
  readonly act: 'stay' | 'leave' | 'return';
  /** Checks in a row that count now, and how many it takes. */
  readonly count: number;
  readonly of: number;
}

/**
 * Pure: one more check of the gateway.
 * @param away whether the route is on OpenAI's own now
 */
export function step(before: RouteHistory, healthy: boolean, away: boolean, now: number): Step {
  const failures = healthy ? 0 : before.failures + 1;
  const successes = healthy ? before.successes + 1 : 0;
  const since = healthy ? null : (before.since ?? new Date(now).toISOString());
  const route = { ...before, failures: Math.min(failures, 9999), successes: Math.min(successes, 9999), since };
  const of = away ? successesNeeded(before) : FAILURES;
  const count = away ? successes : failures;
  return { route, act: count < of ? 'stay' : away ? 'return' : 'leave', count, of };
}

/** Pure: after the route has really moved. */
export function moved(route: RouteHistory, to: 'openai' | 'cliproxy', now: number): RouteHistory {
  const moves = [...route.moves, { at: new Date(now).toISOString(), to }].slice(-KEPT_MOVES);
  return { ...route, failures: 0, successes: 0, since: null, moves };
}

/** 3, and twice as many for each time that it had to move away again within a day of coming back. */
function successesNeeded({ moves }: RouteHistory): number {
  let needed = SUCCESSES;
  for (let index = moves.length - 1; index >= 1; index--) {
    const [back, away] = [moves[index - 1], moves[index]];
    if (away?.to !== 'openai') continue;
    if (back?.to !== 'cliproxy' || Date.parse(away.at) - Date.parse(back.at) >= RELAPSE_MS) break;
    needed = Math.min(needed * 2, MOST_SUCCESSES);
  }
  return needed;
}
