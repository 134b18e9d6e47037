import { join, resolve } from 'node:path';
import type { Machine } from '../machine/machine.ts';

/** Codex's folder: CODEX_HOME, else ~/.codex. */
export function codexHome(machine: Machine): string {
  const { env, home, cwd } = machine.facts;
  return env.CODEX_HOME ? resolve(cwd, env.CODEX_HOME) : join(home, '.codex');
}

/** The file that bricks the App when it is wrong. */
export function configPath(machine: Machine): string {
  return join(codexHome(machine), 'config.toml');
}

/** Variables that Codex reads at every start, over those of its environment. */
export function dotenvPath(machine: Machine): string {
  return join(codexHome(machine), '.env');
}
