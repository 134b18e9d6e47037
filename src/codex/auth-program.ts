import { posix } from 'node:path';
import type { Machine } from '../machine/machine.ts';
import type { ParsedTable } from '../toml/read.ts';
import { codexHome } from './home.ts';
import { valueAt } from './layers.ts';

/**
 * True when both configurations make Codex start the same program for the key, however they spell it: a managed setting cannot name it
 * by an absolute path that is right for everybody, and says `cwd = "~/.codex/bin"` and `command = "./NAME"` instead.
 * @param own the user's file alone
 * @param effective the same under the layers of the machine
 */
export function startsSameProgram(machine: Machine, id: string, own: ParsedTable, effective: ParsedTable): boolean {
  const table = ['model_providers', id, 'auth'];
  const { home } = machine.facts;
  const mine = programOf(own, table, home, codexHome(machine));
  // A relative folder of a layer is one of that layer's own place, which is not known here.
  return mine !== null && mine === programOf(effective, table, home, null);
}

/** Source: codex 0.169.0, codex-rs/login/src/auth/external_bearer.rs; that `~` is expanded in cwd and only there was tried. */
function programOf(config: ParsedTable, table: readonly string[], home: string, base: string | null): string | null {
  const command = valueAt(config, [...table, 'command']);
  const cwd = valueAt(config, [...table, 'cwd']);
  if (typeof command !== 'string') return null;
  if (command.startsWith('/')) return posix.normalize(command);
  if (!command.includes('/') || typeof cwd !== 'string') return null;
  const folder = /^~(\/|$)/.test(cwd) ? home + cwd.slice(1) : cwd;
  if (folder.startsWith('/')) return posix.join(folder, command);
  return base === null ? null : posix.join(base, folder, command);
}
