import { failedWith, type Machine, readText } from '../../machine/machine.ts';
import type { Listener } from '../platform.ts';

/** Socket state LISTEN in /proc/net/tcp (include/net/tcp_states.h). */
const LISTEN = '0A';

/** Reads /proc, which costs a few milliseconds and starts no program; null when nothing listens. */
export async function listenerOn(machine: Machine, port: number, options: { name: boolean }): Promise<Listener | null> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readText(machine, path)));
  const rows = tables.flatMap((table) => (table ?? '').split('\n').slice(1)).map((line) => line.trim().split(/\s+/));
  const listening = rows.filter((row) => row[3] === LISTEN && Number.parseInt(row[1]?.split(':')[1] ?? '', 16) === port);
  if (listening.length === 0) return null;
  const beyondLoopback = listening.some((row) => !isLoopback(row[1]?.split(':')[0] ?? ''));
  const inodes = new Set(listening.flatMap((row) => row[9] ?? []));
  return { beyondLoopback, program: options.name ? await ownerOf(machine, inodes) : null };
}

/** The kernel prints addresses as hexadecimal 32-bit words in host order: 127.0.0.1 is 0100007F on the machines that we know. */
function isLoopback(hex: string): boolean {
  return hex.length === 8 ? hex.endsWith('7F') : hex === '00000000000000000000000001000000' || hex.endsWith('FFFF00000100007F');
}

async function ownerOf(machine: Machine, inodes: ReadonlySet<string>): Promise<Listener['program']> {
  for (const pid of (await machine.list('/proc')).filter((name) => /^\d+$/.test(name))) {
    const links = await descriptors(machine, pid);
    if (!links.some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? ''))) continue;
    const command = (await readText(machine, `/proc/${pid}/cmdline`))?.replaceAll('\0', ' ').trim();
    const name = command || (await readText(machine, `/proc/${pid}/comm`))?.trim() || 'unknown';
    return { pid: Number(pid), name: name.slice(0, 80) };
  }
  return null;
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
