// The part of launchd that the stand-ins `launchctl` and `login` share: jobs of the domain gui/UID, which are really run, in the
// environment that launchd gives them (launchd.plist(5)): next to nothing but what `launchctl setenv` put into the session.
import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import { change, HOME, mac } from './mac.mjs';
import { parsePlist } from './plist.mjs';

/** Keys of launchd.plist(5) that the stand-in obeys or that change nothing here. Any other one is a spelling mistake to launchd, too. */
const KEYS = [
  ...[
    'Label',
    'ProgramArguments',
    'RunAtLoad',
    'EnvironmentVariables',
    'WorkingDirectory',
    'StandardOutPath',
    'StandardErrorPath',
  ],
  ...[
    'ProcessType',
    'LimitLoadToSessionType',
    'ThrottleInterval',
    'StartInterval',
    'StartCalendarInterval',
    'LowPriorityIO',
    'Nice',
  ],
  ...['AbandonProcessGroup', 'KeepAlive', 'Umask', 'ExitTimeOut'],
];

/** The job of a file. Throws when launchd would not take it. */
export function jobOf(path) {
  const info = statSync(path);
  // launchd ignores jobs that others could have written.
  if ((info.mode & 0o022) !== 0) throw new Error(`${path} can be written by others`);
  const job = parsePlist(readFileSync(path, 'utf8'));
  if (typeof job.Label !== 'string' || job.Label === '') throw new Error('no Label');
  if (!Array.isArray(job.ProgramArguments) || job.ProgramArguments.length === 0) throw new Error('no ProgramArguments');
  if (!isAbsolute(job.ProgramArguments[0])) throw new Error('launchd looks programs up on its own PATH; name it absolutely');
  const unknown = Object.keys(job).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) throw new Error(`unknown keys: ${unknown.join(', ')}`);
  return job;
}

export function load(path) {
  const job = jobOf(path);
  change((state) => {
    state.agents[job.Label] = { path, job, runs: 0, pid: null };
  });
  if (job.RunAtLoad === true) start(job.Label);
}

/** Starts the job and does not wait for it, as launchd. */
export function start(label) {
  const { job } = mac().agents[label];
  const [program, ...args] = job.ProgramArguments;
  accessSync(program, constants.X_OK);
  const { username } = userInfo();
  const child = spawn(program, args, {
    cwd: job.WorkingDirectory ?? '/',
    detached: true,
    stdio: 'ignore',
    env: {
      HOME,
      USER: username,
      LOGNAME: username,
      SHELL: '/bin/zsh',
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      TMPDIR: process.env.TMPDIR ?? '/tmp',
      ...mac().environment,
      ...job.EnvironmentVariables,
      XPC_SERVICE_NAME: label,
    },
  });
  child.unref();
  change((state) => {
    const agent = state.agents[label];
    if (agent !== undefined) Object.assign(agent, { runs: agent.runs + 1, pid: child.pid });
  });
}

export function isAlive(pid) {
  if (pid === null) return false;
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
