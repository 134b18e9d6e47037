// Makes dist/compiled/: the program with the code that V8 makes of it, for the Node that builds. It is taken after real plans and
// drifts have run, because only then the functions that they need are compiled. On another Node dist/program.js runs.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const folder = join(dist, 'compiled');
const WARM_UP_MS = 60_000;
const KEY = 'key-of-the-build';

/**
 * @param {string} target what esbuild makes the code for
 * @returns {Promise<string | null>} why there is nothing compiled; null when there is
 */
export async function compile(target) {
  const { version, versions, platform, arch } = process;
  const [major = 0] = versions.node.split('.').map(Number);
  if (major < 22) return `Node ${versions.node} cannot run it`;
  const own = join(folder, `${version}-${platform}-${arch}`);
  mkdirSync(own, { recursive: true });
  const modules = await definitions(target);
  writePack(own, modules);
  try {
    // All of them in one script, to see which ones are loaded; then only these.
    const loaded = new Set(await warmUp(own));
    writePack(own, new Map([...modules].filter(([name]) => loaded.has(name))));
    for (const [name, code] of modules) if (!loaded.has(name)) writeFileSync(join(own, name), `(${code})`);
    await warmUp(own);
    return null;
  } catch (error) {
    rmSync(folder, { recursive: true });
    return `a plan or a drift to try it failed: ${error.message}`;
  }
}

/** The modules of the program as functions that define them, by file name; see src/cli/compiled.ts. */
async function definitions(target) {
  const paths = ['program.js', ...readdirSync(join(dist, 'chunks')).map((name) => join('chunks', name))];
  const made = paths.map(async (path) => {
    const { code } = await transform(readFileSync(join(dist, path), 'utf8'), {
      format: 'cjs',
      target,
      minify: true,
      supported: { 'dynamic-import': false },
    });
    // The loader reads it as Latin-1, which takes no decoding. Strings are ASCII already; what is left stands in regular expressions.
    const ascii = code.replace(/[^\x00-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
    return [basename(path), `function(module,exports,require){"use strict";${ascii}\n}`];
  });
  return new Map(await Promise.all(made));
}

function writePack(own, modules) {
  const entries = [...modules].map(([name, code]) => `${JSON.stringify(name)}:${code}`);
  writeFileSync(join(own, 'pack.js'), `({${entries.join(',\n')}})`);
}

/**
 * Applies in a throw-away home, where no program is found, and then runs plans and drifts there, in sync as they are most of the time, in
 * a process that keeps the compiled code afterwards. Every function more is loaded at every start.
 * @returns {Promise<string[]>} the modules that they loaded
 */
async function warmUp(own) {
  const home = mkdtempSync(join(tmpdir(), 'codex-link-build-'));
  const server = gateway();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const yaml = join(home, 'codex-link.yaml');
    writeFileSync(
      yaml,
      `version: 1\ngateway: { url: "http://127.0.0.1:${port}", manager: none }\nprovider: { model: gpt-5.5 }\nsecret: { store: file, source: { env: KEY } }\n`,
    );
    const env = { HOME: home, USERPROFILE: home, PATH: home, KEY };
    await node([join(dist, 'codex-link.js'), 'apply', '--yes', '--file', yaml], env);
    const { code } = await transform(readFileSync(join(root, 'src/cli/compiled.ts'), 'utf8'), { loader: 'ts', format: 'esm' });
    const [recorder, report] = [join(home, 'recorder.mjs'), join(home, 'loaded.json')];
    writeFileSync(
      recorder,
      `${code}
import { writeFileSync } from 'node:fs';
const [, , folder, own, yaml, report] = process.argv;
const loaded = { scripts: new Map(), modules: new Map() };
const { main } = compiledProgram(folder, loaded);
for (const command of ['plan', 'plan', 'drift', 'drift']) await main([command, '--file', yaml]);
for (const [name, script] of loaded.scripts) writeFileSync(own + '/' + name + '.bin', script.createCachedData());
writeFileSync(report, JSON.stringify([...loaded.modules.keys()]));
`,
    );
    await node([recorder, folder, own, yaml, report], env);
    return JSON.parse(readFileSync(report, 'utf8'));
  } finally {
    server.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** As much of CLIProxyAPI as a plan asks for. */
function gateway() {
  return createServer(({ url, headers }, answer) => {
    answer.statusCode = url === '/' || headers.authorization === `Bearer ${KEY}` ? 200 : 401;
    answer.end(JSON.stringify({ message: 'CLI Proxy API Server' }));
  });
}

/** Runs Node in an environment of its own; throws what it says when it fails. */
function node(args, env) {
  return new Promise((done, failed) => {
    execFile(process.execPath, args, { env, timeout: WARM_UP_MS }, (error, _stdout, stderr) => {
      if (error === null) done(undefined);
      else failed(new Error(stderr || error.message));
    });
  });
}
