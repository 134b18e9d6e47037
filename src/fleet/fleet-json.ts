import { head } from '../report/json.ts';
import type { Fleet } from './fleet.ts';
import { hostsJson } from './host-row.ts';
import type { FleetSummary } from './summary.ts';

/** The whole fleet as a document, in pieces. On one line: of thousands of machines, indentation would be a third. */
export function* fleetJson({ at, maxAgeMs, hosts, findings }: Fleet, { states, ...summary }: FleetSummary): Generator<string> {
  const before = {
    ...head('fleet report'),
    at,
    maxAgeMs,
    summary: {
      hosts: summary.hosts,
      inSync: states['in-sync'],
      drifted: states.drifted,
      manual: states.manual,
      deferred: states.deferred,
      unknown: states.unknown,
      error: states.error,
      unreachable: states.unreachable,
      silent: states.silent,
    },
    drift: summary.drift,
    versions: summary.versions,
  };
  yield `${JSON.stringify(before).slice(0, -1)},"hosts":`;
  yield* hostsJson(hosts);
  yield `,"findings":${JSON.stringify(findings)}}\n`;
}
