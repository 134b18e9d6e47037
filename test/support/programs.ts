/** Finds the real programs that `test/programs` pins. They are big, so they may be absent: then these give null and tests skip. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with the programs' commands; it goes on PATH, because ccs looks for codex there. */
export const programsBin = fileURLToPath(new URL('../programs/node_modules/.bin', import.meta.url));

function find(name: string): string | null {
  const path = join(programsBin, name);
  return existsSync(path) ? path : null;
}

/** The Codex CLI, whose `app-server` is also the App's engine. */
export function codexPath(): string | null {
  return find('codex');
}

/** CCS, which runs CLIProxyAPI and keeps its accounts. */
export function ccsPath(): string | null {
  return find('ccs');
}

/** CCS's shortcut that starts Codex on the gateway and, before that, "repairs" the user's config.toml. */
export function ccsxpPath(): string | null {
  return find('ccsxp');
}
