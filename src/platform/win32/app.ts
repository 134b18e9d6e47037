import { join } from 'node:path';
import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import type { Machine } from '../../machine/machine.ts';
import { systemProgram, userEnvironment } from '../../machine/programs.ts';
import type { AppControl, AppState, Program } from '../platform.ts';
import { powershell } from './powershell.ts';
import { tasks } from './processes.ts';

/** Identity of the package in the Store. Source: codex-rs/desktop-distribution/src/windows.rs (0.169.0). */
const FAMILY = 'OpenAI.Codex_2p2nqsd0c76g0';

/** The App is ChatGPT.exe since 26.707 and was Codex.exe before; its engine is codex.exe, which is also the name of the CLI. */
const NAMES = ['chatgpt.exe', 'codex.exe'];

/** Programs of the package run from its folder; `codex` of npm and the ChatGPT app of the same name do not. */
const PROCESSES =
  "Get-Process -Name ChatGPT,Codex -ErrorAction SilentlyContinue | Where-Object { $_.Path -like '*\\WindowsApps\\OpenAI.Codex_*' }";

const POLL_MS = 500;

/** Codex App on Windows, by the identity of its package. Unverified against the real package, which comes from the Store. */
export const windowsApp: AppControl = {
  async find(machine: Machine): Promise<AppState> {
    if (!(await isInstalled(machine))) return { installed: false, processes: [], outOfReach: null };
    // A session of its own that ssh opens does not see the windows of the desktop.
    const outOfReach = machine.facts.env.SSH_CONNECTION
      ? 'over ssh its windows cannot be reached: restart it at the machine'
      : null;
    return { installed: true, processes: await processes(machine), outOfReach };
  },

  async quit(machine: Machine, _app: AppState, timeoutMs: number): Promise<boolean> {
    // As a click on the cross does; it is never killed.
    await powershell(machine, 'write', `${PROCESSES} | ForEach-Object { [void] $_.CloseMainWindow() }`);
    const end = machine.now() + timeoutMs;
    while ((await processes(machine)).length > 0) {
      if (machine.now() >= end) return false;
      await machine.sleep(POLL_MS);
    }
    return true;
  },

  async reopen(machine: Machine): Promise<void> {
    const explorer = await systemProgram(machine, 'explorer');
    if (explorer === null) return;
    // Through the shell: started by its file the App has no identity and refuses. The exit code of explorer.exe means nothing.
    const args = [`shell:AppsFolder\\${FAMILY}!App`];
    await machine.run({ file: explorer, args, env: userEnvironment(machine), timeoutMs: 10_000, effect: 'write' });
  },
};

/** Windows makes a folder for the data of every package of the user. */
async function isInstalled(machine: Machine): Promise<boolean> {
  const { env, home } = machine.facts;
  const local = env.LOCALAPPDATA || join(home, 'AppData', 'Local');
  return (await machine.stat(join(local, 'Packages', FAMILY)))?.kind === 'folder';
}

/** The cheap list first: PowerShell takes up to a second, and mostly the App is not running. */
async function processes(machine: Machine): Promise<Program[]> {
  const all = await tasks(machine);
  if (all === null) throw new CodexLinkError(finding('CL6020', 'tasklist.exe lists no programs at all', { resource: 'app' }));
  if (!all.some(({ name }) => NAMES.includes(name.toLowerCase()))) return [];
  const { stdout } = await powershell(machine, 'read', `${PROCESSES} | ForEach-Object { '{0} {1}' -f $_.Id, $_.Path }; 'end'`);
  const lines = stdout.trim().split(/\r?\n/);
  if (lines.pop() !== 'end')
    throw new CodexLinkError(finding('CL6020', 'PowerShell does not list programs', { resource: 'app' }));
  return lines.flatMap((line) => {
    const [, pid, name] = /^(\d+) (.+)$/.exec(line) ?? [];
    return pid === undefined || name === undefined ? [] : [{ pid: Number(pid), name }];
  });
}
