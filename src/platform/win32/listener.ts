import { type Machine, MachineError } from '../../machine/machine.ts';
import { systemProgram, userEnvironment } from '../../machine/programs.ts';
import type { Program } from '../platform.ts';
import { powershell } from './powershell.ts';
import { tasks } from './processes.ts';

const TIMEOUT_MS = 10_000;

/** Nobody is at the other end of a socket that listens. The word for its state is in the language of the country. */
const NOBODY = ['0.0.0.0:0', '[::]:0'];

interface Listener {
  readonly address: string;
  readonly pid: number;
}

/** The program that listens on the port; null when none does, or when Windows does not tell. Its path is only asked for where that counts. */
export async function programOn(machine: Machine, port: number, by: 'name' | 'path' = 'name'): Promise<Program | null> {
  const pid = (await listeners(machine, port))[0]?.pid;
  if (pid === undefined) return null;
  const path = by === 'path' ? await pathOf(machine, pid) : null;
  if (path !== null) return { pid, name: path };
  const [task] = (await tasks(machine, `PID eq ${pid}`)) ?? [];
  return { pid, name: task?.name ?? 'unknown' };
}

/** Null when PowerShell does not tell, as for a program of somebody else. Unverified on a real Windows; Wine's says nothing. */
async function pathOf(machine: Machine, pid: number): Promise<string | null> {
  try {
    const { stdout } = await powershell(machine, 'read', `(Get-Process -Id ${pid}).Path`);
    return /^(?:[A-Za-z]:|\\)\\[^\r\n]+(?=\r?\n?$)/.exec(stdout)?.[0] ?? null;
  } catch (error) {
    if (error instanceof MachineError) return null;
    throw error;
  }
}

/** Whether a server on the port takes connections from other machines, by the addresses that it listens on. */
export async function listensBeyondLoopback(machine: Machine, port: number): Promise<boolean> {
  const found = await listeners(machine, port);
  if (found.length > 0) return found.some(({ address }) => !/^(127\.|\[::1\])/.test(address));
  // Not told: a server on all interfaces answers at another address of this machine, too.
  try {
    (await machine.dial({ kind: 'tcp', host: '127.0.0.2', port }, 1000)).close();
    return true;
  } catch (error) {
    if (error instanceof MachineError) return false;
    throw error;
  }
}

/** Rows of `netstat -ano`: protocol, own address, other address, state, process. */
async function listeners(machine: Machine, port: number): Promise<Listener[]> {
  const file = await systemProgram(machine, 'netstat');
  if (file === null) return [];
  const args = ['-a', '-n', '-o'];
  const { stdout } = await machine.run({ file, args, env: userEnvironment(machine), timeoutMs: TIMEOUT_MS, effect: 'read' });
  return stdout.split(/\r?\n/).flatMap((line) => {
    const [protocol, own = '', other = '', , pid = ''] = line.trim().split(/\s+/);
    const listens = protocol === 'TCP' && NOBODY.includes(other) && own.endsWith(`:${port}`) && /^\d+$/.test(pid);
    return listens ? [{ address: own, pid: Number(pid) }] : [];
  });
}
