// Types, lint and format of the whole project.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from './generate.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
await generate();
const steps = [
  ['tsc', ['-p', '.']],
  ['tsc', ['-p', 'src/fleet/page']], // runs in a browser
  ['biome', ['check', '.']],
];
let failed = false;
for (const [name, args] of steps) {
  const began = Date.now();
  const result = spawnSync(join(root, 'node_modules', '.bin', name), args, { cwd: root, stdio: 'inherit' });
  console.log(`${name}: ${result.status === 0 ? 'ok' : 'FAILED'} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  failed ||= result.status !== 0;
}
process.exit(failed ? 1 : 0);
