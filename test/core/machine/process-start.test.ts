import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { startByPs } from '../../../src/machine/process-start.ts';

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
