import { head } from '../report/json.ts';
import type { Fleet } from './fleet.ts';
import type { FleetSummary } from './summary.ts';

/** The whole fleet as a document. */
export function fleetJson({ at, maxAgeMs, hosts, findings }: Fleet, { states, ...summary }: FleetSummary) {
  return {
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
    hosts,
    findings,
  };
}
