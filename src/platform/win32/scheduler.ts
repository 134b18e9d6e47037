import { win32 } from 'node:path';
import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import type { Exit, Machine } from '../../machine/machine.ts';
import { systemProgram } from '../../machine/programs.ts';
import type { OnUndo } from '../../resources/resource.ts';
import { refuseCharacters } from '../../schedule/characters.ts';
import { type Installed, type Job, nextOnly, type Scheduler, without } from '../scheduler.ts';
import { taskEssence, taskXml, utf16 } from './task-definition.ts';

const TIMEOUT_MS = 20_000;
const FILE = 'task.xml';

/**
 * A task of the Task Scheduler. Unverified against a real Windows: wine's schtasks does nothing and says that all is well, which is why
 * everything is read back.
 */
export const taskScheduler: Scheduler = {
  kind: 'task-scheduler',
  name: 'the Task Scheduler',

  unavailable: (machine) => without(machine, 'schtasks'),

  async read(machine: Machine, job: Job | null): Promise<Installed> {
    // The Task Scheduler puts variables in the place of %NAME% and $(NAME), and has no way to write either as it is.
    if (job !== null) refuseCharacters(job, ['%', '$(']);
    const after = job === null ? null : taskXml(job, userOf(machine), consoleHost(machine));
    const before = await definition(machine);
    return {
      present: before !== null,
      // What is the same but for what Windows adds shall look the same.
      parts: [{ path: taskName(machine), before: after !== null && isSame(before, after) ? after : before, after }],
      flaw: null,
      outOfReach: null,
      findings: [],
    };
  },

  async install(machine: Machine, { parts: [part] }: Installed, onUndo: OnUndo): Promise<void> {
    if (part === undefined || part.after === null) return;
    const before = await definition(machine);
    onUndo('the scheduled task', (later) => (before === null ? remove(later) : create(later, before)));
    await create(machine, part.after);
    if (!isSame(await definition(machine), part.after))
      throw new CodexLinkError(finding('CL8043', `the Task Scheduler does not have ${part.path} as it was given`));
  },

  async remove(machine: Machine, _found: Installed, onUndo: OnUndo): Promise<void> {
    const before = await definition(machine);
    if (before === null) return;
    onUndo('the scheduled task', (later) => create(later, before));
    await remove(machine);
    if ((await definition(machine)) !== null)
      throw new CodexLinkError(finding('CL8043', `the Task Scheduler still has ${taskName(machine)}`));
  },

  // schtasks tells times in the language of the person, so they are not read; the history of the runs has them.
  runs: async (machine, times) => nextOnly(machine, times),
};

/** Tasks are kept for the whole machine, so that its name has to tell whose it is. */
function taskName({ facts }: Machine): string {
  return `\\codex-link\\drift of ${facts.user.replace(/[\\/:*?"<>|%]/g, '_')}`;
}

function userOf({ facts }: Machine): string {
  const domain = facts.env.USERDOMAIN || facts.env.COMPUTERNAME || facts.host;
  return `${domain}\\${facts.user}`;
}

function consoleHost({ facts }: Machine): string {
  return win32.join(facts.env.SystemRoot ?? 'C:\\Windows', 'System32', 'conhost.exe');
}

function isSame(before: string | null, after: string): boolean {
  const [found, wanted] = [before === null ? null : taskEssence(before), taskEssence(after)];
  return found !== null && JSON.stringify(found) === JSON.stringify(wanted);
}

/** What is there; null when there is no such task. The exit code tells nothing, what is printed does. */
async function definition(machine: Machine): Promise<string | null> {
  const { stdout } = await schtasks(machine, ['/Query', '/TN', taskName(machine), '/XML'], 'read');
  const text = stdout.replace(/[\0\ufeff\ufffd]/g, ''); // UTF-16, where it was not turned into the code page of the console
  return text.includes('<Task ') ? text.slice(text.indexOf('<')) : null;
}

async function create(machine: Machine, xml: string): Promise<void> {
  const ran = await machine.scratch(
    { [FILE]: utf16(xml.replace(/^<\?xml[^>]*\?>/, '<?xml version="1.0" encoding="UTF-16"?>')) },
    (folder) => {
      const path = machine.facts.simulated ? `${folder}/${FILE}` : win32.join(folder, FILE);
      return schtasks(machine, ['/Create', '/TN', taskName(machine), '/XML', path, '/F'], 'write');
    },
  );
  if (ran.code !== 0) {
    const said = ran.stderr.trim().split(/\r?\n/)[0] || `exit ${ran.code}`;
    throw new CodexLinkError(finding('CL8043', `schtasks /Create failed: ${said}`));
  }
}

async function remove(machine: Machine): Promise<void> {
  await schtasks(machine, ['/Delete', '/TN', taskName(machine), '/F'], 'write');
}

async function schtasks(machine: Machine, args: readonly string[], effect: 'read' | 'write'): Promise<Exit> {
  const file = await systemProgram(machine, 'schtasks');
  if (file === null) throw new CodexLinkError(finding('CL8042', 'there is no program schtasks'));
  const { env, simulated } = machine.facts;
  const names = ['SystemRoot', 'USERPROFILE', 'USERNAME', 'USERDOMAIN', 'TEMP', ...(simulated ? ['PATH', 'HOME'] : [])];
  const inherited = names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return machine.run({ file, args, env: Object.fromEntries(inherited), timeoutMs: TIMEOUT_MS, effect });
}
