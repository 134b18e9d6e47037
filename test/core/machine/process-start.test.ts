import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isYounger, startByPowershell, startByPs } from '../../../src/machine/process-start.ts';

test('a process has one mark for as long as it lives, and none afterwards', async () => {
  const child = spawn('sleep', ['30']);
  try {
    const mark = await startByPs(child.pid ?? 0);
    expect(mark).toMatch(/\d\d:\d\d:\d\d \d{4}$/);
    // The ps of Linux works the time out from now and the time since the start, and may be a second off; that of macOS asks the kernel.
    const again = Date.parse((await startByPs(child.pid ?? 0)) ?? '');
    expect(Math.abs(again - Date.parse(mark ?? ''))).toBeLessThanOrEqual(1000);
  } finally {
    const gone = new Promise((done) => child.once('exit', done));
    child.kill();
    await gone;
  }
  expect(await startByPs(child.pid ?? 0)).toBeNull();
});

test('a later process with the same number would have another mark', async () => {
  expect(await startByPs(1)).not.toBe(await startByPs(process.pid));
});

test('there is no process 0 to ask for, nor one beyond all numbers', async () => {
  expect(await startByPs(2 ** 31 - 1)).toBeNull();
});

/** A stand-in that knows one script, letter for letter, and shows its environment to nobody; that the script is PowerShell it cannot tell. */
describe('by PowerShell', () => {
  const start = '2026-11-21T11:59:58';
  test.each<[string, string, number | null]>([
    ['its one line', `printf '${start}\\r\\n'`, Date.parse(`${start}Z`)],
    ['nothing, as Wine does', 'exit 0', null],
    ['no such process', "echo 'Get-Process : Cannot find a process' >&2; exit 1", null],
    ['a process of somebody else: an error, and exit code 0', 'echo \'Exception getting "StartTime"\' >&2', null],
    ['a time in the way of a country', "printf '21.11.2026 11:59:58\\r\\n'", null],
    ['more than was asked for', `printf '${start}\\r\\n${start}\\r\\n'`, null],
  ])('%s', async (_what, script, moment) => {
    const folder = mkdtempSync(join(tmpdir(), 'powershell-'));
    const program = join(folder, 'powershell.exe');
    const wanted = "-NoProfile -NonInteractive -Command (Get-Process -Id 12).StartTime.ToUniversalTime().ToString('s')";
    writeFileSync(program, `#!/bin/sh\n[ "$*" = "${wanted}" ] && [ -z "$LEAKS" ] || exit 99\n${script}\n`);
    chmodSync(program, 0o755);
    process.env.LEAKS = 'yes';
    try {
      expect(await startByPowershell(12, program)).toBe(moment);
      expect(await startByPowershell(13, program)).toBeNull();
    } finally {
      delete process.env.LEAKS;
      rmSync(folder, { recursive: true });
    }
  });

  test('is asked on Windows only, and a PowerShell that is not there says nothing', async () => {
    expect(await isYounger(process.pid, 0)).toBe(false);
    expect(await startByPowershell(12, '/nonexistent/powershell.exe')).toBeNull();
  });
});
