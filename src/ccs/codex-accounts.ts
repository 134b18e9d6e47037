import { join } from 'node:path';
import { failedWith, type Machine, readText } from '../machine/machine.ts';

/**
 * Whether CCS's pool has any account of the provider codex, paused ones included: a token file in `auth`, or one in `auth-paused` that
 * the registry knows. Source: CCS 7.79.1, cliproxy/accounts/registry.js
 */
export async function hasCodexAccount(machine: Machine, ccsFolder: string): Promise<boolean> {
  const folder = join(ccsFolder, 'cliproxy');
  for (const name of await names(machine, join(folder, 'auth'))) {
    if (name.endsWith('.json') && (await member(machine, join(folder, 'auth', name), 'type')) === 'codex') return true;
  }
  const paused = await names(machine, join(folder, 'auth-paused'));
  const providers = paused.length === 0 ? null : await member(machine, join(folder, 'accounts.json'), 'providers');
  const { accounts = {} } = (providers as { codex?: { accounts?: Record<string, { tokenFile?: string }> } } | null)?.codex ?? {};
  return Object.values(accounts).some(({ tokenFile }) => tokenFile !== undefined && paused.includes(tokenFile));
}

async function names(machine: Machine, folder: string): Promise<readonly string[]> {
  try {
    return await machine.list(folder);
  } catch (error) {
    if (failedWith(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** One member of a JSON file, and nothing else of it: token files hold secrets. */
async function member(machine: Machine, path: string, name: string): Promise<unknown> {
  const text = await readText(machine, path);
  try {
    return (JSON.parse(text ?? '{}') as Record<string, unknown> | null)?.[name] ?? null;
  } catch {
    return null; // CCS passes over a file that it cannot read
  }
}
