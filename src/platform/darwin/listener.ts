import type { Machine } from '../../machine/machine.ts';
import type { Program } from '../platform.ts';
import { runSystem } from './system.ts';

interface Listener extends Program {
  /** As lsof shows them: `127.0.0.1`, `[::1]`, `*`. */
  readonly addresses: readonly string[];
}

/** The program that listens on the port; null when none does, or when it belongs to another user, whose files lsof does not show. */
export async function programOn(machine: Machine, port: number): Promise<Program | null> {
  const [first] = await listeners(machine, port);
  return first === undefined ? null : { pid: first.pid, name: first.name };
}

/**
 * Whether a server on the port can be reached from other machines too. Only servers of this user are known. Asking the port at another
 * loopback address, as on Linux, says nothing here: macOS has 127.0.0.1 only.
 */
export async function listensBeyondLoopback(machine: Machine, port: number): Promise<boolean> {
  const found = await listeners(machine, port);
  return found.some(({ addresses }) => addresses.some((one) => !/^(127\.|\[::1\]|localhost$)/.test(one)));
}

async function listeners(machine: Machine, port: number): Promise<Listener[]> {
  // -n and -P: no names, which could take long to look up. Exit code 1 says that there is nothing.
  const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpcn'];
  const { stdout } = await runSystem(machine, 'lsof', { args, effect: 'read' });
  return listenersIn(stdout);
}

/** lsof(8), "OUTPUT FOR OTHER PROGRAMS": a line for each field, `p` begins a process, `c` is its command, `n` the name of a file. */
export function listenersIn(output: string): Listener[] {
  return output.split(/^(?=p\d+$)/m).flatMap((block) => {
    const fields = block.split('\n').map((line) => [line.slice(0, 1), line.slice(1)] as const);
    const pid = fields.find(([tag]) => tag === 'p')?.[1];
    if (pid === undefined) return [];
    const addresses = fields.flatMap(([tag, value]) => (tag === 'n' ? [value.replace(/:\d+$/, '')] : []));
    return [{ pid: Number(pid), name: fields.find(([tag]) => tag === 'c')?.[1] || 'unknown', addresses }];
  });
}
