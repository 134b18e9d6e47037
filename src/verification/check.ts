import type { Desired } from '../config/desired.ts';
import type { Finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform } from '../platform/platform.ts';

export type CheckId =
  | 'helper'
  | 'environment'
  | 'listener'
  | 'key'
  | 'base-path'
  | 'config'
  | 'provider'
  | 'doctor'
  | 'login'
  | 'live'
  | 'runtime';

/** One step of the route and how it stands. */
export interface Check {
  readonly id: CheckId;
  readonly status: 'passed' | 'failed' | 'warning' | 'skipped';
  /** One line: what was seen, or why it was skipped. */
  readonly message: string;
  readonly finding: Finding | null;
  /** Which one, for `runtime`: what a person types to start it. */
  readonly runtime?: string;
}

/** What a check works with. */
export interface Route {
  readonly machine: Machine;
  readonly desired: Desired;
  readonly platform: Platform;
}

export function passed(id: CheckId, message: string): Check {
  return { id, status: 'passed', message, finding: null };
}

export function skipped(id: CheckId, message: string): Check {
  return { id, status: 'skipped', message, finding: null };
}

/** Failed for an error, a warning for what is less. */
export function found(id: CheckId, one: Finding): Check {
  return { id, status: one.severity === 'error' ? 'failed' : 'warning', message: one.message, finding: one };
}
