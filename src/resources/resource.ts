import type { Finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';

export type Kind =
  | 'ccs'
  | 'accounts'
  | 'routing'
  | 'variants'
  | 'gateway'
  | 'gateway-key'
  | 'secret'
  | 'helper'
  | 'provider'
  | 'dotenv'
  | 'environment'
  | 'schedule'
  | 'verification'
  | 'app';

/** `run` is an action without state of its own, like a restart; it never counts as drift. */
export type Status =
  | 'in-sync'
  | 'create'
  | 'update'
  | 'delete'
  | 'run'
  | 'manual'
  | 'deferred'
  | 'unknown'
  | 'skipped'
  | 'unmanaged';

/** Why a resource differs: the world moved, the YAML moved, or codex-link has never been here. */
export type Cause = 'drift' | 'config' | 'initial';

/** Who probably wrote what is there. */
export type Writer = 'ccsxp' | 'codex' | 'cc-switch' | 'unknown';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** One value that differs. A sensitive one carries `(sensitive)` on both sides, never the value. */
export interface ValueChange {
  readonly path: string;
  readonly before: Json;
  readonly after: Json;
  readonly sensitive: boolean;
}

/** What comparing the desired with the actual state came to, for one resource. */
export interface Verdict {
  readonly status: Status;
  /** One line, for people. */
  readonly reason: string;
  readonly changes: readonly ValueChange[];
  /** Unified diff of the file that changes, secrets masked. Made only when asked for, because the library is slow to load. */
  readonly fileChange: FileChange | null;
  readonly writer: Writer | null;
  /** What a person has to type, for `manual`. */
  readonly command: string | null;
  /** What the change costs: open threads that keep the old route, plugins that hide. */
  readonly consequences: readonly string[];
  readonly findings: readonly Finding[];
}

/** A file before and after; null is no file. `mask` hides what must not be shown. */
export interface FileChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly mask: (line: string) => string;
}

/** Registers how to take back what is about to be done outside of files; files are taken back by the applier itself. */
export type OnUndo = (description: string, undo: (machine: Machine) => Promise<void>) => void;

/**
 * One thing in the world. `read` and `diff` never change anything; `converge` is called only for `create`, `update`, `delete` and
 * `run`, with the reading that the plan was made from, and refuses when the world has moved since.
 */
export interface Resource<Actual = unknown> {
  readonly kind: Kind;
  readonly address: string;
  /** Addresses that must be settled before this one. */
  readonly dependsOn: readonly string[];
  /** Throws `CodexLinkError` or `MachineError` when it cannot be read: that is `unknown`, never absent. */
  read(machine: Machine): Promise<Actual>;
  /** Pure. `changing` holds the addresses that change in the same plan. */
  diff(actual: Actual, changing: ReadonlySet<string>): Verdict;
  /** May return findings that are worth telling although all went well. */
  converge(machine: Machine, actual: Actual, onUndo: OnUndo): Promise<readonly Finding[]> | Promise<void>;
  /** What codex-link wants here, without secrets: remembered after an apply, to tell drift from a changed YAML. */
  wanted(actual: Actual): Json;
}

const nothing = {
  changes: [],
  fileChange: null,
  writer: null,
  command: null,
  consequences: [],
  findings: [],
} as const;

/** A verdict from its status, its reason and what is special about it. */
export function verdict(status: Status, reason: string, rest: Partial<Omit<Verdict, 'status' | 'reason'>> = {}): Verdict {
  return { status, reason, ...nothing, ...rest, fileChange: discreet(rest.fileChange ?? null) };
}

/** The texts hold whatever secrets the file holds. Only who masks them reads them: serialised by mistake, they do not come along. */
function discreet(change: FileChange | null): FileChange | null {
  return change === null ? null : Object.defineProperty({ ...change }, 'toJSON', { value: () => ({ path: change.path }) });
}

/** Nothing of ours differs, but an error stands: that is somebody's step, not a machine in sync. */
export function inSyncUnless(findings: readonly Finding[], reason: string): Verdict {
  const error = findings.find((one) => one.severity === 'error');
  if (error === undefined) return verdict('in-sync', reason, { findings });
  return verdict('manual', error.message, { command: error.fix, findings });
}

/** True when applying would do something. */
export function changes(status: Status): boolean {
  return status === 'create' || status === 'update' || status === 'delete' || status === 'run';
}

/** A sensitive change: only that it changes is shown. */
export function sensitiveChange(path: string, existed: boolean): ValueChange {
  return { path, before: existed ? '(sensitive)' : null, after: '(sensitive)', sensitive: true };
}
