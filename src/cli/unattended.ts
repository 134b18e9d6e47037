import type { Route } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type Candidate, mayHeal } from '../drift/back-off.ts';
import { healable, only } from '../drift/heal.ts';
import type { History } from '../drift/history.ts';
import type { HealedResource } from '../drift/run.ts';
import { makePlan, type Plan } from '../planner/plan.ts';
import type { Selection } from '../planner/selection.ts';
import type { State } from '../planner/state.ts';
import { plain } from '../report/terminal.ts';
import { allResources, general, planWorld } from '../resources/all.ts';
import { appRuns } from '../resources/app.ts';
import type { Console } from './console.ts';
import { carryOut } from './converge.ts';
import type { Opening, Session } from './session.ts';

/** How a run gets at the machine: to look, and under the lock. */
export interface Doors {
  readonly selection: Selection;
  /** Nothing is put back, moved, sent or remembered. */
  readonly looking?: boolean;
  readonly open: (opening: Opening) => Promise<Session>;
  /** Throws `CodexLinkError` with exit 4 when another run holds the lock. */
  readonly locked: (opening: Opening, action: (session: Session) => Promise<number>) => Promise<number>;
}

/** What an unattended change came to. */
export interface Done {
  readonly findings: readonly Finding[];
}

export interface Healing extends Done {
  readonly healed: readonly HealedResource[];
  /** What was tried, in vain or not. */
  readonly tried: readonly Candidate[];
}

/** A console for what happens with nobody there: silent, and nobody can be asked. */
const NOBODY: Console = {
  out: () => {},
  err: () => {},
  paint: plain,
  paintError: plain,
  interactive: false,
  live: false,
  json: false,
  quiet: true,
};

/**
 * Puts back what `heal: safe` may, the way an apply does: lock, a plan made anew, journal, verification, generation. The App is left
 * alone, and `codex doctor` with its network is not asked.
 * @param addresses what was found wrong before the lock was taken
 */
export function heal(doors: Doors, history: History, addresses: ReadonlySet<string>): Promise<Healing> {
  return underLock<Healing>(doors, {}, { healed: [], tried: [], findings: [] }, 'CL8004', async (session) => {
    const { plan: whole, appRunning } = await planQuietly(session, doors.selection);
    const chosen = healable(whole, addresses, appRunning).filter((one) => mayHeal(history.heals, one));
    if (chosen.length === 0) return { healed: [], tried: [], findings: [] };
    const plan = only(whole, chosen);
    const { blocked, result, generation } = await carryOut({ session, plan, command: 'drift', remember: {} }, NOBODY);
    const done = result?.outcome === 'converged' || result?.outcome === 'steps-remain';
    const healed = !done
      ? []
      : result.resources.flatMap(({ planned, result: ended }): HealedResource[] => {
          const { resource, verdict } = planned;
          if (ended !== 'done' || resource.kind === 'verification') return [];
          return [{ address: resource.address, reason: verdict.reason, writer: verdict.writer, generation }];
        });
    const why = [...blocked, ...(result?.resources.flatMap((one) => one.findings) ?? []), ...(result?.findings ?? [])];
    const names = chosen.map((one) => one.address).join(', ');
    const failed = done ? [] : [finding('CL8004', `${names} could not be put back: ${why[0]?.message ?? 'no reason was given'}`)];
    return { healed, tried: chosen, findings: [...failed, ...(result?.notPutBack ?? [])] };
  });
}

async function planQuietly(session: Session, selection: Selection): Promise<{ plan: Plan; appRunning: boolean }> {
  const quiet = { ...session, desired: { ...session.desired, verify: { ...session.desired.verify, doctor: 'off' as const } } };
  const plan = await planWorld(session.readOnly, quiet, selection);
  return { plan, appRunning: appRuns(plan) };
}

/**
 * Moves the selector to the other route and verifies it; nothing else changes, and the App is not restarted: new threads take the new
 * route at once. Null when it has moved, else why not.
 */
export async function moveRoute(doors: Doors, to: Route, why: string): Promise<Finding | null> {
  const nothing = { findings: [] as readonly Finding[] };
  const { findings } = await underLock<Done>(doors, { route: to }, nothing, 'CL8013', async (session) => {
    // A person was quicker.
    if (session.state.hold !== null) return { findings: [finding('CL8013', 'the route is held by hand since a moment ago')] };
    const desired = { ...session.desired, verify: { ...session.desired.verify, doctor: 'off' as const } };
    const all = await allResources(session.readOnly, { ...session, desired });
    const resources = all.filter(({ kind }) => kind === 'provider' || kind === 'verification');
    const everything = { targets: [], excludes: [] };
    const plan = await makePlan(session.readOnly, resources, session.state, everything, general(session.readOnly, session));
    const fallback: State['fallback'] = to === 'openai' ? { since: new Date(session.machine.now()).toISOString(), why } : null;
    const carried = await carryOut({ session, plan, command: 'drift', remember: { fallback } }, NOBODY);
    const { result } = carried;
    if (result?.outcome === 'converged' || result?.outcome === 'steps-remain') return nothing;
    const causes = [...carried.blocked, ...(result?.resources.flatMap((one) => one.findings) ?? []), ...(result?.findings ?? [])];
    const reason = causes[0]?.message ?? 'no reason was given';
    return { findings: [finding('CL8013', `the route could not be moved to ${to}: ${reason}`, { resource: 'provider' })] };
  });
  return findings[0] ?? null;
}

/** Whatever fails becomes a finding: what was seen must be told all the same. */
async function underLock<T extends Done>(
  doors: Doors,
  opening: { readonly route?: Route },
  nothing: T,
  code: 'CL8004' | 'CL8013',
  action: (session: Session) => Promise<T>,
): Promise<T> {
  let done = nothing;
  try {
    await doors.locked({ ...opening, unattended: true }, async (session) => {
      done = await action(session);
      return 0;
    });
    return done;
  } catch (error) {
    if (!(error instanceof CodexLinkError)) throw error;
    return { ...nothing, findings: error.findings.map((one) => finding(code, one.message, { file: one.file })) };
  }
}
