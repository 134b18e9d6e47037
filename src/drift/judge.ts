import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Plan, PlannedResource } from '../planner/plan.ts';
import { changes } from '../resources/resource.ts';
import { hasExpired, type IgnoreEntry, localDay, nameOf, sift } from './ignore.ts';
import { type DriftOutcome, type DriftResource, type IgnoredDifference, isDrift } from './run.ts';

/** A resource before the history has said since when. */
export type JudgedResource = Omit<DriftResource, 'since'>;

/** What a plan means for a scheduler. */
export interface Judgement {
  readonly outcome: DriftOutcome;
  readonly resources: readonly JudgedResource[];
  readonly ignored: readonly IgnoredDifference[];
  /** Findings of the plan, without those of accepted differences. */
  readonly findings: readonly Finding[];
  /** Entries that are over; told once. */
  readonly expired: readonly Expired[];
  /** What is wrong, one stable line each, by what it is about: an address, or the code of an error that belongs to no difference. */
  readonly wrong: Readonly<Record<string, string>>;
  /** Addresses that were not looked at. */
  readonly skipped: readonly string[];
}

interface Expired {
  readonly name: string;
  readonly finding: Finding;
}

/** A config.toml that is no TOML cannot be compared, but it is known to be broken: Codex App does not start on it. */
const KNOWN_BROKEN = 'CL1001';

/** Pure. Accepted differences are taken out, and what is left decides. */
export function judge(plan: Plan, ignore: readonly IgnoreEntry[], now: number): Judgement {
  const today = ignore.length === 0 ? '' : localDay(now); // the time zone is a file to read
  const inForce = ignore.filter((one) => !hasExpired(one, today));
  const ignored: IgnoredDifference[] = [];
  const accepted = new Set<string>();
  const resources = plan.resources.map(fromHere).map((planned): JudgedResource => {
    const { resource, verdict } = planned;
    const { address } = resource;
    const differs = isDrift(verdict.status) || verdict.status === 'unknown';
    const sifted = differs ? sift(address, verdict.changes, inForce) : { left: verdict.changes, used: [], whole: false };
    for (const { field, until, reason } of sifted.used)
      ignored.push({ address, field, until, why: reason, reason: verdict.reason });
    if (sifted.whole) accepted.add(address);
    return judged(planned, sifted.left, differs && !sifted.whole);
  });
  const findings = plan.findings.filter((one) => one.resource === null || !accepted.has(one.resource));
  const texts = new Set(plan.resources.flatMap((one) => (one.verdict.fileChange === null ? [] : [one.resource.address])));
  const wrong = whatIsWrong(resources, findings, accepted, texts);
  return {
    outcome: outcomeOf(resources, wrong),
    resources,
    ignored,
    findings,
    expired: ignore.filter((one) => hasExpired(one, today)).map((one) => ({ name: nameOf(one), finding: expiry(one) })),
    wrong,
    skipped: plan.resources.filter((one) => one.verdict.status === 'skipped').map((one) => one.resource.address),
  };
}

/** What only another session can read, like the keychain over SSH, is not known from here. */
function fromHere(planned: PlannedResource): PlannedResource {
  const { verdict, actual } = planned;
  const unread = verdict.status === 'deferred' && actual === undefined;
  return unread ? { ...planned, verdict: { ...verdict, status: 'unknown' } } : planned;
}

function judged({ resource, verdict, cause }: PlannedResource, left: JudgedResource['changes'], counts: boolean): JudgedResource {
  const fix = verdict.findings.find((one) => one.message === verdict.reason)?.fix ?? null;
  return {
    address: resource.address,
    kind: resource.kind,
    status: verdict.status,
    drifted: counts && (isDrift(verdict.status) || verdict.findings.some((one) => one.code === KNOWN_BROKEN)),
    cause,
    reason: verdict.reason,
    writer: cause === 'drift' || verdict.writer === 'ccsxp' ? verdict.writer : null,
    changes: left,
    command: verdict.command ?? (changes(verdict.status) && verdict.status !== 'run' ? 'codex-link apply' : fix),
  };
}

/** An error that belongs to no difference stops an apply as well, so the machine is not as stated: a layer above config.toml, say. */
function whatIsWrong(
  resources: readonly JudgedResource[],
  findings: readonly Finding[],
  accepted: ReadonlySet<string>,
  texts: ReadonlySet<string>,
): Judgement['wrong'] {
  const wrong: Record<string, string> = {};
  for (const one of resources) {
    const open = one.drifted || (one.status === 'unknown' && !accepted.has(one.address));
    // Only which fields, not their values: another wrong value is no news. A text that was edited beside a wrong mode is.
    if (open)
      wrong[one.address] = [one.status, ...one.changes.map(({ path }) => path), ...(texts.has(one.address) ? ['text'] : [])].join(
        ' ',
      );
  }
  for (const { severity, code, resource, file } of findings) {
    if (severity !== 'error' || (resource !== null && wrong[resource] !== undefined)) continue;
    wrong[code] = `${code} ${file ?? ''}`;
  }
  return wrong;
}

/** What is known to differ is worth more than what is not known. */
function outcomeOf(resources: readonly JudgedResource[], wrong: Judgement['wrong']): DriftOutcome {
  const unknown = resources.filter((one) => one.status === 'unknown' && !one.drifted && wrong[one.address] !== undefined);
  return Object.keys(wrong).length > unknown.length ? 'drift' : unknown.length > 0 ? 'unknown' : 'in-sync';
}

function expiry({ resource, field, until, reason }: IgnoreEntry): Finding {
  const what = field === null ? resource : `${field} of ${resource}`;
  const why = reason === null ? '' : ` (${reason})`;
  return finding('CL8001', `drift.ignore accepted ${what} until ${until}${why}, and that is over`, { resource });
}
