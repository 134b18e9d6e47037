/** A few real kills of the built program; `npm run chaos` does as many as one likes. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/chaos.mjs', import.meta.url));

it('a dozen real kills lose nothing', { timeout: 120_000 }, async () => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [SCRIPT, '--kills', '12'], {
    reject: false,
    stdin: 'ignore',
  });
  process.stdout.write(`\n${stdout}\n`);
  expect([exitCode, stderr], stdout).toEqual([0, '']);
  expect(stdout).toMatch(/real kills: 12, .* files lost: 0, .* not converged: 0, not restored: 0 of \d/);
});
