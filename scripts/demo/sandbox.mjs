// A throw-away home folder with the built program in it, for the demo and the benchmark. Nothing of the caller's own home is read or
// written: the environment is made anew, and all of it is removed when the process ends, however it ends.
import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { constants as system, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Something that has to be done first; the message says what. */
export class NotReady extends Error {}

/** Builds dist when it is missing or older than what it is made from. */
export function ensureBuilt() {
  if (!existsSync(join(root, 'node_modules', 'esbuild')))
    throw new NotReady('the libraries are not installed yet: run npm ci first');
  const sources = ['src', 'schema', 'scripts/build.mjs', 'scripts/generate.mjs', 'package.json'].map((one) => join(root, one));
  const built = join(root, 'dist', 'codex-link.js');
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...sources.map(newest))) return;
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new NotReady('the program could not be built: node scripts/build.mjs says why');
}

/** Time of the last change of a file, or of the newest file below a folder. */
function newest(path) {
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(info.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** The folder of an installed `codex`: on PATH, else among the programs of the tests; null when there is none. */
export function codexFolder() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(root, 'test', 'programs', 'node_modules', '.bin')];
  return folders.find((folder) => isExecutable(join(folder, 'codex'))) ?? null;
}

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * @typedef {object} Sandbox
 * @property {string} folder holds everything
 * @property {string} home
 * @property {string} work the working folder of what is run
 * @property {Record<string, string>} env all that a program gets
 * @property {string} program the built codex-link.js
 */

/**
 * Makes one, with a copy of the built program that no build can take away meanwhile.
 * @param {string} name for the folder
 * @param {(string | null)[]} path folders for PATH, before Node's and the system's
 * @returns {Sandbox}
 */
export function makeSandbox(name, path = []) {
  ensureBuilt();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  const [home, work, temporary, program] = ['home', 'work', 'tmp', 'program'].map((one) => join(folder, one));
  for (const one of [join(home, '.codex'), work, temporary, program]) mkdirSync(one, { recursive: true, mode: 0o700 });
  cpSync(join(root, 'dist'), join(program, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(program, 'package.json'));
  const kept = ['TERM', 'COLORTERM', 'NO_COLOR', 'LANG', 'LC_ALL'].flatMap((one) =>
    process.env[one] ? [[one, process.env[one]]] : [],
  );
  const folders = [...path, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].filter((one) => one !== null);
  const env = { ...Object.fromEntries(kept), HOME: home, TMPDIR: temporary, PATH: folders.join(delimiter) };
  return { folder, home, work, env, program: join(program, 'dist', 'codex-link.js') };
}

const running = new Set();

/**
 * Runs a program in the sandbox to its end.
 * @param {Sandbox} sandbox
 * @param {string} file
 * @param {string[]} args
 * @param {'show' | 'hide' | 'capture'} output `show`: both streams to standard output, as a terminal would have them
 * @returns {Promise<{ code: number | null, stdout: string, ms: number }>}
 */
export function run(sandbox, file, args, output) {
  const stdio = { show: ['ignore', 1, 1], hide: ['ignore', 'ignore', 'ignore'], capture: ['ignore', 'pipe', 'ignore'] }[output];
  const began = performance.now();
  const child = spawn(file, args, { cwd: sandbox.work, env: sandbox.env, stdio });
  running.add(child);
  const chunks = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  let ms = 0;
  child.once('exit', () => {
    ms = performance.now() - began;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve({ code, stdout: Buffer.concat(chunks).toString('utf8'), ms });
    });
  });
}

/** Keeps a program going that runs in the background, and ends it with everything else. */
export function background(file, args, options) {
  const child = spawn(file, args, options);
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Ends at once on Ctrl-C and the like: what runs is stopped, and leaving removes the folder. */
export function endOnSignals() {
  process.once('exit', () => {
    for (const child of running) child.kill();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(128 + system.signals[signal]));
  // The reader went away, as with `| head`.
  process.stdout.on('error', () => process.exit(1));
}
