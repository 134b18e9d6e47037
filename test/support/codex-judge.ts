/** Asks the real Codex whether it would start on a config.toml. It writes nothing that counts, runs no helper and needs no network. */
import { execa } from 'execa';
import type { FreshHome } from './fresh-home.ts';
import { codexPath } from './programs.ts';

export interface Verdict {
  accepted: boolean;
  /** Codex's reason, with `config.toml` in place of the file's absolute path; null when accepted. */
  message: string | null;
}

interface StartupConfig {
  error?: { data?: { detail?: string } };
}

/**
 * `codex app-server --print-startup-config` on the text as ~/.codex/config.toml of that home.
 * @param args more arguments, such as `--strict-config`
 */
export async function askCodex(home: FreshHome, text: string, ...args: string[]): Promise<Verdict> {
  const codex = codexPath();
  if (codex === null) throw new Error('codex is not here: npm ci in test/programs');
  const file = home.write('.codex/config.toml', text, 0o600);
  const options = { cwd: home.work, env: home.env, extendEnv: false, reject: false, stdin: 'ignore', timeout: 30_000 } as const;
  const { exitCode, stdout, stderr } = await execa(codex, ['app-server', '--print-startup-config', ...args], options);
  if (exitCode === 0) return { accepted: true, message: null };
  const detail = (JSON.parse(stdout) as StartupConfig).error?.data?.detail;
  if (detail === undefined) throw new Error(`codex gave no reason: ${stdout}${stderr}`);
  return { accepted: false, message: detail.replaceAll(file, 'config.toml') };
}
