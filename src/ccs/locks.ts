import { dirname, join } from 'node:path';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { crypto } from '../machine/builtins.ts';
import { followLinks } from '../machine/links.ts';
import { type Machine, readText } from '../machine/machine.ts';

/** Longer than CCS's own locks live after a crash, and than any of its commands holds one. */
const PATIENCE_MS = 15_000;
const POLL_MS = 100;
/** `proper-lockfile` takes a lock over when it has not been touched for this long. Source: CCS 7.79.1, cliproxy/accounts/registry.js */
const REGISTRY_STALE_MS = 10_000;
/** Source: CCS 7.79.1, config/loader/io-locks.js */
const CONFIG_STALE_MS = 5000;
const REUSED_MS = 30_000;

/**
 * Runs `action` under the lock of CCS's account registry: the folder `cliproxy.lock`, as the library proper-lockfile makes it. Waits
 * for a `ccs` that holds it; throws exit 4 when it stays held.
 */
export async function withRegistryLock<T>(machine: Machine, ccsFolder: string, action: () => Promise<T>): Promise<T> {
  const path = `${await followLinks(machine, join(ccsFolder, 'cliproxy'))}.lock`; // the library follows links, too
  return held(machine, path, null, () => untouched(machine, path, REGISTRY_STALE_MS), action);
}

/** The same with the lock of CCS's config.yaml: a file with the process, the time and a word of its own, one a line. */
export function withConfigLock<T>(machine: Machine, ccsFolder: string, action: () => Promise<T>): Promise<T> {
  const path = join(ccsFolder, 'config.yaml.lock');
  const content = `${machine.facts.pid}\n${machine.now()}\n${crypto().randomUUID()}`;
  return held(machine, path, new TextEncoder().encode(content), () => ownerless(machine, path), action);
}

async function held<T>(
  machine: Machine,
  path: string,
  content: Uint8Array | null,
  abandoned: () => Promise<boolean>,
  action: () => Promise<T>,
): Promise<T> {
  await machine.makeFolder(dirname(path), 0o700);
  for (let waited = 0; !(await machine.claim(path, content)); waited += POLL_MS) {
    if (await abandoned()) await machine.release(path);
    else if (waited >= PATIENCE_MS) {
      throw new CodexLinkError(
        finding('CL7002', `CCS has held its lock for ${PATIENCE_MS / 1000} s`, { file: path, fix: 'let the running ccs end' }),
        4,
      );
    } else await machine.sleep(POLL_MS);
  }
  try {
    return await action();
  } finally {
    await machine.release(path);
  }
}

async function untouched(machine: Machine, path: string, staleMs: number): Promise<boolean> {
  const there = await machine.lstat(path);
  return there !== null && machine.now() - there.modified > staleMs;
}

/**
 * A lock whose process is gone, or so old that its number must belong to another process by now: CCS holds it for moments. One that
 * cannot be understood counts by its age.
 */
async function ownerless(machine: Machine, path: string): Promise<boolean> {
  const [pid = '', since = ''] = ((await readText(machine, path)) ?? '').trim().split('\n');
  const age = machine.now() - (Number(since) || ((await machine.lstat(path))?.modified ?? machine.now()));
  if (!/^[1-9]\d*$/.test(pid)) return age > CONFIG_STALE_MS;
  return age > REUSED_MS || (await machine.processStart(Number(pid))) === null;
}
