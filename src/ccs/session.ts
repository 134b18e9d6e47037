import { join } from 'node:path';
import { type Machine, readText } from '../machine/machine.ts';
import { type Ccs, ccsFolder } from './ccs.ts';

/** The gateway that CCS has started and that still runs. */
export interface CcsSession {
  readonly pid: number;
  /** Milliseconds since the epoch; null when the file does not say. */
  readonly startedAt: number | null;
  readonly version: string | null;
  readonly backend: 'original' | 'plus' | null;
}

/**
 * What CCS has written down of the gateway on its port; null when it runs none, or the process is gone.
 * Source: CCS 7.79.1, cliproxy/session-tracker.js: `sessions.json` on the default port, else a file with the port in its name.
 */
export async function ccsSession(machine: Machine, ccs: Ccs): Promise<CcsSession | null> {
  const { port } = await ccs.config(machine);
  const path = join(ccsFolder(machine), 'cliproxy', port === 8317 ? 'sessions.json' : `sessions-${port}.json`);
  const { pid, startedAt, version, backend } = object(await readText(machine, path));
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0 || (await machine.processStart(pid)) === null)
    return null;
  const since = typeof startedAt === 'string' ? Date.parse(startedAt) : Number.NaN;
  return {
    pid,
    startedAt: Number.isNaN(since) ? null : since,
    version: typeof version === 'string' && version !== '' ? version : null,
    backend: backend === 'original' || backend === 'plus' ? backend : null,
  };
}

/** CCS too takes a file that is no JSON for none. */
function object(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
