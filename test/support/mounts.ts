import { execFileSync } from 'node:child_process';

/** Whether files can be laid over the system's own in a private mount namespace, which takes root. */
export function canMount(): boolean {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
