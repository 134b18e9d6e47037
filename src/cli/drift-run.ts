import { otherHolder } from '../applier/lock.ts';
import { hasChatgptLogin } from '../codex/login.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { fightsAmong, settled, tried } from '../drift/back-off.ts';
import type { RouteHistory, Step } from '../drift/fallback.ts';
import { digestOf, type History, NO_HISTORY, noted, readHistory, updateHistory } from '../drift/history.ts';
import { type Judgement, judge } from '../drift/judge.ts';
import type { DriftRun, FallbackStand, Fight, HealedResource } from '../drift/run.ts';
import { noteRun, readRuns } from '../drift/runs.ts';
import type { Plan } from '../planner/plan.ts';
import { planWorld } from '../resources/all.ts';
import { appRuns } from '../resources/app.ts';
import { isFallenBack, type Session } from './session.ts';
import type { Doors } from './unattended.ts';

declare const CODEX_LINK_VERSION: string;

/** A neighbour in the middle of its own write, or a gateway that restarts, is done after this. In ms. */
const SECOND_LOOK_MS = 1500;

export interface Drifted {
  readonly run: DriftRun;
  readonly session: Session;
  /** All that is wrong in one line, for whoever tells it only when it is new. */
  readonly digest: string;
  /** What was remembered before this run. */
  readonly before: History;
}

/** One look, as the history of the runs before has it at hand. */
interface Look {
  readonly session: Session;
  readonly plan: Plan;
  readonly judgement: Judgement;
}

/**
 * Looks at the machine, puts back and moves what it may unless it is only to look, remembers the run and returns what there is to tell.
 * While all is in sync it is the reading of a plan and one line in a log.
 */
export async function driftRun(doors: Doors): Promise<Drifted> {
  const session = await doors.open({ unattended: true });
  const { machine } = session;
  const began = machine.now();
  const remembered = await readHistory(session.readOnly);
  const before = remembered.history;
  let seen = await firstLook(doors, session, before);
  const findings: Finding[] = remembered.finding === null ? [] : [remembered.finding];

  const fallen = await fallback(doors, seen, before);
  findings.push(...fallen.findings);
  if (fallen.stand?.move === 'moved' || fallen.stand?.move === 'returned') seen = await look(doors);

  const healing = await heal(doors, seen, before);
  findings.push(...healing.findings);
  if (healing.healed.length > 0) seen = await look(doors);

  const { judgement } = seen;
  const wrong = withRoute(judgement.wrong, fallen.stand);
  const outcome = judgement.outcome !== 'drift' && wrong !== judgement.wrong ? 'drift' : judgement.outcome;
  const at = new Date(began).toISOString();
  const observation = { at, durationMs: machine.now() - began, outcome, wrong, skipped: judgement.skipped };
  const next = (history: History): History => {
    const { history: one } = noted(history, observation);
    const book = healing.tried.reduce((heals, candidate) => tried(heals, candidate, began), history.heals);
    const open = new Set(Object.keys(one.open));
    return {
      ...one,
      route: fallen.route,
      heals: settled(book, open, healing.fights, began),
      expired: judgement.expired.map(({ name }) => name),
    };
  };
  const problem = doors.looking ? null : await updateHistory(machine, remembered, next);
  if (problem !== null) findings.push(problem);
  const { run: ended } = noted(before, observation);
  const unwritten = doors.looking ? null : await noteRun(machine, ended);
  if (unwritten !== null && problem === null) findings.push(unwritten);
  const { lastInSync, lastSuccess } =
    ended.outcome === 'in-sync' ? { lastInSync: at, lastSuccess: at } : await readRuns(session.readOnly);
  const after = next(before);
  const told = judgement.expired.filter(({ name }) => !before.expired.includes(name)).map((one) => one.finding);
  const digest = digestOf(after.open);
  const { facts } = machine;
  const run: DriftRun = {
    started: at,
    durationMs: machine.now() - began,
    outcome,
    version: CODEX_LINK_VERSION,
    os: facts.os,
    host: facts.host,
    user: facts.user,
    file: session.desired.file,
    changed: digest !== digestOf(before.open) || healing.healed.length > 0 || told.length > 0,
    inSyncSince: after.inSyncSince,
    lastInSync,
    lastSuccess,
    resources: judgement.resources.map((one) => ({ ...one, since: after.open[one.address]?.since ?? null })),
    ignored: judgement.ignored,
    healed: healing.healed,
    fights: healing.fights,
    fallback: fallen.stand,
    findings: [...judgement.findings, ...told, ...findings],
  };
  return { run, session: seen.session, digest, before };
}

/** A difference that nobody has seen before is looked at twice: what is gone a moment later was somebody's write under way. */
async function firstLook(doors: Doors, session: Session, before: History): Promise<Look> {
  await refuseWhileApplying(session);
  const first = await look(doors, session);
  const isNew = Object.keys(first.judgement.wrong).some((about) => before.open[about] === undefined);
  if (!isNew) return first;
  await session.machine.sleep(SECOND_LOOK_MS);
  await refuseWhileApplying(session);
  return look(doors);
}

async function look(doors: Doors, opened?: Session): Promise<Look> {
  const session = opened ?? (await doors.open({ unattended: true }));
  const plan = await planWorld(session.readOnly, session, doors.selection);
  return { session, plan, judgement: judge(plan, session.desired.drift.ignore, session.machine.now()) };
}

/** In the middle of an apply everything differs, and nothing has drifted. */
async function refuseWhileApplying({ readOnly }: Session): Promise<void> {
  const holder = await otherHolder(readOnly);
  if (holder === null) return;
  const fix = 'wait for its end; the next run looks again';
  throw new CodexLinkError(finding('CL0003', `the lock is held by codex-link ${holder.command}`, { fix }), 4);
}

interface HealStep {
  readonly healed: readonly HealedResource[];
  readonly tried: Parameters<typeof tried>[1][];
  readonly fights: readonly Fight[];
  readonly findings: readonly Finding[];
}

async function heal(doors: Doors, { session, plan, judgement }: Look, before: History): Promise<HealStep> {
  const wrong = new Set(Object.keys(judgement.wrong));
  const nothing = { healed: [], tried: [], fights: [], findings: [] };
  if (doors.looking || session.desired.drift.heal !== 'safe' || !judgement.resources.some((one) => one.drifted)) return nothing;
  const [{ healable }, unattended] = await Promise.all([import('../drift/heal.ts'), import('./unattended.ts')]);
  const candidates = healable(plan, wrong, appRuns(plan));
  const fights = fightsAmong(before.heals, candidates);
  const isFought = (address: string) => fights.some((one) => one.address === address);
  const done = candidates.every((one) => isFought(one.address)) ? nothing : await unattended.heal(doors, before, wrong);
  const left = judgement.resources.filter((one) => one.drifted && !candidates.some(({ address }) => address === one.address));
  return {
    healed: done.healed,
    tried: [...done.tried],
    fights,
    findings: [
      ...done.findings,
      ...fights.map(fightFinding),
      ...left.map(({ address, reason }) => finding('CL8005', `${address} is left to you: ${reason}`, { resource: address })),
    ],
  };
}

function fightFinding({ address, writer, times, last }: Fight): Finding {
  const who = writer === null || writer === 'unknown' ? 'somebody' : writer;
  const message = `${who} undoes what heal puts back in ${address}: ${times} times, last after ${last}; heal has stopped`;
  return finding('CL8003', message, { resource: address });
}

interface FallbackStep {
  readonly stand: FallbackStand | null;
  readonly route: RouteHistory;
  readonly findings: readonly Finding[];
}

/** A route that is held, or that the YAML sets to OpenAI's own, is not watched. */
async function fallback(doors: Doors, { session }: Look, before: History): Promise<FallbackStep> {
  const { desired, state, readOnly, machine } = session;
  const away = isFallenBack(desired, state);
  const idle = { stand: null, route: NO_HISTORY.route, findings: [] };
  if (desired.drift.fallback !== 'openai' || state.hold !== null) return idle;
  if (!away && desired.provider.active !== 'cliproxy') return idle;
  const [{ routeHealth }, rules] = await Promise.all([import('../drift/route-health.ts'), import('../drift/fallback.ts')]);
  const health = await routeHealth(readOnly, desired, session.token);
  if (health === null) return { ...idle, route: before.route };
  const made: Step = rules.step(before.route, health.healthy, away, machine.now());
  const { route, count, of, act } = made;
  const stand = (move: FallbackStand['move'], since: string | null, why: string): FallbackStand => {
    return { route: move === 'moved' || move === 'away' ? 'openai' : 'cliproxy', move, since, why, count, of };
  };
  const stays = (extra: readonly Finding[] = []): FallbackStep => {
    if (away)
      return { stand: stand('away', state.fallback?.since ?? null, state.fallback?.why ?? health.why), route, findings: extra };
    if (health.healthy) return { stand: null, route, findings: extra };
    const message = `${health.why}; ${count} of ${of} failed checks in a row`;
    const findings = extra.length > 0 ? extra : [finding('CL8014', message, { resource: 'gateway' })];
    return { stand: stand('watching', route.since, health.why), route, findings };
  };
  if (act === 'stay' || doors.looking) return stays();
  if (act === 'leave' && !(await hasChatgptLogin(readOnly)))
    return stays([
      finding('CL8012', `the route stays on cliproxy, because Codex has no ChatGPT login: ${health.why}`, {
        resource: 'provider',
      }),
    ]);
  const { moveRoute } = await import('./unattended.ts');
  const to = act === 'leave' ? 'openai' : 'cliproxy';
  const refused = await moveRoute(doors, to, health.why);
  if (refused !== null) return stays([refused]);
  const at = new Date(machine.now()).toISOString();
  const back = finding('CL8011', `the route is back on cliproxy: ${health.why}, ${count} times in a row`, {
    resource: 'provider',
  });
  return {
    stand: stand(act === 'leave' ? 'moved' : 'returned', at, health.why),
    route: rules.moved(route, to, machine.now()),
    findings: act === 'leave' ? [] : [back], // that it has moved away is told by every plan
  };
}

/** A route that is away, or should be and cannot, is not what the YAML says, although the plan finds nothing to change. */
function withRoute(wrong: Judgement['wrong'], stand: FallbackStand | null): Judgement['wrong'] {
  if (stand?.route === 'openai') return { ...wrong, fallback: 'the route is on openai' };
  return stand?.move === 'watching' && stand.count >= stand.of ? { ...wrong, fallback: 'the route cannot move' } : wrong;
}
