import { posix } from 'node:path';
import { CodexLinkError, type Finding, finding } from '../../diagnostics/diagnostics.ts';
import { type Exit, type Machine, MachineError, readText } from '../../machine/machine.ts';
import { systemProgram } from '../../machine/programs.ts';
import type { OnUndo } from '../../resources/resource.ts';
import { refuseCharacters } from '../../schedule/characters.ts';
import type { Installed, Job, Part, Runs, Scheduler } from '../scheduler.ts';
import { serviceUnit, timerUnit } from './systemd-units.ts';

const NAME = 'codex-link-drift';
const TIMER = `${NAME}.timer`;
const SERVICE = `${NAME}.service`;
const TIMEOUT_MS = 10_000;

/** A timer of the user's own systemd. */
export const systemdTimer: Scheduler = {
  kind: 'systemd',
  name: 'the systemd user timer',

  async unavailable(machine: Machine): Promise<Finding | null> {
    return (await answers(machine)) ? null : finding('CL8042', 'no user manager of systemd answers');
  },

  async read(machine: Machine, job: Job | null): Promise<Installed> {
    if (job !== null) refuseCharacters(job);
    const wanted = { [SERVICE]: job && serviceUnit(job), [TIMER]: job && timerUnit(job.times) };
    const parts = await Promise.all(
      Object.entries(wanted).map(async ([name, after]): Promise<Part> => {
        const path = posix.join(folder(machine), name);
        return { path, before: await readText(machine, path), after };
      }),
    );
    const linked = await isLinked(machine);
    const present = linked || parts.some(({ before }) => before !== null);
    const state = present || job !== null ? await timerState(machine) : null;
    const reachable = state !== null || (!present && job === null);
    const findings = job !== null && (await endsWithSession(machine)) ? [lingering(machine)] : [];
    const outOfReach = reachable ? null : finding('CL8050', 'no user manager of systemd answers here');
    return { present, parts, flaw: job === null ? null : flaw(state, linked), outOfReach, findings };
  },

  async install(machine: Machine, { parts }: Installed, onUndo: OnUndo): Promise<void> {
    const before = await timerState(machine);
    // What is registered first is undone last: then the files are as they were.
    onUndo('the systemd user timer', async (later) => {
      await systemctl(later, ['daemon-reload'], 'write');
      if (before?.ActiveState === 'active') await systemctl(later, ['restart', TIMER], 'write');
    });
    await machine.makeFolder(folder(machine), 0o755);
    for (const { path, before: text, after } of parts)
      await machine.write(path, bytes(after ?? ''), { mode: 0o644, expect: text === null ? null : bytes(text) });
    await done(machine, ['daemon-reload']);
    if (!(await isLinked(machine)))
      onUndo(
        'the systemd user timer being enabled',
        async (later) => void (await systemctl(later, ['disable', '--now', TIMER], 'write')),
      );
    await done(machine, ['enable', '--now', TIMER]);
    // A timer that was running goes on with its old times.
    if (before?.ActiveState === 'active') await done(machine, ['restart', TIMER]);
    const state = await timerState(machine);
    const wrong = flaw(state, await isLinked(machine));
    if (wrong !== null) throw new CodexLinkError(finding('CL8043', `${TIMER} was installed, but ${wrong}`));
  },

  async remove(machine: Machine, { parts }: Installed, onUndo: OnUndo): Promise<void> {
    const [before, enabled] = await Promise.all([timerState(machine), isLinked(machine)]);
    onUndo('the systemd user timer', async (later) => {
      await systemctl(later, ['daemon-reload'], 'write');
      if (enabled) await systemctl(later, ['enable', TIMER], 'write');
      if (before?.ActiveState === 'active') await systemctl(later, ['start', TIMER], 'write');
    });
    if (before !== null) {
      await done(machine, ['disable', '--now', TIMER]);
      await systemctl(machine, ['clean', '--what=state', TIMER], 'write'); // when it ran last; older systemd do not know how
    }
    for (const { path } of parts) await machine.remove(path);
    await machine.remove(link(machine)); // there still, when nobody answered
    if (before !== null) await done(machine, ['daemon-reload']);
  },

  async runs(machine: Machine): Promise<Runs> {
    const timer = await properties(machine, TIMER, ['NextElapseUSecRealtime']);
    const service = await properties(machine, SERVICE, ['ExecMainStatus', 'ExecMainExitTimestamp']);
    const ended = moment(service?.ExecMainExitTimestamp);
    return {
      next: moment(timer?.NextElapseUSecRealtime) ?? (timer === null ? null : await counted(machine)),
      last: ended, // when the timer was last triggered says the day it was installed, too
      exitCode: ended === null ? null : Number(service?.ExecMainStatus),
    };
  },
};

function folder({ facts }: Machine): string {
  return posix.join(facts.env.XDG_CONFIG_HOME || posix.join(facts.home, '.config'), 'systemd', 'user');
}

/** What `enable` makes. */
function link(machine: Machine): string {
  return posix.join(folder(machine), 'timers.target.wants', TIMER);
}

/** The manager's own word on it is as old as its last reload. */
async function isLinked(machine: Machine): Promise<boolean> {
  return (await machine.lstat(link(machine))) !== null;
}

type TimerState = Readonly<Record<'LoadState' | 'ActiveState' | 'NeedDaemonReload', string | undefined>>;

/** Null when no user manager answers. */
function timerState(machine: Machine): Promise<TimerState | null> {
  return properties(machine, TIMER, ['LoadState', 'ActiveState', 'NeedDaemonReload']);
}

/** What is wrong with the timer besides its files. Without a manager only the link can tell. */
function flaw(state: TimerState | null, linked: boolean): string | null {
  if (!linked) return `${TIMER} is not enabled`;
  if (state === null) return null;
  if (state.NeedDaemonReload === 'yes') return `the user manager has not read ${TIMER} since it was changed`;
  if (state.LoadState === 'not-found') return `the user manager does not find ${TIMER}`;
  if (state.LoadState !== 'loaded') return `the user manager does not take ${TIMER}: ${state.LoadState}`;
  return state.ActiveState === 'active' ? null : `${TIMER} is not started`;
}

function lingering({ facts }: Machine): Finding {
  return finding('CL8049', `the timer of ${facts.user} runs only during sessions of ${facts.user}`);
}

async function endsWithSession(machine: Machine): Promise<boolean> {
  // logind keeps a file for each user who lingers: sd_uid_get_state(3), loginctl(1).
  return (await machine.stat(`/var/lib/systemd/linger/${machine.facts.user}`).catch(() => null)) === null;
}

async function answers(machine: Machine): Promise<boolean> {
  const ran = await systemctl(machine, ['show', '--property=Version'], 'read');
  return ran !== null && ran.code === 0 && ran.stdout.startsWith('Version=');
}

async function properties<Name extends string>(
  machine: Machine,
  unit: string,
  names: readonly Name[],
): Promise<Record<Name, string | undefined> | null> {
  const ran = await systemctl(machine, ['show', unit, `--property=${names.join(',')}`], 'read');
  if (ran === null || ran.code !== 0) return null;
  const pairs = ran.stdout.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  return Object.fromEntries(pairs) as Record<Name, string | undefined>;
}

async function done(machine: Machine, args: readonly string[]): Promise<void> {
  const ran = await systemctl(machine, args, 'write');
  if (ran?.code === 0) return;
  const said = ran?.stderr.trim().split('\n')[0] || 'no user manager answers';
  throw new CodexLinkError(finding('CL8043', `systemctl --user ${args.join(' ')} failed: ${said}`));
}

/** Null when there is no systemctl, or no manager whose socket could be asked. */
async function systemctl(machine: Machine, args: readonly string[], effect: 'read' | 'write'): Promise<Exit | null> {
  const { env, home, uid } = machine.facts;
  const runtime = env.XDG_RUNTIME_DIR || `/run/user/${uid}`; // cron and ssh may not have it
  const [file, socket] = [
    await systemProgram(machine, 'systemctl'),
    await machine.stat(`${runtime}/systemd/private`).catch(() => null),
  ];
  if (file === null || socket === null) return null;
  const places = env.XDG_CONFIG_HOME ? { XDG_CONFIG_HOME: env.XDG_CONFIG_HOME } : {};
  try {
    return await machine.run({
      file,
      args: ['--user', '--no-pager', '--no-ask-password', ...args],
      // In UTC, so that its times can be read.
      env: { HOME: home, LANG: 'C.UTF-8', TZ: 'UTC', XDG_RUNTIME_DIR: runtime, ...places },
      timeoutMs: TIMEOUT_MS,
      effect,
    });
  } catch (error) {
    if (error instanceof MachineError && error.code !== 'EREADONLY') return null;
    throw error;
  }
}

/**
 * When a timer that counts from the last run elapses next. `show` tells it by a clock of its own that stands still while the machine sleeps;
 * only the list translates it, as JSON since systemd 246.
 */
async function counted(machine: Machine): Promise<number | null> {
  const ran = await systemctl(machine, ['list-timers', '--all', '--output=json', TIMER], 'read');
  try {
    const [timer] = JSON.parse(ran?.stdout ?? '') as { next?: unknown }[];
    return typeof timer?.next === 'number' && timer.next > 0 ? Math.floor(timer.next / 1000) : null;
  } catch {
    return null;
  }
}

/** A time as systemd shows it, like `Sat 2026-11-21 13:00:55 UTC`; null for one that has not come. */
function moment(text: string | undefined): number | null {
  const match = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text ?? '');
  return match === null ? null : Date.parse(`${match[1]}T${match[2]}Z`);
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
