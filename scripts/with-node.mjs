// Runs a script of this project: with the Node that is running, or, when that is too old, with a pinned current one from the
// registry's `node` package (tools/node), installed on first use. Plain old syntax: it has to run on the old Node.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tools = join(root, 'tools', 'node');

const node = isCurrent() ? process.execPath : installedNode();
const [script, ...args] = process.argv.slice(2);
const PATH = `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`;
const result = spawnSync(node, [join(root, script), ...args], { stdio: 'inherit', env: { ...process.env, PATH } });
if (result.error) console.error(`${node} cannot be started: ${result.error.message}`);
process.exit(result.status ?? 1);

function isCurrent() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 13);
}

function installedNode() {
  const path = join(tools, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(path)) {
    console.error(
      `Node.js ${process.versions.node} is too old for codex-link's libraries: installing a current one into tools/node`,
    );
    const npm = spawnSync('npm', ['ci', '--prefix', tools, '--no-audit', '--no-fund', '--loglevel=error'], {
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (npm.status !== 0 || !existsSync(path)) {
      console.error('That failed. Install Node.js 22.13 or 24 and newer yourself, then run the command again.');
      process.exit(1);
    }
  }
  return path;
}
