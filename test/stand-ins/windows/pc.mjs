// What the stand-ins for programs of Windows have in common: one simulated PC for each HOME, its state and log in the folder `pc`.
//
// Whoever plays the PC's owner edits the state: test/support/pc.ts does, and documents the keys. A start is logged as {program, argv}.
//
// Nothing here has seen a real Windows. What the programs print follows Microsoft's documents of them, and what Wine's own reg.exe,
// netstat.exe and Credential Manager do where Wine has more than a stub.
import { simulated } from '../simulated.mjs';

export { HOME, notSimulated } from '../simulated.mjs';

/** Ends as the program itself does when it refuses. */
export function refuse(code, message) {
  process.stderr.write(`${message}\r\n`);
  process.exit(code);
}

export function print(...lines) {
  process.stdout.write(lines.map((line) => `${line}\r\n`).join(''));
}

/** A PC with nothing of ours. */
const NEW = { environment: {}, credentials: {}, openTo: {}, broadcasts: 0, app: null };

export const { state: pc, change, log } = simulated('pc', NEW);

/** Writes down how the program was started. To be called first, with the arguments after the program's name. */
export function logged(program, argv) {
  log({ program, argv });
  return argv;
}

/** Processes of the App, which end some time after their window was closed: the window first, the engine later. */
export function appProcesses({ app }, now = Date.now()) {
  if (!app?.running) return [];
  const since = app.closed === undefined || app.closed === null ? Number.NEGATIVE_INFINITY : now - app.closed;
  const root = 'C:\\Program Files\\WindowsApps\\OpenAI.Codex_26.715.1.0_x64__2p2nqsd0c76g0\\app';
  const window = { pid: 4101, name: 'ChatGPT.exe', path: `${root}\\ChatGPT.exe`, ends: app.windowMs ?? 50 };
  const engine = { pid: 4102, name: 'codex.exe', path: `${root}\\resources\\codex.exe`, ends: app.engineMs ?? 100 };
  return [window, engine].filter(({ ends }) => since < ends);
}
