import { failedWith, type Machine, MachineError, readText } from '../../machine/machine.ts';
import type { Program } from '../platform.ts';

/** Socket state LISTEN in /proc/net/tcp (include/net/tcp_states.h). */
const LISTEN = '0A';

/**
 * All of 127.0.0.0/8 is this machine, but a server that listens on 127.0.0.1 alone does not answer at 127.0.0.2, and one that listens
 * on all interfaces does. Asking costs 0.3 ms; the kernel's table of sockets costs 10 times as much.
 */
const OTHER_LOOPBACK = '127.0.0.2';

/** Whether a server on the port takes connections beyond 127.0.0.1, which in practice means from other machines. */
export async function listensBeyondLoopback(machine: Machine, port: number): Promise<boolean> {
  try {
    (await machine.dial({ kind: 'tcp', host: OTHER_LOOPBACK, port }, 1000)).close();
    return true;
  } catch (error) {
    if (error instanceof MachineError) return false;
    throw error;
  }
}

/** The program that listens on the port, from /proc; null when none does, or when it belongs to another user. */
export async function programOn(machine: Machine, port: number): Promise<Program | null> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readText(machine, path)));
  const rows = tables.flatMap((table) => (table ?? '').split('\n').slice(1)).map((line) => line.trim().split(/\s+/));
  const listening = rows.filter((row) => row[3] === LISTEN && Number.parseInt(row[1]?.split(':')[1] ?? '', 16) === port);
  const inodes = new Set(listening.flatMap((row) => row[9] ?? []));
  if (inodes.size === 0) return null;
  for (const pid of (await machine.list('/proc')).filter((name) => /^\d+$/.test(name))) {
    const links = await descriptors(machine, pid);
    if (links.some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '')))
      return { pid: Number(pid), name: await nameOf(machine, pid) };
  }
  return null;
}

/** The program and, for an interpreter, its script. Never more of the command line: secrets may stand there. */
async function nameOf(machine: Machine, pid: string): Promise<string> {
  const words = (await text(machine, `/proc/${pid}/cmdline`)).split('\0');
  const shown = words.slice(0, 2).filter((word, index) => index === 0 || word.includes('/'));
  return shown.join(' ').trim().slice(0, 120) || (await text(machine, `/proc/${pid}/comm`)).trim() || 'unknown';
}

/** What cannot be read, because the process has just ended or its arguments are no text, is as good as empty. */
async function text(machine: Machine, path: string): Promise<string> {
  try {
    return (await readText(machine, path)) ?? '';
  } catch (error) {
    if (failedWith(error, 'EACCES', 'EPERM', 'ESRCH', 'EILSEQ')) return '';
    throw error;
  }
}

async function descriptors(machine: Machine, pid: string): Promise<string[]> {
  try {
    const folder = `/proc/${pid}/fd`;
    const names = await machine.list(folder);
    return await Promise.all(names.map((name) => machine.readLink(`${folder}/${name}`).catch(() => '')));
  } catch (error) {
    // Another user's process, or one that has just ended.
    if (failedWith(error, 'EACCES', 'EPERM', 'ENOENT', 'ESRCH')) return [];
    throw error;
  }
}
