// What the stand-ins for programs of macOS have in common: one simulated Mac for each HOME, its state and log in the folder `mac`.
//
// Whoever plays the Mac's owner edits the state: test/support/mac.ts does, and documents the keys. A start is logged as {program, argv, by}, where
// `by` is the label of the LaunchAgent that it came from, as launchd tells its jobs (XPC_SERVICE_NAME).
import { simulated } from '../simulated.mjs';

export { HOME, notSimulated } from '../simulated.mjs';

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

export const uid = process.getuid?.() ?? 501;

export const { state: mac, change, log } = simulated('mac', NEW);

/** Writes down how the program was started. To be called first, with the arguments after the program's name. */
export function logged(program, argv) {
  log({ program, argv, by: process.env.XPC_SERVICE_NAME ?? null });
  return argv;
}

/** Processes of the App, which end some time after it was asked to quit: the window first, its engine later. */
export function appProcesses({ app }, now = Date.now()) {
  if (!app?.running) return [];
  const since = app.quitAsked === undefined || app.quitAsked === null ? Number.NEGATIVE_INFINITY : now - app.quitAsked;
  const window = { pid: 4101, program: `${app.path}/Contents/MacOS/${app.executable ?? 'ChatGPT'}`, ends: app.windowMs ?? 50 };
  const engine = { pid: 4102, program: `${app.path}/Contents/Resources/codex`, ends: app.engineMs ?? 100 };
  return [window, engine].filter(({ ends }) => since < ends);
}
