import { childProcess } from './builtins.ts';
import { type Child, forever, isClosed, isRefused, unlessAbandoned, watch } from './children.ts';
import { type Command, type Exit, MachineError } from './machine.ts';
import { type Start, windowsStart } from './start-scripts.ts';

/** More output than any program that codex-link asks ever prints; the rest is cut. */
const MAX_OUTPUT = 16 * 1024 * 1024;

/** After its end, how long to wait for a program's output when a grandchild keeps the pipe open. */
const DRAIN_MS = 250;

/**
 * Runs a program to its end. What only reads is started by the runtime itself, because that is on the path of `plan` and execa
 * alone costs as much start-up as the whole rest; what writes goes through execa, which ends stubborn programs properly.
 */
export function run(command: Command): Promise<Exit> {
  if (isClosed()) return forever();
  if (isRefused(command.effect)) return Promise.resolve({ code: null, stdout: '', stderr: '', timedOut: false });
  if (command.attached) return converse(command);
  return command.effect === 'read' ? query(command) : perform(command);
}

/** In our own process group, because only the one in the foreground may read from the terminal. Ctrl-C is then meant for the child. */
function converse(command: Command): Promise<Exit> {
  return new Promise((resolve, reject) => {
    const { cwd, env } = command;
    const { file, args, verbatim } = startOf(command);
    const child = childProcess().spawn(file, args, {
      cwd,
      env,
      stdio: 'inherit',
      windowsHide: true,
      windowsVerbatimArguments: verbatim,
    });
    let timedOut = false;
    const clock = setTimeout(() => {
      timedOut = true;
      child.kill('SIGTERM');
    }, command.timeoutMs);
    const leaveToChild = () => {};
    process.on('SIGINT', leaveToChild);
    const watched: Child = { end: (signal) => child.kill(signal), effect: command.effect, attached: true };
    const ended = watch(watched);
    const finish = () => {
      ended();
      clearTimeout(clock);
      process.off('SIGINT', leaveToChild);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      finish();
      reject(cannotStart(command.file, error.code, error));
    });
    child.on('exit', (code) => {
      finish();
      resolve(unlessAbandoned(watched, { code, stdout: '', stderr: '', timedOut }));
    });
  });
}

function query(command: Command): Promise<Exit> {
  return new Promise((resolve, reject) => {
    const { file, args, verbatim } = startOf(command);
    // Own process group: a time-out ends grandchildren too, and no program can prompt on the terminal.
    const child = childProcess().spawn(file, args, {
      cwd: command.cwd,
      env: command.env,
      stdio: [command.input === undefined && command.until === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
      windowsVerbatimArguments: verbatim,
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let size = 0;
    let timedOut = false;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= MAX_OUTPUT) output[name].push(chunk);
        if (name === 'stdout' && command.until?.(text(output.stdout)) === true) child.stdin?.end();
      });
    }
    const clock = setTimeout(() => {
      timedOut = true;
      endGroup(child.pid);
    }, command.timeoutMs);
    const watched: Child = { end: (signal) => endGroup(child.pid, signal), effect: command.effect, attached: false };
    const ended = watch(watched);
    let drain: NodeJS.Timeout | undefined;
    const finish = (code: number | null) => {
      ended();
      clearTimeout(clock);
      clearTimeout(drain);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(unlessAbandoned(watched, { code, stdout: text(output.stdout), stderr: text(output.stderr), timedOut }));
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      ended();
      clearTimeout(clock);
      reject(cannotStart(command.file, error.code, error));
    });
    child.on('exit', (code) => {
      drain = setTimeout(() => finish(code), DRAIN_MS);
    });
    child.on('close', (code) => finish(code));
    // A program that does not read its input is no failure of ours.
    child.stdin?.on('error', () => {});
    if (command.until === undefined) child.stdin?.end(command.input);
    else child.stdin?.write(command.input ?? '');
  });
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

async function perform(command: Command): Promise<Exit> {
  if (command.until !== undefined) throw new Error('only a program that reads can be asked until it has answered');
  const { execa } = await import('execa');
  const { file, args, verbatim } = startOf(command);
  const child = execa(file, args, {
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.input === undefined ? { stdin: 'ignore' as const } : { input: command.input }),
    env: command.env,
    extendEnv: false,
    timeout: command.timeoutMs,
    forceKillAfterDelay: 2000,
    killDescendants: true,
    buffer: false,
    reject: false,
    windowsHide: true,
    windowsVerbatimArguments: verbatim,
    cleanup: false,
  });
  const watched: Child = { end: (signal) => void child.kill(signal), effect: command.effect, attached: false };
  const ended = watch(watched);
  const stdout = collected(child.stdout);
  const stderr = collected(child.stderr);
  // A daemon that the program leaves behind, like the App, has its output: nobody must wait for that to end.
  child.nodeChildProcess?.once('exit', () => {
    setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, DRAIN_MS);
  });
  const result = await child;
  ended();
  if (result.timedOut) endGroup(child.pid); // grandchildren that ignore a polite signal
  if (result.exitCode === undefined && !result.timedOut && result.signal === undefined) {
    throw cannotStart(command.file, result.code, result);
  }
  return unlessAbandoned(watched, {
    code: result.exitCode ?? null,
    stdout: stdout(),
    stderr: stderr(),
    timedOut: result.timedOut,
  });
}

/** Keeps what a stream brings, up to the limit; gives it as text. */
function collected(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_OUTPUT) chunks.push(chunk);
  });
  return () => text(chunks);
}

function endGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    if (process.platform === 'win32') endTree(pid);
    else process.kill(-pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Windows has no groups; its own program follows the children. */
function endTree(pid: number): void {
  const taskkill = `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\taskkill.exe`;
  const killer = childProcess().spawn(taskkill, ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
  killer.on('error', () => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  });
}

function startOf(command: Command): Start {
  if (process.platform !== 'win32') return { file: command.file, args: command.args ?? [], verbatim: false };
  const start = windowsStart(command);
  if (start === null) throw cannotStart(command.file, 'EINVAL');
  return start;
}

function cannotStart(file: string, code = 'EUNKNOWN', cause?: unknown): MachineError {
  return new MachineError(code, `${file} cannot be started (${code})`, file, { cause });
}
