import type { MemoryMachine } from '../../../src/machine/memory.ts';
import { exit } from './world.ts';

/** A crontab program with one table, as Debian's: no table is an error, and a last line without its end is refused. */
export function placeCrontab(machine: MemoryMachine, table: string | null = null): { table: string | null } {
  const state = { table };
  machine.place('/usr/bin/crontab', '', 0o755);
  machine.place('/proc/7/comm', 'cron\n');
  machine.programs.set('/usr/bin/crontab', ({ args = [], input }) => {
    if (args[0] === '-l') return state.table === null ? exit(1, '', 'no crontab for me\n') : exit(0, state.table);
    if (args[0] === '-r') {
      if (state.table === null) return exit(1, '', 'no crontab for me\n');
      state.table = null;
      return exit(0);
    }
    if (args[0] !== '-' || input === undefined) return exit(1, '', 'crontab: usage error\n');
    if (!input.endsWith('\n')) return exit(1, '', "new crontab file is missing newline before EOF, can't install.\n");
    state.table = input;
    return exit(0);
  });
  return state;
}

/** What the user manager of `placeSystemd` is. */
export interface Manager {
  active: boolean;
  /** What it has read of the units. */
  loaded: string | null;
  readonly calls: string[];
}

const UNITS = '/home/me/.config/systemd/user';
const LINK = `${UNITS}/timers.target.wants/codex-link-drift.timer`;

/** A systemctl with the few verbs that are used; a real one is in the journeys. */
export function placeSystemd(machine: MemoryMachine): Manager {
  const manager: Manager = { active: false, loaded: null, calls: [] };
  machine.place('/usr/bin/systemctl', '', 0o755);
  machine.place('/run/user/1000/systemd/private', '');
  machine.programs.set('/usr/bin/systemctl', async ({ args = [] }) => {
    const [verb = '', ...rest] = args.filter((one) => !['--user', '--no-pager', '--no-ask-password'].includes(one));
    if (verb !== 'show') manager.calls.push([verb, ...rest].join(' '));
    const onDisk = machine.text(`${UNITS}/codex-link-drift.timer`);
    if (verb === 'daemon-reload') manager.loaded = onDisk;
    if (verb === 'enable') machine.placeLink(LINK, '../codex-link-drift.timer');
    if (verb === 'disable') await machine.remove(LINK);
    if (['start', 'restart'].includes(verb) || (verb === 'enable' && rest.includes('--now'))) manager.active = true;
    if (verb === 'stop' || (verb === 'disable' && rest.includes('--now'))) manager.active = false;
    if (verb !== 'show') return exit(0);
    if (rest[0] === '--property=Version') return exit(0, 'Version=252\n');
    const reload = manager.loaded === onDisk ? 'no' : 'yes';
    const state = `LoadState=${manager.loaded === null ? 'not-found' : 'loaded'}\nActiveState=${manager.active ? 'active' : 'inactive'}\nNeedDaemonReload=${reload}\n`;
    return exit(0, state);
  });
  return manager;
}

/** A launchctl that knows one agent; `session: false` is what ssh sees. */
export function placeLaunchctl(machine: MemoryMachine, { session = true } = {}) {
  const state = { session, loaded: null as string | null, calls: [] as string[] };
  const path = '/Users/me/Library/LaunchAgents/codex-link.drift.plist';
  machine.place('/bin/launchctl', '', 0o755);
  machine.programs.set('/bin/launchctl', ({ args = [] }) => {
    if (args[0] !== 'print') state.calls.push(args.join(' '));
    if (!state.session) return exit(113, '', 'Bad request.\nCould not find domain for user gui: 501\n');
    switch (args.join(' ')) {
      case 'print gui/501':
        return exit(0, 'gui/501 = {\n}\n');
      case 'print gui/501/codex-link.drift':
        return state.loaded === null
          ? exit(113, '', 'Could not find service\n')
          : exit(0, '\tstate = not running\n\truns = 3\n\tlast exit code = 2\n');
      case `bootstrap gui/501 ${path}`:
        if (state.loaded !== null) return exit(5, '', 'Bootstrap failed: 5: Input/output error\n');
        if (machine.text(path) === null) return exit(2, '', 'Bootstrap failed: 2: No such file or directory\n');
        state.loaded = machine.text(path);
        return exit(0);
      case 'bootout gui/501/codex-link.drift':
        if (state.loaded === null) return exit(3, '', 'Boot-out failed: 3: No such process\n');
        state.loaded = null;
        return exit(0);
      default:
        throw new Error(`launchctl ${args.join(' ')}`);
    }
  });
  return state;
}

/** A schtasks that keeps what it is given as Windows does: with additions. `lies` is wine's: it does nothing and says that all is well. */
export function placeSchtasks(machine: MemoryMachine, { lies = false } = {}) {
  const state = { tasks: new Map<string, string>(), lies };
  const file = '/stand-ins/schtasks';
  machine.place(file, '', 0o755);
  machine.programs.set(file, async ({ args = [] }) => {
    if (state.lies) return exit(0);
    const name = args[args.indexOf('/TN') + 1] ?? '';
    const missing = exit(1, '', 'ERROR: The system cannot find the file specified.\r\n');
    if (args[0] === '/Query') {
      const task = state.tasks.get(name);
      return task === undefined ? missing : exit(0, task);
    }
    if (args[0] === '/Delete') return state.tasks.delete(name) ? exit(0, 'SUCCESS') : missing;
    if (args[0] !== '/Create' || !args.includes('/F')) return exit(1, '', 'ERROR: Invalid syntax.\r\n');
    const text = Buffer.from(await machine.read(args[args.indexOf('/XML') + 1] ?? '')).toString('utf16le');
    if (!text.startsWith('\ufeff<?xml version="1.0" encoding="UTF-16"?>'))
      return exit(1, '', 'ERROR: The task XML is malformed.\r\n');
    const kept = text
      .slice(1)
      .replaceAll('><', '>\r\n<')
      .replace(/<UserId>[^<]*/, '<UserId>S-1-5-21-4711');
    state.tasks.set(name, kept.replace(/[^\x00-\x7f]/g, '?')); // through the code page of a console
    return exit(0, 'SUCCESS');
  });
  return state;
}
