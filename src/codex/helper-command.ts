import { posix, win32 } from 'node:path';
import type { Desired } from '../config/desired.ts';
import type { Os } from '../machine/machine.ts';

/** How Codex is told to get the token. */
export interface HelperCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Null: wherever Codex itself was started. */
  readonly cwd: string | null;
}

/** The program that Windows starts a script with; it does not start one by itself. It stands on everybody's PATH there. */
const POWERSHELL = 'powershell.exe';

/**
 * What the table `[model_providers.ID.auth]` says. Codex replaces no `~` and no variable in it (codex 0.169.0), so that only a path
 * from its own folder is the same for every user.
 */
export function helperCommand({ helper, provider }: Desired, os: Os, codexHome: string): HelperCommand {
  const style = os === 'win32' && !helper.path.startsWith('/') ? win32 : posix;
  const path = provider.portable ? `./${style.relative(codexHome, helper.path)}` : helper.path;
  const cwd = provider.portable ? '.' : null;
  if (!helper.path.endsWith('.ps1')) return { command: path, args: [], cwd };
  // Forward slashes mean the same to Windows, and nothing to TOML.
  const file = path.replaceAll('\\', '/');
  return { command: POWERSHELL, args: ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', file], cwd };
}
