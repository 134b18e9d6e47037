import { execa } from 'execa';
import type { Environment, FreshHome } from './fresh-home.ts';
import { codexPath } from './programs.ts';

/** One turn of the real Codex, which says what the gateway answered. Never throws for an exit code. */
export function codexTurn(home: FreshHome, env: Environment = home.env) {
  return execa(codexPath() ?? 'codex', ['exec', '--skip-git-repo-check', 'say hi'], {
    cwd: home.work,
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 60_000,
  });
}
