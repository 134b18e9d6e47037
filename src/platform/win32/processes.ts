import type { Machine } from '../../machine/machine.ts';
import { systemProgram, userEnvironment } from '../../machine/programs.ts';
import type { Program } from '../platform.ts';

const TIMEOUT_MS = 10_000;

/**
 * Running programs by the name of their file, as tasklist.exe lists them; null when it lists nothing, which cannot be true of a running
 * Windows.
 * @param filter one of its filters, e.g. `PID eq 123`
 */
export async function tasks(machine: Machine, filter?: string): Promise<Program[] | null> {
  const file = await systemProgram(machine, 'tasklist');
  if (file === null) return null;
  const args = ['/FO', 'CSV', '/NH', ...(filter === undefined ? [] : ['/FI', filter])];
  const { stdout } = await machine.run({ file, args, env: userEnvironment(machine), timeoutMs: TIMEOUT_MS, effect: 'read' });
  // Only the quotes are the same in every language: a sentence says that there is none, in the language of the country.
  const rows = [...stdout.matchAll(/^"([^"]*)","(\d+)"/gm)].map(([, name = '', pid]) => ({ name, pid: Number(pid) }));
  return rows.length === 0 && filter === undefined ? null : rows;
}
