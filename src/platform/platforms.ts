import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import type { Os } from '../machine/machine.ts';
import type { Platform } from './platform.ts';

/** How things are done on an OS. Only that one is loaded. */
export async function platformFor(os: Os): Promise<Platform> {
  switch (os) {
    case 'linux':
      return (await import('./linux/linux.ts')).linux;
    case 'darwin':
      return (await import('./darwin/darwin.ts')).darwin;
    case 'win32':
      return (await import('./win32/windows.ts')).windows;
  }
}

/** The error for an OS that codex-link has no backend for. */
export function unsupported(os: string): CodexLinkError {
  return new CodexLinkError(finding('CL0013', `codex-link cannot work for ${os}`));
}
