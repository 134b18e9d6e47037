import type { Machine } from '../machine/machine.ts';
import type { Ccs } from './ccs.ts';
import { ccsSession } from './session.ts';

/** The gateway waits 150 ms for its file to rest, and then hashes for a tenth of a second. */
const READ_TIMEOUT_MS = 2000;
const RESTART_TIMEOUT_MS = 6000;
const POLL_MS = 150;

export type Effect =
  /** Nothing runs: the file counts from the next start on. */
  | 'later'
  | 'read'
  | 'restarted'
  /** It runs, has not read the file, and is not ours to restart. */
  | 'unread';

/** Sees to it that what stands in the gateway's file is in force: waits for the gateway to read it, and else restarts it. */
export async function bringIntoForce(machine: Machine, ccs: Ccs): Promise<Effect> {
  const { port } = await ccs.config(machine);
  if (!(await listens(machine, port))) return 'later';
  if (await isRead(machine, ccs, READ_TIMEOUT_MS)) return 'read';
  if ((await ccsSession(machine, ccs)) === null) return 'unread';
  await ccs.run(machine, 'cliproxy', 'restart');
  return (await isRead(machine, ccs, RESTART_TIMEOUT_MS)) ? 'restarted' : 'unread';
}

async function isRead(machine: Machine, ccs: Ccs, timeoutMs: number): Promise<boolean> {
  for (let waited = 0; ; waited += POLL_MS) {
    ccs.forget();
    const file = await ccs.gatewayConfig(machine);
    if (file !== null && file.text.trim() !== '' && !file.unread) return true;
    if (waited >= timeoutMs) return false;
    await machine.sleep(POLL_MS);
  }
}

/** Whether something takes connections where CCS has its gateway. */
export async function listens(machine: Machine, port: number): Promise<boolean> {
  try {
    (await machine.dial({ kind: 'tcp', host: '127.0.0.1', port }, 1000)).close();
    return true;
  } catch {
    return false;
  }
}
