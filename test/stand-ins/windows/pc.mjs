// What the stand-ins for programs of Windows have in common: one simulated PC for each HOME, and a log of how they were started.
//
// The state is `session.json` in the folder `pc` beside HOME, so that a test that compares HOME before and after never meets it. Whoever
// plays the PC's owner edits it: test/support/pc.ts does, and documents the keys. `argv.log` there has one JSON line for each start:
// {program, argv}. What stands on standard input is never logged: that it may hold a secret is the point.
//
// Nothing here has seen a real Windows. What the programs print follows Microsoft's documents of them, and what Wine's own reg.exe,
// netstat.exe and Credential Manager do where Wine has more than a stub.
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A misuse that the real program may well accept: the stand-in does not know, so the test has to learn of it. */
export function notSimulated(what) {
  process.stderr.write(`stand-in: ${what} is not simulated\n`);
  process.exit(99);
}

/** Ends as the program itself does when it refuses. */
export function refuse(code, message) {
  process.stderr.write(`${message}\r\n`);
  process.exit(code);
}

export function print(...lines) {
  process.stdout.write(lines.map((line) => `${line}\r\n`).join(''));
}

export const HOME = process.env.HOME || notSimulated('a start without HOME');
const folder = join(dirname(HOME), 'pc');
const file = join(folder, 'session.json');

/** A PC with nothing of ours. */
const NEW = { environment: {}, credentials: {}, openTo: {}, broadcasts: 0, app: null };

/** Writes down how the program was started. To be called first, with the arguments after the program's name. */
export function logged(program, argv) {
  mkdirSync(folder, { recursive: true });
  appendFileSync(join(folder, 'argv.log'), `${JSON.stringify({ program, argv })}\n`);
  return argv;
}

export function pc() {
  try {
    return { ...structuredClone(NEW), ...JSON.parse(readFileSync(file, 'utf8')) };
  } catch (error) {
    if (error.code === 'ENOENT') return structuredClone(NEW);
    throw error;
  }
}

/** Changes the state, one program at a time. */
export function change(edit) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, 'lock');
  for (let tries = 0; ; tries++) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST' || tries > 2000) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  try {
    const state = pc();
    const result = edit(state);
    writeFileSync(`${file}.new`, JSON.stringify(state, null, 2));
    renameSync(`${file}.new`, file);
    return result;
  } finally {
    rmdirSync(lock);
  }
}

/** A secret is never in clear in a file of ours, so that a test that looks for it everywhere finds only what others have left. */
const VEIL = 0xa5;
export const veiled = (text) => Buffer.from(Buffer.from(text, 'utf8').map((byte) => byte ^ VEIL)).toString('base64');
export const unveiled = (text) => Buffer.from(Buffer.from(text, 'base64').map((byte) => byte ^ VEIL)).toString('utf8');

/** Processes of the App, which end some time after their window was closed: the window first, the engine later. */
export function appProcesses({ app }, now = Date.now()) {
  if (!app?.running) return [];
  const since = app.closed === undefined || app.closed === null ? Number.NEGATIVE_INFINITY : now - app.closed;
  const root = 'C:\\Program Files\\WindowsApps\\OpenAI.Codex_26.715.1.0_x64__2p2nqsd0c76g0\\app';
  const window = { pid: 4101, name: 'ChatGPT.exe', path: `${root}\\ChatGPT.exe`, ends: app.windowMs ?? 50 };
  const engine = { pid: 4102, name: 'codex.exe', path: `${root}\\resources\\codex.exe`, ends: app.engineMs ?? 100 };
  return [window, engine].filter(({ ends }) => since < ends);
}
