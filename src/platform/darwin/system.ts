import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import type { Command, Exit, Machine } from '../../machine/machine.ts';
import { systemProgram } from '../../machine/programs.ts';

/** The PATH that launchd gives its jobs, and with it a program that was started from the Dock. */
const LAUNCH_PATH = '/usr/bin:/bin:/usr/sbin:/sbin';

type Question = Pick<Command, 'args' | 'effect'> & Partial<Pick<Command, 'input' | 'timeoutMs'>>;

/** Runs a program of macOS by its absolute path, with next to no environment. Throws when it is not there, which no Mac is without. */
export async function runSystem(machine: Machine, name: string, question: Question): Promise<Exit> {
  const { home, simulated, env } = machine.facts;
  const PATH = simulated ? (env.PATH ?? LAUNCH_PATH) : LAUNCH_PATH; // stand-ins need the PATH that they were found on
  return machine.run({ file: await macProgram(machine, name), env: { HOME: home, PATH }, timeoutMs: 5000, ...question });
}

/** The absolute path of a program of macOS. */
export async function macProgram(machine: Machine, name: string): Promise<string> {
  const file = await systemProgram(machine, name);
  if (file === null) throw new CodexLinkError(finding('CL3030', `there is no ${name} where macOS has it`));
  return file;
}

/**
 * Whether this process belongs to the graphical session of the person: over ssh and in daemons there can be no dialog, and no app can be
 * asked for anything. Source: launchctl(1), managername.
 */
export async function hasDesktop(machine: Machine): Promise<boolean> {
  const { code, stdout } = await runSystem(machine, 'launchctl', { args: ['managername'], effect: 'read' });
  return code === 0 && stdout.trim() === 'Aqua';
}
