#!/usr/bin/env node
// The first file that runs, perhaps on a Node that knows nothing of what the rest needs: so no imports of Node's, and old syntax only.
import { compiledProgram } from './compiled.ts';

declare const CODEX_LINK_VERSION: string;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const supported = major >= 24 || (major === 22 && minor >= 13);

if (!supported) {
  process.stderr.write(
    `codex-link needs Node.js 22.13 or 24 and newer, this is ${process.versions.node}: install a current one from nodejs.org\n`,
  );
  process.exitCode = 1;
} else if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`${CODEX_LINK_VERSION}\n`);
} else {
  const { main, hasPrinted } = (compiledProgram(`${import.meta.dirname}/compiled`) ??
    (await import('./main.ts'))) as typeof import('./main.ts');
  process.exitCode = await main(process.argv.slice(2));
  // Silence has nothing left to deliver, and to leave at once is quicker than to take everything apart.
  if (!hasPrinted()) process.exit();
}
