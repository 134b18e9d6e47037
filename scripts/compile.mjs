// Makes dist/compiled/: the program with the code that V8 makes of it, for the Node that builds. It is taken after a real plan and a
// real drift have run, because only then the functions that they need are compiled. On another Node dist/program.js runs.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const folder = join(dist, 'compiled');
const WARM_UP_MS = 60_000;

/**
 * @param {string} target what esbuild makes the code for
 * @returns {Promise<string | null>} why there is nothing compiled; null when there is
 */
export async function compile(target) {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 22) return `Node ${process.versions.node} cannot run it`;
  mkdirSync(folder);
  const main = 'program.js';
  for (const path of [main, ...readdirSync(join(dist, 'chunks')).map((name) => join('chunks', name))]) {
    const { code } = await transform(readFileSync(join(dist, path), 'utf8'), {
      format: 'cjs',
      target,
      minify: true,
      supported: { 'dynamic-import': false },
    });
    // The loader reads it as Latin-1, which takes no decoding. Strings are ASCII already; what is left stands in regular expressions.
    const ascii = code.replace(/[^\x00-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
    writeFileSync(join(folder, basename(path)), `(function(module,exports,require){"use strict";${ascii}\n})`);
  }
  const { version, platform, arch } = process;
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ node: version, platform, arch, main }));
  const why = await warmUp();
  if (why !== null) rmSync(folder, { recursive: true });
  return why;
}

/** Runs a plan and a drift in a throw-away home, in a process of its own that keeps the compiled code afterwards. */
async function warmUp() {
  const home = mkdtempSync(join(tmpdir(), 'codex-link-build-'));
  // It answers nobody: that the gateway is asked at all is what has to be compiled.
  const server = createServer((socket) => socket.destroy());
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const yaml = join(home, 'codex-link.yaml');
    writeFileSync(
      yaml,
      `version: 1\ngateway: { url: "http://127.0.0.1:${port}", manager: none }\nprovider: { model: gpt-5.5 }\nsecret: { store: file, source: { generate: 32 } }\n`,
    );
    const { code } = await transform(readFileSync(join(root, 'src/cli/compiled.ts'), 'utf8'), { loader: 'ts', format: 'esm' });
    const recorder = join(home, 'recorder.mjs');
    writeFileSync(
      recorder,
      `${code}
import { writeFileSync } from 'node:fs';
const loaded = new Map();
const { main } = compiledProgram(process.argv[2], loaded);
for (const command of ['plan', 'plan', 'drift', 'drift']) await main([command, '--file', process.argv[3]]);
for (const [name, script] of loaded) writeFileSync(process.argv[2] + '/' + name + '.bin', script.createCachedData());
`,
    );
    const env = { HOME: home, USERPROFILE: home, PATH: '/usr/bin:/bin' };
    const failure = await failureOf([recorder, folder, yaml], env);
    return failure === null ? null : `a plan or a drift to try it failed: ${failure}`;
  } finally {
    server.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** What a run of Node in an environment of its own says when it fails; null when it does not. */
function failureOf(args, env) {
  return new Promise((done) => {
    execFile(process.execPath, args, { env, timeout: WARM_UP_MS }, (error, _stdout, stderr) => {
      done(error === null ? null : stderr || error.message);
    });
  });
}
