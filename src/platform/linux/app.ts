import { posix } from 'node:path';
import { followLinks } from '../../machine/links.ts';
import { failedWith, type Machine, readText } from '../../machine/machine.ts';
import { systemProgram, userEnvironment } from '../../machine/programs.ts';
import type { AppControl, AppState } from '../platform.ts';

/** What the packages (.deb and .rpm, since August 2026) put on the path; a link into the folder of the program itself. */
const LAUNCHER = 'chatgpt';

/** Folders of many programs: to take one for the App's would end half of the session. */
const SHARED = [
  ...['/', '/opt', '/run/current-system/sw/bin', '/snap/bin'],
  ...['', '/usr', '/usr/local'].flatMap((root) =>
    ['bin', 'sbin', 'lib', 'lib64', 'libexec', 'share'].map((one) => `${root}/${one}`),
  ),
];

const POLL_MS = 200;

/** Codex App on Linux. Unverified against the real package, which cannot be had without OpenAI's servers. */
export const linuxApp: AppControl = {
  async find(machine: Machine): Promise<AppState> {
    const folder = await appFolder(machine);
    return folder === null
      ? { installed: false, processes: [], outOfReach: null }
      : { installed: true, processes: await processesIn(machine, folder), outOfReach: null };
  },

  async quit(machine: Machine, _app: AppState, timeoutMs: number): Promise<boolean> {
    const kill = await systemProgram(machine, 'kill');
    const folder = await appFolder(machine);
    if (kill === null || folder === null) return false;
    // Electron takes a termination signal as a wish to quit: it closes its windows and its engine. It is never killed.
    // Looked for anew: since the plan was shown, a number may have come to belong to another program.
    const pids = (await processesIn(machine, folder)).map((one) => String(one.pid));
    if (pids.length === 0) return true;
    await machine.run({ file: kill, args: ['-TERM', ...pids], env: {}, timeoutMs: 5000, effect: 'write' });
    for (let waited = 0; waited < timeoutMs; waited += POLL_MS) {
      if ((await processesIn(machine, folder)).length === 0) return true;
      await machine.sleep(POLL_MS);
    }
    return false;
  },

  async reopen(machine: Machine): Promise<void> {
    const launcher = await systemProgram(machine, LAUNCHER);
    const setsid = await systemProgram(machine, 'setsid');
    if (launcher === null || setsid === null) return;
    // In a session of its own and with no pipe of ours to write to, so that it outlives this program and its terminal.
    const args = ['--fork', '/bin/sh', '-c', 'exec "$0" </dev/null >/dev/null 2>&1', launcher];
    await machine.run({ file: setsid, args, env: userEnvironment(machine), timeoutMs: 10_000, effect: 'write' });
  },
};

/** The folder that the launcher's link leads into; the engine that lingers after the window lives below it too. Null: not installed. */
async function appFolder(machine: Machine): Promise<string | null> {
  const launcher = await systemProgram(machine, LAUNCHER);
  if (launcher === null) return null;
  const at = await followLinks(machine, launcher);
  // A launcher among the programs of others says nothing about the rest; then only it is looked for.
  return SHARED.includes(posix.dirname(at)) ? at : posix.dirname(at);
}

async function processesIn(machine: Machine, folder: string): Promise<AppState['processes']> {
  const pids = (await machine.list('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const program = await programOf(machine, pid);
      const below = program === folder || program.startsWith(`${folder}/`);
      return below && (await isMine(machine, pid)) ? [{ pid: Number(pid), name: program }] : [];
    }),
  );
  return found.flat();
}

/** The file that the process runs; empty for one that has ended or may not be looked into. */
async function programOf(machine: Machine, pid: string): Promise<string> {
  try {
    return (await machine.readLink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, ''); // after an update of the package
  } catch {
    return '';
  }
}

/** Of this user, and not one that has ended and only waits to be reaped. */
async function isMine(machine: Machine, pid: string): Promise<boolean> {
  try {
    const status = (await readText(machine, `/proc/${pid}/status`)) ?? '';
    return new RegExp(`^Uid:\\s+${machine.facts.uid}\\s`, 'm').test(status) && !/^State:\s+Z/m.test(status);
  } catch (error) {
    if (failedWith(error, 'ESRCH', 'EACCES', 'EPERM')) return false;
    throw error;
  }
}
