import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { readHistory } from '../../drift/history.ts';
import { readRuns } from '../../drift/runs.ts';
import { makePlan } from '../../planner/plan.ts';
import { planText } from '../../report/plan-text.ts';
import { type ScheduleStanding, scheduleJson, scheduleText } from '../../report/schedule.ts';
import type { Resource } from '../../resources/resource.ts';
import { type ScheduleReading, scheduleResource } from '../../resources/schedule.ts';
import { timesOf, timesText } from '../../schedule/times.ts';
import { detailOf, type Invocation, selectionOf, usage } from '../arguments.ts';
import { type Console, printJson } from '../console.ts';
import { converge, locked, showsPlan } from '../converge.ts';
import type { Command } from '../main.ts';
import { openSession, type Session } from '../session.ts';

/** The schedule by itself: installs it as the YAML says, takes it away, or shows how it stands. */
export const schedule: Command = async ({ operands, flags }, console) => {
  switch (operands[0]) {
    case 'install':
      return change('schedule install', flags, console, async (session) => scheduleOf(session));
    case 'remove':
      return change('schedule remove', flags, console, async (session) => withoutSchedule(session), stillWanted);
    case 'status':
      return show(flags, console);
    default:
      throw usage(`schedule takes install, status or remove, not ${JSON.stringify(operands[0])}`, 'schedule');
  }
};

async function change(
  command: string,
  flags: Invocation['flags'],
  console: Console,
  resourceOf: (session: Session) => Promise<Resource<ScheduleReading>>,
  afterwards: (session: Session) => string | null = () => null,
): Promise<number> {
  return locked(flags, command, {}, async (session) => {
    const resource = await resourceOf(session);
    const plan = await makePlan(session.readOnly, [resource as Resource], session.state, selectionOf(flags, 'schedule'));
    if (showsPlan(plan, console, true)) console.out(await planText(plan, console.paint, detailOf(flags)));
    const code = await converge({ session, plan, command, remember: {}, afterwards: afterwards(session) }, console);
    return code === 2 ? 1 : code;
  });
}

function scheduleOf({ desired, platform, state }: Session): Resource<ScheduleReading> {
  if (desired.drift.schedule === null)
    throw new CodexLinkError(finding('CL8045', `${desired.file} has no drift.schedule`, { file: desired.file }));
  return scheduleResource(desired, platform, state.applied.schedule);
}

function withoutSchedule({ desired, platform, state }: Session): Resource<ScheduleReading> {
  return scheduleResource({ ...desired, drift: { ...desired.drift, schedule: null } }, platform, state.applied.schedule);
}

function stillWanted({ desired }: Session): string | null {
  return desired.drift.schedule === null
    ? null
    : `${desired.file} still has drift.schedule: the next codex-link apply installs it again.\n`;
}

/** Writes nothing, not even that it has looked. */
async function show(flags: Invocation['flags'], console: Console): Promise<number> {
  const session = await openSession(flags, { unattended: true });
  const { readOnly, desired, platform, state } = session;
  const resource = scheduleResource(desired, platform, state.applied.schedule);
  const [reading, { history }, { last }] = await Promise.all([
    resource.read(readOnly),
    readHistory(readOnly),
    readRuns(readOnly),
  ]);
  const wish = desired.drift.schedule;
  const verdict = resource.diff(reading, new Set());
  const present = reading.installed?.present === true;
  const standing: ScheduleStanding = {
    wanted: wish === null ? null : timesText(wish),
    scheduler: reading.scheduler,
    installed: present,
    verdict,
    argv: reading.job?.argv ?? null,
    runs: present && reading.scheduler !== null ? await reading.scheduler.runs(readOnly, wish && timesOf(wish)) : null,
    lastDrift: last,
    inSyncSince: history.inSyncSince,
    findings: [...new Set([...verdict.findings, ...reading.findings])],
  };
  if (console.json) printJson(console, scheduleJson(standing));
  else console.out(scheduleText(standing, console.paint, readOnly.now()));
  return 0;
}
