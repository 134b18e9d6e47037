import type { DriftRun } from '../drift/run.ts';
import { head } from './json.ts';

/** A drift run as a document: for `--json`, the JSON report, and the fleet. */
export function driftJson({ version: _version, ...run }: DriftRun) {
  const count = (is: (one: DriftRun['resources'][number]) => boolean) => run.resources.filter(is).length;
  return {
    ...head('drift'),
    ...run,
    summary: {
      inSync: count((one) => one.status === 'in-sync'),
      drifted: count((one) => one.drifted),
      unknown: count((one) => one.status === 'unknown'),
      ignored: run.ignored.length,
      healed: run.healed.length,
    },
  };
}
