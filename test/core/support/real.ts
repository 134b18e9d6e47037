import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealMachine } from '../../../src/machine/real.ts';

/** A folder of its own below the temporary one, gone afterwards. Everybody may enter it, so that tests can become somebody else. */
export async function inFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'codex-link-core-')));
  chmodSync(folder, 0o755);
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The real machine with a home and caches of its own. */
export function realMachine(home: string): RealMachine {
  const before = { HOME: process.env.HOME, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME };
  process.env.HOME = home;
  delete process.env.XDG_CACHE_HOME;
  try {
    const machine = new RealMachine();
    return Object.assign(machine, { facts: { ...machine.facts, env: { HOME: home } } });
  } finally {
    restore(before);
  }
}

function restore(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/**
 * Runs something as a user whom permission bits bind: as root they do not. The user `nobody` must be able to write below the folders
 * that the test made for it.
 */
export async function asOrdinaryUser<T>(use: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return use();
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await use();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

export const NOBODY = 65_534;
