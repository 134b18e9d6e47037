import { childProcess } from './builtins.ts';

/**
 * When the process started, as `ps` of any Unix says it; null when there is none, or when it has ended and only waits to be reaped. For
 * systems without /proc, like macOS: a number alone says little once the machine has been restarted.
 */
export function startByPs(pid: number): Promise<string | null> {
  return new Promise((resolve) => {
    // Each column in an -o of its own, for all after a `=` is a heading to BSD. The time is text, so it must not depend on the user's.
    const args = ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)];
    const options = { env: { LC_ALL: 'C', TZ: 'UTC' }, timeout: 5000, encoding: 'utf8' } as const;
    childProcess().execFile('/bin/ps', args, options, (error, stdout) => {
      const [, state, start] = /^\s*(\S+)\s+(\S.*\S)\s*$/.exec(stdout) ?? [];
      resolve(error !== null || state === undefined || state.startsWith('Z') ? null : (start ?? null));
    });
  });
}
