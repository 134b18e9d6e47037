/**
 * How a machine stands. In the order in which one hides another: `silent`: not heard from within the bound, or never; `unreachable`: the
 * collector could not get to it; `error`: its run failed; `drifted`: something is not as stated; `unknown`: something could not be read;
 * `manual`: only a person can go on; `deferred`: something else on the machine will; `in-sync`.
 */
export const STATES = ['silent', 'unreachable', 'error', 'drifted', 'unknown', 'manual', 'deferred', 'in-sync'] as const;
export type HostState = (typeof STATES)[number];

/** How each state is called for people. */
export const STATE_WORDS: Readonly<Record<HostState, string>> = {
  silent: 'not heard from',
  unreachable: 'unreachable',
  error: 'error',
  drifted: 'drifted',
  unknown: 'unknown',
  manual: 'manual',
  deferred: 'deferred',
  'in-sync': 'in sync',
};

/** Programs whose versions stand side by side. */
export const PROGRAMS = ['codexLink', 'codex', 'ccs', 'gateway'] as const;
export type Program = (typeof PROGRAMS)[number];

export const PROGRAM_WORDS: Readonly<Record<Program, string>> = {
  codexLink: 'codex-link',
  codex: 'Codex',
  ccs: 'CCS',
  gateway: 'gateway',
};

/** A resource that is not as it should be. */
export interface HostResource {
  readonly address: string;
  readonly kind: string;
  readonly status: string;
  /** Whether it makes the machine something else than stated, so that an apply would change it. */
  readonly drifted: boolean;
  readonly reason: string;
  readonly cause: string | null;
  /** Who probably wrote what is there; null when nobody else did, or nobody knows. */
  readonly writer: string | null;
  /** ISO time since when it is like this, where the report says so. */
  readonly since: string | null;
  /** What a person types. */
  readonly command: string | null;
  readonly changes: readonly { readonly path: string; readonly before: string; readonly after: string }[];
}

export interface HostFinding {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly fix: string;
}

/** What one report says of its machine. All of it came from elsewhere: texts are cut to a length, and nothing in them is to be trusted. */
export interface HostReport {
  readonly host: string;
  readonly state: HostState;
  /** One line: why it is not in sync. */
  readonly why: string;
  /** ISO time when the machine was last heard from; null for never. */
  readonly heard: string | null;
  /** How it stood then, where `state` only says that nobody knows how it stands now. */
  readonly before: HostState | null;
  readonly command: string | null;
  readonly os: string | null;
  readonly user: string | null;
  readonly versions: Readonly<Record<Program, string | null>>;
  /** Those that are not as they should be. */
  readonly resources: readonly HostResource[];
  readonly findings: readonly HostFinding[];
  /** The file that it was read from; null when there is none. */
  readonly file: string | null;
  readonly line: number | null;
}
