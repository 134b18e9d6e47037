import { type Exit, failedWith, type Machine, MachineError } from '../machine/machine.ts';
import { installedProgram } from '../machine/programs.ts';

const TIMEOUT_MS = 5000;

/**
 * Runs gpg so that it leaves no agent behind where none was running: gpg starts one by itself, and a plan starts nothing. An agent that runs
 * is kept with all that it remembers.
 * @param env that gpg runs with, because it says which agent is meant
 */
export async function withoutNewAgent(
  machine: Machine,
  env: Readonly<Record<string, string>>,
  action: () => Promise<Exit>,
): Promise<Exit> {
  const gpgconf = await installedProgram(machine, 'gpgconf');
  const alive = gpgconf === null || (await isAlive(machine, gpgconf, env));
  const exit = await action();
  if (!alive && gpgconf !== null)
    // It ends what this very call has started: for the machine that is as if nothing had been run.
    await machine.run({ file: gpgconf, args: ['--kill', 'gpg-agent'], env, timeoutMs: TIMEOUT_MS, effect: 'read' });
  return exit;
}

/** Whether an agent answers; when that cannot be found out, it is left in peace. */
async function isAlive(machine: Machine, gpgconf: string, env: Readonly<Record<string, string>>): Promise<boolean> {
  const args = ['--list-dirs', 'agent-socket'];
  const { code, stdout } = await machine.run({ file: gpgconf, args, env, timeoutMs: TIMEOUT_MS, effect: 'read' });
  const path = decodeURIComponent(stdout.trim());
  if (code !== 0 || path === '') return true;
  try {
    (await machine.dial({ kind: 'unix', path }, TIMEOUT_MS)).close();
    return true;
  } catch (error) {
    if (failedWith(error, 'ENOENT', 'ECONNREFUSED')) return false;
    if (error instanceof MachineError) return true;
    throw error;
  }
}
