import { win32 } from 'node:path';
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

/** A clock that is set while a process begins must not make it younger than what it has made itself. In ms. */
const SLACK_MS = 60_000;

/** See `Machine.isYounger`. On every other system the mark of `processStart` tells as much. */
export async function isYounger(pid: number, than: number): Promise<boolean> {
  if (process.platform !== 'win32') return false;
  const root = process.env.SystemRoot ?? 'C:\\Windows';
  const start = await startByPowershell(pid, win32.join(root, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe'));
  return start !== null && start > than + SLACK_MS;
}

/**
 * When the process started, in ms since the epoch; null when PowerShell does not tell, as for a process of somebody else. The form `s` of
 * a time is the same in every language. Unverified on a real Windows; under Wine PowerShell says nothing.
 */
export function startByPowershell(pid: number, powershell: string): Promise<number | null> {
  return new Promise((resolve) => {
    const script = `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString('s')`;
    const args = ['-NoProfile', '-NonInteractive', '-Command', script];
    // It gets nothing else of the environment, where a secret may be.
    const { SystemRoot, TEMP, USERPROFILE } = process.env;
    const options = { env: { SystemRoot, TEMP, USERPROFILE }, timeout: 10_000, encoding: 'utf8', windowsHide: true } as const;
    childProcess().execFile(powershell, args, options, (error, stdout) => {
      const [time] = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=\r?\n?$)/.exec(stdout) ?? [];
      resolve(error !== null || time === undefined ? null : Date.parse(`${time}Z`));
    });
  });
}
