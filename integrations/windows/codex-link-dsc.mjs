// The commands behind codex-link.dsc.resource.json: an instance of the resource on standard input, its state as one line of JSON on
// standard output, and what people should read as DSC's own trace lines on standard error. All it knows of the machine it asks codex-link.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SETTLED = ['in-sync', 'unmanaged', 'skipped'];

/** Ends with a message that DSC shows. */
function fail(code, message) {
  process.stderr.write(`${JSON.stringify({ error: message })}\n`);
  process.exit(code);
}

/** In the package this file lies beside codex-link; a copy elsewhere looks where npm installs for the user, and for everybody. */
function program() {
  const places = [
    join(dirname(fileURLToPath(import.meta.url)), '../..'),
    ...[process.env.APPDATA, process.env.ProgramFiles]
      .filter(Boolean)
      .map((folder) => join(folder, 'npm/node_modules/codex-link')),
  ];
  const found = places.map((place) => join(place, 'dist/codex-link.js')).find((path) => existsSync(path));
  return found ?? fail(2, 'codex-link is not installed: npm install -g codex-link');
}

function instance() {
  const text = process.stdin.isTTY ? '' : readFileSync(0, 'utf8').trim();
  try {
    const given = text === '' ? {} : JSON.parse(text);
    const { file } = given;
    // DSC itself has judged the rest of it by the schema.
    if (!Array.isArray(given) && (file === undefined || (typeof file === 'string' && !['', '-'].includes(file)))) return { file };
  } catch {
    // told below
  }
  return fail(2, 'the instance needs no more than "file", a path');
}

/** Runs codex-link and gives its document; ends where it has none, or where that is an error. */
function codexLink(args, { file }) {
  const flags = file === undefined ? [] : ['--file', file];
  const { status, stdout } = spawnSync(process.execPath, [program(), ...args, '--json', ...flags], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 << 20,
    windowsHide: true,
  });
  let document;
  try {
    document = JSON.parse(stdout);
  } catch {
    return fail(1, `codex-link ${args[0]} ended with ${status} and no answer`);
  }
  if (document.error !== undefined) {
    const { code, message, fix } = document.error;
    return fail(status === 4 ? 4 : 1, `${code}: ${message}; next: ${fix}`);
  }
  return { status, document };
}

function state(given) {
  const { document } = codexLink(['plan', '--detailed-exitcode'], given);
  const pending = document.resources
    .filter(({ status }) => !SETTLED.includes(status))
    .map(({ address, status, reason }) => ({ address, status, reason }));
  const file = given.file === undefined ? {} : { file: given.file };
  return { ...file, outcome: document.outcome, pending, version: document.codexLinkVersion };
}

function set(given) {
  const { status, document } = codexLink(['apply', '--yes'], given);
  if (status === 0) return state(given);
  const told = document.findings.map(({ code, message, fix }) => `${code}: ${message}; next: ${fix}`).join('\n');
  if (status !== 2) return fail(1, told || `codex-link apply ended with ${status}`);
  const after = state(given);
  const steps = after.pending.map(({ address, reason }) => `${address}: ${reason}`).join('\n');
  process.stderr.write(`${JSON.stringify({ warn: `steps remain that codex-link cannot take from here\n${steps}` })}\n`);
  return after;
}

const COMMANDS = {
  get: state,
  test(given) {
    const now = state(given);
    return { ...now, _inDesiredState: now.outcome === 'in-sync' };
  },
  set,
  export: state,
};

const [name] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name] : fail(2, `there is no command ${name}`);
process.stdout.write(`${JSON.stringify(command(name === 'export' ? {} : instance()))}\n`);
