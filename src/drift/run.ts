import type { Route } from '../config/desired.ts';
import type { Finding } from '../diagnostics/diagnostics.ts';
import type { Cause, Kind, Status, ValueChange, Writer } from '../resources/resource.ts';

/**
 * How a look at the machine ended. `drift`: something is known not to be as stated. `unknown`: nothing is known to differ, but something
 * could not be asked. `error`: the run itself failed, so that nothing can be said.
 */
export type DriftOutcome = 'in-sync' | 'drift' | 'unknown' | 'error';

/** The exit code of the contract for each outcome. */
export const EXIT_CODES: Readonly<Record<DriftOutcome, 0 | 1 | 2 | 3>> = { 'in-sync': 0, error: 1, drift: 2, unknown: 3 };

/**
 * One look at the machine by `codex-link drift`: what every report says in its own form. It holds no secret: sensitive values are
 * masked where they are compared.
 */
export interface DriftRun {
  /** ISO time. */
  readonly started: string;
  readonly durationMs: number;
  readonly outcome: DriftOutcome;
  /** Version of the codex-link that looked. */
  readonly version: string;
  readonly os: string;
  readonly host: string;
  readonly user: string;
  /** Absolute path of codex-link.yaml, or `-`. */
  readonly file: string;
  /** What differs, or could not be asked, is not what it was at the run before. A return to in sync is a change too. */
  readonly changed: boolean;
  /** ISO time of the first of the runs in a row that found all in sync; null when this one did not. */
  readonly inSyncSince: string | null;
  /** ISO time of the last run that found all in sync, this one included; null when none has. */
  readonly lastInSync: string | null;
  /** ISO time of the last run that could say how the machine stands, this one included; null for none. */
  readonly lastSuccess: string | null;
  /** Every resource of this machine, in the order of the plan. */
  readonly resources: readonly DriftResource[];
  /** Differences that an entry of `drift.ignore` accepts. */
  readonly ignored: readonly IgnoredDifference[];
  /** What `heal: safe` has put back in this run. */
  readonly healed: readonly HealedResource[];
  /** Resources that `heal: safe` has stopped putting back, because a neighbour undoes it. */
  readonly fights: readonly Fight[];
  /** What `fallback: openai` is doing; null when it is off, or has nothing to do. */
  readonly fallback: FallbackStand | null;
  readonly findings: readonly Finding[];
}

/** One resource, as the run leaves it. */
export interface DriftResource {
  readonly address: string;
  readonly kind: Kind;
  readonly status: Status;
  /**
   * Whether it makes the machine something else than stated. Create, update, delete and manual do, whatever the cause: a YAML that was
   * changed and not applied leaves the machine as far from it as an edit does, as with `plan --detailed-exitcode`. So does a
   * config.toml that is no TOML. An action without state (run),
   * a step that something else will take (deferred), and what is skipped or not managed do not.
   */
  readonly drifted: boolean;
  /** Why it differs; null where it does not, or where no apply could change it. */
  readonly cause: Cause | null;
  /** One line. */
  readonly reason: string;
  /** Who probably wrote what is there; null when nobody else did. */
  readonly writer: Writer | null;
  /** ISO time of the first run that found it like this; null while it is as it should be. */
  readonly since: string | null;
  /** The values that differ and are not ignored. */
  readonly changes: readonly ValueChange[];
  /** What a person types to put it right; null when there is nothing to type. */
  readonly command: string | null;
}

/** A difference that is known and accepted. */
export interface IgnoredDifference {
  readonly address: string;
  /** The one field that is accepted; null: all of the resource. */
  readonly field: string | null;
  /** Last day, as YYYY-MM-DD in local time; null: for good. */
  readonly until: string | null;
  readonly why: string | null;
  /** What is accepted, in one line. */
  readonly reason: string;
}

/** A resource that was put back. */
export interface HealedResource {
  readonly address: string;
  /** What was wrong. */
  readonly reason: string;
  readonly writer: Writer | null;
  /** Number of the generation, for `codex-link history show N`. */
  readonly generation: number | null;
}

/** Somebody undoes what heal puts back. */
export interface Fight {
  readonly address: string;
  readonly writer: Writer | null;
  /** How often it was put back in vain. */
  readonly times: number;
  /** ISO time of the last try. */
  readonly last: string;
}

/** The route, where `fallback: openai` watches it. */
export interface FallbackStand {
  readonly route: Route;
  /** `moved`: to the OAuth route in this run; `returned`: back in this run; `away`: still there; `watching`: it fails, but not for long enough. */
  readonly move: 'moved' | 'returned' | 'away' | 'watching';
  /** ISO time of the last move, or of the first failed check; null when it is not known. */
  readonly since: string | null;
  /** Why, in one line. */
  readonly why: string;
  /** Failed (or, while away, good) checks in a row, and how many it takes. */
  readonly count: number;
  readonly of: number;
}

/** True for a status that makes the machine something else than stated. */
export function isDrift(status: Status): boolean {
  return status === 'create' || status === 'update' || status === 'delete' || status === 'manual';
}
