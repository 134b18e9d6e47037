import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { type Exit, type Machine, MachineError, readText } from '../../machine/machine.ts';
import { systemProgram } from '../../machine/programs.ts';
import type { OnUndo } from '../../resources/resource.ts';
import { refuseCharacters } from '../../schedule/characters.ts';
import { type Installed, type Job, nextOnly, type Scheduler, without } from '../scheduler.ts';
import { blockIn, cronBlock, withBlock } from './crontab-block.ts';

const PLACE = 'the crontab';
const TIMEOUT_MS = 10_000;

/** A marked block in the user's crontab. Only the block is ever shown or kept: the rest of the table is other people's. */
export const crontab: Scheduler = {
  kind: 'crontab',
  name: PLACE,

  unavailable: (machine) => without(machine, 'crontab'),

  async read(machine: Machine, job: Job | null): Promise<Installed> {
    if (job !== null) refuseCharacters(job);
    const after = job === null ? null : cronBlock(job);
    const before = (await systemProgram(machine, 'crontab')) === null ? null : blockIn(await table(machine));
    const idle = job !== null && !(await daemonRuns(machine));
    return {
      present: before !== null,
      parts: [{ path: PLACE, before, after }],
      flaw: null,
      outOfReach: null,
      findings: idle ? [finding('CL8046', 'no cron daemon is running here')] : [],
    };
  },

  install: (machine, { parts: [part] }, onUndo) => replace(machine, part?.before ?? null, part?.after ?? null, onUndo),

  remove: (machine, { parts: [part] }, onUndo) => replace(machine, part?.before ?? null, null, onUndo),

  // cron remembers nothing
  runs: async (machine, times) => nextOnly(machine, times),
};

async function replace(machine: Machine, before: string | null, after: string | null, onUndo: OnUndo): Promise<void> {
  const now = await table(machine);
  if (blockIn(now) !== before) throw new MachineError('ECHANGED', `${PLACE}: somebody else has changed our block since`, PLACE);
  // The rest of the table may have been changed since: only our block goes back.
  onUndo(PLACE, async (later) => write(later, withBlock(await table(later), before)));
  await write(machine, withBlock(now, after));
  if (blockIn(await table(machine)) !== after)
    throw new CodexLinkError(finding('CL8043', `${PLACE} holds something else than was written`));
}

/** The whole table; empty where there is none. */
async function table(machine: Machine): Promise<string> {
  const ran = await run(machine, ['-l'], 'read');
  // "no crontab for me" in Vixie cron and cronie; BusyBox says that it cannot open the file.
  if (ran.code !== 0 && /no crontab for|can't open '[^']*'|No such file/i.test(ran.stderr)) return '';
  if (ran.code !== 0) throw new CodexLinkError(finding('CL8044', `crontab -l failed: ${firstLine(ran)}`));
  // Debian's crontab -l prints a carriage return as these two characters (3.0pl1-162, seen), so that it cannot be written back as it is.
  if (/\\r$/m.test(ran.stdout)) throw carriageReturns();
  if (ran.stdout.includes('\ufffd')) throw new CodexLinkError(finding('CL8044', `${PLACE} is not valid UTF-8`));
  return ran.stdout;
}

function carriageReturns(): CodexLinkError {
  const message = 'lines of the crontab end with a carriage return, which cron takes for a part of the command';
  return new CodexLinkError(finding('CL8044', message, { fix: "crontab -l | sed 's/\\\\r$//' | crontab -" }));
}

/**
 * cron looks at its tables in the first second of a minute and compares whole seconds: a table that is written later in that second is the
 * same to it, and is not read before the next change (Debian's 3.0pl1-162, seen; load_database in Vixie cron's database.c).
 */
const BLIND_MS = 1500;

async function write(machine: Machine, text: string): Promise<void> {
  const intoMinute = machine.now() % 60_000;
  if (intoMinute < BLIND_MS) await machine.sleep(BLIND_MS - intoMinute);
  const ran = text === '' ? await run(machine, ['-r'], 'write') : await run(machine, ['-'], 'write', text);
  if (ran.code !== 0) throw new CodexLinkError(finding('CL8043', `crontab did not take the table: ${firstLine(ran)}`));
}

async function run(machine: Machine, args: readonly string[], effect: 'read' | 'write', input?: string): Promise<Exit> {
  const file = await systemProgram(machine, 'crontab');
  if (file === null) throw new CodexLinkError(finding('CL8044', 'there is no program crontab any more'));
  const { home, user } = machine.facts;
  const env = { HOME: home, LOGNAME: user, USER: user, PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' };
  return machine.run({ file, args, env, timeoutMs: TIMEOUT_MS, effect, ...(input === undefined ? {} : { input }) });
}

/** Which names a line, at most; never the line itself. */
function firstLine({ stderr, code }: Exit): string {
  return stderr.trim().split('\n')[0]?.slice(0, 200) || `exit ${code}`;
}

/** Debian's daemon is called cron, all others crond. */
async function daemonRuns(machine: Machine): Promise<boolean> {
  const pids = (await machine.list('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const name = await readText(machine, `/proc/${pid}/comm`).catch(() => null);
    if (name === 'cron\n' || name === 'crond\n') return true;
  }
  return false;
}
