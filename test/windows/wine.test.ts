/** That Windows under Wine is what the other files here take it for: what is real there, and what only says so. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOME, missingForWine, NODE, openWindows, type Windows } from '../support/wine.ts';

const missing = missingForWine();
if (missing.length > 0) console.warn(`NO TESTS ON WINDOWS. They need: ${missing.join(' && ')}`);

describe.skipIf(missing.length > 0)('Windows under Wine', () => {
  let windows: Windows;
  beforeAll(async () => {
    windows = await openWindows();
  });
  beforeEach(() => windows.reset());
  afterAll(() => windows?.close());

  it('is Windows to Node, with a profile', async () => {
    const { stdout, code } = await windows.run(NODE, ['-p', 'process.platform + " " + os.homedir()']);
    expect(stdout.trim()).toBe(`win32 ${HOME}`);
    expect(code).toBe(0);
  });

  // Exit code 0 proves nothing there: what relies on these programs has to look for their answer.
  it.each([
    ['setx', ['CODEX_LINK_TEST', 'x']],
    ['powershell', ['-NoProfile', '-Command', 'exit 3']],
    ['tasklist', ['/FO', 'CSV', '/NH']],
    ['icacls', ['C:\\windows']],
  ])('%s does nothing and says that all is well', async (program, args) => {
    const { stdout, code } = await windows.run(program, args);
    expect({ stdout: stdout.trim(), code }).toEqual({ stdout: '', code: 0 });
  });

  it('has the program that npm would start', async () => {
    expect((await windows.codexLink(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\r?\n$/);
  });
});
