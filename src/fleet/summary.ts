import type { Fleet } from './fleet.ts';
import { type HostState, PROGRAMS, type Program, STATES } from './host-report.ts';

/** How many machines have drifted in a kind of resource, and by whose hand. */
export interface DriftOfResource {
  readonly resource: string;
  readonly hosts: number;
  /** Most first. */
  readonly writers: readonly { readonly writer: string; readonly hosts: number }[];
}

export interface VersionCount {
  /** Null: the reports do not say. */
  readonly version: string | null;
  readonly hosts: number;
}

export interface FleetSummary {
  readonly hosts: number;
  readonly states: Readonly<Record<HostState, number>>;
  /** Most first. */
  readonly drift: readonly DriftOfResource[];
  /** Most first. */
  readonly versions: Readonly<Record<Program, readonly VersionCount[]>>;
}

/** Counts. Drift is counted for those machines that stand as drifted; what a silent one was like is no news. */
export function summarize({ hosts }: Fleet): FleetSummary {
  const states = new Map<HostState, number>();
  const drift = new Map<string, { hosts: number; writers: Map<string, number> }>();
  const versions = new Map<Program, Map<string | null, number>>(PROGRAMS.map((one) => [one, new Map()]));
  for (const host of hosts) {
    count(states, host.state);
    for (const program of PROGRAMS) count(versions.get(program)!, host.versions[program]);
    if (host.state !== 'drifted') continue;
    for (const { kind, writers } of host.drift) {
      const entry = drift.get(kind) ?? { hosts: 0, writers: new Map() };
      entry.hosts++;
      for (const writer of writers) count(entry.writers, writer);
      drift.set(kind, entry);
    }
  }
  return {
    hosts: hosts.length,
    states: Object.fromEntries(STATES.map((one) => [one, states.get(one) ?? 0])) as Record<HostState, number>,
    drift: [...drift]
      .map(([resource, entry]) => ({
        resource,
        hosts: entry.hosts,
        writers: mostFirst(entry.writers).map(([writer, n]) => ({ writer, hosts: n })),
      }))
      .sort((a, b) => b.hosts - a.hosts || (a.resource < b.resource ? -1 : 1)),
    versions: Object.fromEntries(
      [...versions].map(([program, counts]) => [program, mostFirst(counts).map(([version, n]) => ({ version, hosts: n }))]),
    ) as Record<Program, VersionCount[]>,
  };
}

/** The exit code: 2 when any machine is known not to be as stated; else 1 when of any it cannot be said; else 0. */
export function exitCode({ states }: FleetSummary): 0 | 1 | 2 {
  if (states.drifted + states.manual > 0) return 2;
  return states.error + states.unknown + states.unreachable + states.silent > 0 ? 1 : 0;
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function mostFirst<Key>(counts: ReadonlyMap<Key, number>): [Key, number][] {
  return [...counts].sort(([a, m], [b, n]) => n - m || (String(a) < String(b) ? -1 : 1));
}
