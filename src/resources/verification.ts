import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform } from '../platform/platform.ts';
import { notLookedAt, verifyRoute } from '../verification/checks.ts';
import { type Resource, type Verdict, verdict } from './resource.ts';

/** The proof that the route works, after a change and before the App is touched. */
export function verificationResource(desired: Desired, platform: Platform, dependsOn: readonly string[]): Resource<null> {
  return {
    kind: 'verification',
    address: 'verification',
    dependsOn,

    async read(): Promise<null> {
      return null;
    },

    diff(_actual: null, changing: ReadonlySet<string>): Verdict {
      const changed = dependsOn.filter((address) => changing.has(address));
      if (changed.length === 0) return verdict('in-sync', 'nothing changes that would have to be verified');
      return verdict('run', 'the changed route is checked end to end');
    },

    async converge(machine: Machine): Promise<readonly Finding[]> {
      const result = await verifyRoute(machine, desired, platform, { live: false });
      const problems = result.checks.filter((one) => one.status === 'failed').flatMap((one) => one.finding ?? []);
      if (problems.length > 0) throw new CodexLinkError(problems);
      const left = notLookedAt(result.checks);
      return [...result.checks.flatMap((one) => one.finding ?? []), ...(left === null ? [] : [left])];
    },

    wanted() {
      return null;
    },
  };
}
