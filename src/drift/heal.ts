import { crypto } from '../machine/builtins.ts';
import { canonicalJson, type Plan, type PlannedResource } from '../planner/plan.ts';
import { type Kind, verdict } from '../resources/resource.ts';
import type { Candidate } from './back-off.ts';
import { isDrift } from './run.ts';

/** Files of codex-link and the stored key. Everything else needs `ccs`, a login session, a restart, or a person. */
const SAFE: readonly Kind[] = ['helper', 'provider', 'secret', 'dotenv'];
/** A running App reads these only when it starts: what is put back here does nothing without a restart. */
const READ_AT_START: readonly Kind[] = ['secret', 'dotenv'];

/**
 * Pure: the differences that may be put back with nobody there. The world has moved and the YAML has not; nothing that it depends on
 * differs too; and it takes effect without a restart.
 * @param addresses those that are wrong and not accepted
 * @param isAppRunning whether Codex App runs
 */
export function healable(plan: Plan, addresses: ReadonlySet<string>, isAppRunning: boolean): Candidate[] {
  const byAddress = new Map(plan.resources.map((one) => [one.resource.address, one]));
  const can = new Map<string, boolean>();
  const mayBe = (planned: PlannedResource): boolean => {
    const { resource, verdict: found, cause } = planned;
    const known = can.get(resource.address);
    if (known !== undefined) return known;
    const itself =
      !isDifferent(planned) ||
      (isDrift(found.status) &&
        found.status !== 'manual' &&
        cause === 'drift' &&
        addresses.has(resource.address) &&
        SAFE.includes(resource.kind) &&
        !(isAppRunning && READ_AT_START.includes(resource.kind)));
    const below = resource.dependsOn.every((address) => {
      const dependency = byAddress.get(address);
      return dependency === undefined || mayBe(dependency);
    });
    can.set(resource.address, itself && below);
    return itself && below;
  };
  return plan.resources.filter((one) => isDifferent(one) && mayBe(one)).map(candidate);
}

/** Pure: the plan for these alone. Everything else is left out, so that nothing but they, and their proof, is carried out. */
export function only(plan: Plan, chosen: readonly Candidate[]): Plan {
  const addresses = new Set(chosen.map((one) => one.address));
  // A route that is broken elsewhere proves nothing, and putting back known bytes needs no proof.
  const provable = plan.resources.every((one) => !isDifferent(one) || addresses.has(one.resource.address));
  const resources = plan.resources.map((one): PlannedResource => {
    const { address, kind } = one.resource;
    const stays = addresses.has(address) || one.verdict.status === 'in-sync' || (kind === 'verification' && provable);
    return stays ? one : { ...one, verdict: verdict('skipped', 'not put back by heal') };
  });
  const findings = plan.findings.filter((one) => one.resource === null || addresses.has(one.resource));
  return { resources, findings, outcome: 'changes' };
}

function isDifferent({ verdict: { status } }: PlannedResource): boolean {
  return isDrift(status) || status === 'unknown' || status === 'deferred';
}

function candidate({ resource, actual, verdict: found }: PlannedResource): Candidate {
  // Which fields, not their values: a neighbour that writes another time stamp each time is the same neighbour.
  const what = canonicalJson([found.status, found.changes.map(({ path }) => path), resource.wanted(actual)]);
  const mark = crypto().createHash('sha256').update(what).digest('hex').slice(0, 16);
  return { address: resource.address, what: mark, writer: found.writer };
}
