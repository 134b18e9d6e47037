/** Documents as machines write them, with what a test needs to differ. */

export const NOW = Date.parse('2026-11-21T12:00:00Z');
export const HOUR = 3_600_000;

/** ISO time so many hours before now. */
export function hoursAgo(hours: number): string {
  return new Date(NOW - hours * HOUR).toISOString();
}

type Members = Readonly<Record<string, unknown>>;

export function resource(address: string, status: string, rest: Members = {}): Members {
  const base = { address, kind: address.split('/')[0], status, cause: null, reason: `${address} is ${status}`, changes: [] };
  return { ...base, writer: null, command: null, ...rest };
}

export function plan(resources: readonly Members[], rest: Members = {}): Members {
  const outcome = resources.every((one) => one.status === 'in-sync') ? 'in-sync' : 'changes';
  return document('plan', { outcome, resources, at: hoursAgo(1), ...rest });
}

export function apply(outcome: string, resources: readonly Members[], rest: Members = {}): Members {
  return document('apply', { outcome, resources, at: hoursAgo(1), verified: true, ...rest });
}

export function drift(outcome: string, resources: readonly Members[], rest: Members = {}): Members {
  return document('drift', { outcome, resources, started: hoursAgo(1), ...rest });
}

export function document(command: string, rest: Members): Members {
  return { formatVersion: '1.0', command, codexLinkVersion: '0.1.0', os: 'linux', findings: [], ...rest };
}

/** An error in the place of a document. */
export function failure(command = 'plan'): Members {
  const error = { code: 'CL2001', message: 'the YAML is broken', fix: 'mend it' };
  return { formatVersion: '1.0', command, codexLinkVersion: '0.1.0', error, findings: [{ ...error, severity: 'error' }] };
}
