import { failedWith, type Machine, readText } from '../../machine/machine.ts';
import { systemProgram, userEnvironment } from '../../machine/programs.ts';
import type { AppControl, AppState } from '../platform.ts';

/** The package `chatgpt` (.deb and .rpm since August 2026) puts its launcher at /usr/bin/chatgpt and the program under /opt or /usr/lib. */
const LAUNCHER = 'chatgpt';

/** Programs of the App, by the path that their command line starts with: the window, and the engine that lingers after it. */
const PROGRAMS = /^\/(?:opt|usr\/lib|usr\/share)\/(?:chatgpt|ChatGPT|codex-app)\/\S+/;

const POLL_MS = 200;

/** Codex App on Linux. Unverified against the real package, whose download needs OpenAI's servers. */
export const linuxApp: AppControl = {
  async find(machine: Machine): Promise<AppState> {
    if ((await systemProgram(machine, LAUNCHER)) === null) return { installed: false, processes: [] };
    return { installed: true, processes: await processes(machine) };
  },

  async quit(machine: Machine, _app: AppState, timeoutMs: number): Promise<boolean> {
    const kill = await systemProgram(machine, 'kill');
    if (kill === null) return false;
    // Electron ends politely on a termination signal: it closes its windows and its engine. It is never killed.
    // Looked for anew: since the plan was shown, a number may have come to belong to another program.
    const pids = (await processes(machine)).map((one) => String(one.pid));
    if (pids.length === 0) return true;
    await machine.run({ file: kill, args: ['-TERM', ...pids], env: {}, timeoutMs: 5000, effect: 'write' });
    for (let waited = 0; waited < timeoutMs; waited += POLL_MS) {
      if ((await processes(machine)).length === 0) return true;
      await machine.sleep(POLL_MS);
    }
    return false;
  },

  async reopen(machine: Machine): Promise<void> {
    const launcher = await systemProgram(machine, LAUNCHER);
    const setsid = await systemProgram(machine, 'setsid');
    if (launcher === null || setsid === null) return;
    // In a session of its own and with nothing of ours open, so that it outlives this program and its terminal.
    await machine.run({
      file: setsid,
      args: ['--fork', '/bin/sh', '-c', 'exec "$0" </dev/null >/dev/null 2>&1', launcher],
      env: userEnvironment(machine),
      timeoutMs: 10_000,
      effect: 'write',
    });
  },
};

async function processes(machine: Machine): Promise<AppState['processes']> {
  const pids = (await machine.list('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [command, status] = await Promise.all([proc(machine, `/proc/${pid}/cmdline`), proc(machine, `/proc/${pid}/status`)]);
      const mine = new RegExp(`^Uid:\\s+${machine.facts.uid}\\s`, 'm').test(status) && !/^State:\s+Z/m.test(status);
      const name = command.split('\0')[0] ?? '';
      return mine && PROGRAMS.test(name) ? [{ pid: Number(pid), name }] : [];
    }),
  );
  return found.flat();
}

async function proc(machine: Machine, path: string): Promise<string> {
  try {
    return (await readText(machine, path)) ?? '';
  } catch (error) {
    if (failedWith(error, 'ESRCH', 'EACCES', 'EPERM', 'EILSEQ')) return ''; // it has just ended, or is not ours
    throw error;
  }
}
