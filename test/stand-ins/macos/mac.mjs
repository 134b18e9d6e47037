// What the stand-ins for programs of macOS have in common: one simulated Mac for each HOME, and a log of how they were started.
//
// The state is `session.json` in the folder `mac` beside HOME, so that a test that compares HOME before and after never meets it. Whoever
// plays the Mac's owner edits it: test/support/mac.ts does, and documents the keys. `argv.log` there has one JSON line for each start:
// {program, argv, by}, where `by` is the label of the LaunchAgent that it came from, as launchd tells its jobs (XPC_SERVICE_NAME).
// What stands on standard input is never logged: that it may hold a secret is the point.
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A misuse that the real program may well accept: the stand-in does not know, so the test has to learn of it. */
export function notSimulated(what) {
  process.stderr.write(`stand-in: ${what} is not simulated\n`);
  process.exit(99);
}

const home = process.env.HOME || notSimulated('a start without HOME');
const folder = join(dirname(home), 'mac');
const file = join(folder, 'session.json');

/** A Mac whose owner sits in front of it, with nothing installed. */
const NEW = {
  session: 'aqua',
  locked: false,
  dialog: 'none',
  dialogs: [],
  automation: 'allowed',
  environment: {},
  agents: {},
  app: null,
};

export const HOME = home;
export const uid = process.getuid?.() ?? 501;

/** Writes down how the program was started. To be called first, with the arguments after the program's name. */
export function logged(program, argv) {
  mkdirSync(folder, { recursive: true });
  const entry = { program, argv, by: process.env.XPC_SERVICE_NAME ?? null };
  appendFileSync(join(folder, 'argv.log'), `${JSON.stringify(entry)}\n`);
  return argv;
}

export function mac() {
  try {
    return { ...NEW, ...JSON.parse(readFileSync(file, 'utf8')) };
  } catch (error) {
    if (error.code === 'ENOENT') return { ...NEW };
    throw error;
  }
}

/** Changes the state; agents run at the same time as whoever started them, so one at a time. */
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
    const state = mac();
    const result = edit(state);
    writeFileSync(`${file}.new`, JSON.stringify(state, null, 2));
    renameSync(`${file}.new`, file);
    return result;
  } finally {
    rmdirSync(lock);
  }
}

/** Processes of the App, which end some time after it was asked to quit: the window first, its engine later. */
export function appProcesses({ app }, now = Date.now()) {
  if (!app?.running) return [];
  const since = app.quitAsked === undefined || app.quitAsked === null ? Number.NEGATIVE_INFINITY : now - app.quitAsked;
  const window = { pid: 4101, program: `${app.path}/Contents/MacOS/${app.executable ?? 'ChatGPT'}`, ends: app.windowMs ?? 50 };
  const engine = { pid: 4102, program: `${app.path}/Contents/Resources/codex`, ends: app.engineMs ?? 100 };
  return [window, engine].filter(({ ends }) => since < ends);
}
