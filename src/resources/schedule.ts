import type { Desired } from '../config/desired.ts';
import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform } from '../platform/platform.ts';
import { differing, type Installed, type Job, type Scheduler } from '../platform/scheduler.ts';
import { type Program, runningProgram, scheduledCommand } from '../schedule/command-line.ts';
import { timesOf, timesText } from '../schedule/times.ts';
import { type Json, type OnUndo, type Resource, type Verdict, verdict } from './resource.ts';

const ADDRESS = 'schedule';

/** What an apply remembers of the schedule. */
interface Remembered {
  readonly scheduler: Scheduler['kind'];
  readonly argv: readonly string[];
}

export interface ScheduleReading {
  /** Null when nothing here can run a schedule, or none is wanted and none was installed. */
  readonly scheduler: Scheduler | null;
  readonly job: Job | null;
  readonly installed: Installed | null;
  /** Worth telling when something changes, and by `schedule status`. */
  readonly findings: readonly Finding[];
  /** Why nobody but a person can go on; null when nothing is in the way. */
  readonly obstacle: Finding | null;
}

/**
 * The schedule that runs `codex-link drift`.
 * @param last what the last apply remembered of it; undefined when there was none
 * @param program the files that this codex-link runs from
 */
export function scheduleResource(
  desired: Desired,
  platform: Platform,
  last: Json | undefined,
  program: Program = runningProgram(),
): Resource<ScheduleReading> {
  const { schedule } = desired.drift;
  return {
    kind: 'schedule',
    address: ADDRESS,
    dependsOn: [],

    read: (machine: Machine) => readSchedule(machine, desired, platform, last, program),

    diff({ scheduler, installed, findings, obstacle }: ScheduleReading): Verdict {
      if (obstacle !== null) return verdict('manual', obstacle.message, { command: obstacle.fix, findings: [obstacle] });
      if (scheduler === null || installed === null) return verdict('unmanaged', 'drift.schedule is off');
      const different = differing(installed);
      const part = different[0];
      const wrong = schedule === null ? installed.present : part !== undefined || installed.flaw !== null;
      if (!wrong)
        return schedule === null
          ? verdict('unmanaged', 'drift.schedule is off')
          : verdict('in-sync', `${scheduler.name} looks for drift, ${timesText(schedule)}`);
      if (installed.outOfReach !== null) {
        const { message, fix } = installed.outOfReach;
        return verdict('deferred', `${scheduler.name} is to be changed, but ${message}`, {
          command: fix,
          findings: [{ ...installed.outOfReach, resource: ADDRESS }],
        });
      }
      const fileChange = part === undefined ? null : { ...part, mask: (line: string) => line };
      if (schedule === null) return verdict('delete', `${scheduler.name} no longer looks for drift`, { fileChange });
      if (!installed.present) return verdict('create', `${scheduler.name} does not look for drift yet`, { fileChange, findings });
      const reason = part === undefined ? (installed.flaw ?? '') : `${part.path} is not what codex-link wrote`;
      return verdict('update', reason, { fileChange, findings });
    },

    async converge(machine: Machine, { scheduler, installed }: ScheduleReading, onUndo: OnUndo): Promise<void> {
      if (scheduler === null || installed === null) return;
      if (schedule === null) await scheduler.remove(machine, installed, onUndo);
      else await scheduler.install(machine, installed, onUndo);
    },

    wanted({ scheduler, job }: ScheduleReading): Json {
      if (scheduler === null || job === null || schedule === null) return null;
      return { scheduler: scheduler.kind, argv: job.argv, environment: job.environment, times: timesText(schedule) };
    },
  };
}

async function readSchedule(
  machine: Machine,
  desired: Desired,
  platform: Platform,
  last: Json | undefined,
  program: Program,
): Promise<ScheduleReading> {
  const { schedule } = desired.drift;
  const remembered = rememberedFrom(last);
  const nothing = { scheduler: null, job: null, installed: null, findings: [], obstacle: null };
  if (schedule === null) return { ...nothing, ...(await anyInstalled(machine, platform, remembered)) };
  if (desired.file === '-')
    return { ...nothing, obstacle: finding('CL8047', 'codex-link.yaml came from standard input', { resource: ADDRESS }) };
  const scheduler = await chosen(machine, platform, remembered);
  if ('code' in scheduler) return { ...nothing, obstacle: { ...scheduler, resource: ADDRESS } };
  const { unstable, ...command } = await scheduledCommand(machine, desired, program, remembered?.argv ?? null);
  const job = { ...command, times: timesOf(schedule) };
  const installed = await scheduler.read(machine, job);
  const passing = unstable.map((path) => finding('CL8040', `${path} will be gone after an update`, { file: path }));
  const findings = [...passing, ...installed.findings].map((one) => ({ ...one, resource: ADDRESS }));
  return { scheduler, job, installed, findings, obstacle: null };
}

/** The one that was taken before, for two would both run; else the first that can be used. A finding when none can. */
async function chosen(machine: Machine, { schedulers }: Platform, last: Remembered | null): Promise<Scheduler | Finding> {
  const before = schedulers.find((one) => one.kind === last?.scheduler);
  if (before !== undefined) return before;
  let why: Finding | null = null;
  for (const scheduler of schedulers) {
    const unavailable = await scheduler.unavailable(machine);
    if (unavailable === null) return scheduler;
    why ??= unavailable;
  }
  const message = schedulers.length > 1 ? 'nothing here could run the schedule: neither systemd nor cron' : why?.message;
  return finding('CL8042', message ?? 'nothing here could run the schedule');
}

/** One that has something of ours, the one that was taken last before the others. */
async function anyInstalled(
  machine: Machine,
  { schedulers }: Platform,
  last: Remembered | null,
): Promise<Pick<ScheduleReading, 'scheduler' | 'installed'>> {
  const inOrder = schedulers.toSorted((a, b) => Number(b.kind === last?.scheduler) - Number(a.kind === last?.scheduler));
  for (const scheduler of inOrder) {
    const installed = scheduler.kind === last?.scheduler ? await scheduler.read(machine, null) : await glance(machine, scheduler);
    if (installed?.present === true) return { scheduler, installed };
  }
  return { scheduler: null, installed: null };
}

/** One that cannot be asked, and was never taken, holds nothing of ours. The files of a timer can be there although nobody answers. */
async function glance(machine: Machine, scheduler: Scheduler): Promise<Installed | null> {
  if (scheduler.kind !== 'systemd' && (await scheduler.unavailable(machine)) !== null) return null;
  try {
    return await scheduler.read(machine, null);
  } catch (error) {
    if (error instanceof CodexLinkError) return null;
    throw error;
  }
}

function rememberedFrom(last: Json | undefined): Remembered | null {
  if (last === undefined || last === null || typeof last !== 'object' || Array.isArray(last)) return null;
  const { scheduler, argv } = last as { scheduler?: Json; argv?: Json };
  if (typeof scheduler !== 'string' || !Array.isArray(argv) || !argv.every((one) => typeof one === 'string')) return null;
  return { scheduler: scheduler as Scheduler['kind'], argv: argv as readonly string[] };
}
