import { Deferred, finding } from '../../diagnostics/diagnostics.ts';
import type { Machine } from '../../machine/machine.ts';
import type { AppControl, AppState, Program } from '../platform.ts';
import { hasDesktop, runSystem } from './system.ts';

/**
 * Codex App, whatever its file is called: Codex.app, and since 26.707 (July 2026) ChatGPT.app. By its name it could be the chat app, too,
 * which is com.openai.chat. Source: openai/codex, codex-rs/desktop-distribution/src/macos.rs, and issue 32631 there.
 */
const BUNDLE = 'com.openai.codex';
const NAMES = ['ChatGPT.app', 'Codex.app'];

const POLL_MS = 200;

/** Folders that apps are put into, the machine's own first. */
export function codexApps({ facts }: Machine): string[] {
  return ['/Applications', `${facts.home}/Applications`].flatMap((folder) => NAMES.map((name) => `${folder}/${name}`));
}

/** Codex App on macOS. Never killed: what does not quit is left to the person. */
export const macApp: AppControl = {
  async find(machine: Machine): Promise<AppState> {
    const folders = await installed(machine);
    if (folders.length === 0) return { installed: false, processes: [], outOfReach: null };
    const processes = await processesIn(machine, folders);
    const outOfReach =
      processes.length === 0 || (await hasDesktop(machine))
        ? null
        : 'here is no desktop session to do it from: quit it and open it again at the Mac';
    return { installed: true, processes, outOfReach };
  },

  async quit(machine: Machine, _app: AppState, timeoutMs: number): Promise<boolean> {
    if (!(await hasDesktop(machine)))
      throw new Deferred(finding('CL6011', 'here is no desktop session from which Codex App could be restarted'));
    const folders = await installed(machine);
    const began = machine.now();
    // Without the condition it would be started only to be asked to quit.
    const script = `if application id "${BUNDLE}" is running then tell application id "${BUNDLE}" to quit`;
    const { stderr } = await runSystem(machine, 'osascript', { args: ['-e', script], timeoutMs, effect: 'write' });
    if (/\(-1743\)/.test(stderr)) throw new Deferred(finding('CL6010', 'macOS refused to pass on the request to quit'));
    // The engine, `codex app-server`, goes on for a moment after the window, and keeps what it read.
    while ((await processesIn(machine, folders)).length > 0) {
      if (machine.now() - began >= timeoutMs) return false;
      await machine.sleep(POLL_MS);
    }
    return true;
  },

  async reopen(machine: Machine): Promise<void> {
    await runSystem(machine, 'open', { args: ['-g', '-b', BUNDLE], timeoutMs: 10_000, effect: 'write' }); // -g: not to the front
  },
};

/** Where it is installed: at the usual places, else wherever Spotlight knows it. */
async function installed(machine: Machine): Promise<string[]> {
  const usual = await Promise.all(codexApps(machine).map(async (path) => ((await isCodex(machine, path)) ? [path] : [])));
  if (usual.flat().length > 0) return usual.flat();
  const { stdout } = await runSystem(machine, 'mdfind', { args: [`kMDItemCFBundleIdentifier == '${BUNDLE}'`], effect: 'read' });
  return stdout.split('\n').filter((line) => line.startsWith('/'));
}

async function isCodex(machine: Machine, path: string): Promise<boolean> {
  const info = `${path}/Contents/Info.plist`;
  if ((await machine.stat(info))?.kind !== 'file') return false;
  const args = ['-extract', 'CFBundleIdentifier', 'xml1', '-o', '-', info];
  return (await runSystem(machine, 'plutil', { args, effect: 'read' })).stdout.includes(`<string>${BUNDLE}</string>`);
}

/** What ps shows for a process without a terminal. */
const NO_TERMINAL = '??';

/**
 * Processes of this user whose program lies in one of the apps: `comm` is its whole path on macOS, without arguments. A `codex` that
 * somebody runs from there in a terminal is none of the App. Each column in an -o of its own: to ps of BSD all after a `=` is a heading.
 */
async function processesIn(machine: Machine, apps: readonly string[]): Promise<Program[]> {
  const args = ['-xww', '-o', 'pid=', '-o', 'tty=', '-o', 'comm='];
  const { stdout } = await runSystem(machine, 'ps', { args, effect: 'read' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, terminal, name = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const isOfApp = terminal === NO_TERMINAL && apps.some((app) => name.startsWith(`${app}/Contents/`));
    return isOfApp ? [{ pid: Number(pid), name }] : [];
  });
}
