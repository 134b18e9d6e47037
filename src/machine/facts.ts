import os from 'node:os';
import { parse, resolve } from 'node:path';
import type { Facts, Os } from './machine.ts';

/** What is true of the machine for the whole of this process. `planned` is the OS to plan for. */
export function factsOf(planned: Os): Facts {
  const env = process.env;
  const cwd = workingFolder();
  return {
    os: planned,
    simulated: planned !== process.platform,
    env,
    home: homeFolder(process.platform === 'win32' ? env.USERPROFILE : env.HOME, cwd),
    user: userName(),
    uid: process.getuid?.() ?? -1,
    host: os.hostname(),
    pid: process.pid,
    cwd,
  };
}

/** The root where somebody has removed the folder that this process was started in: a relative path means nothing there. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return parse(process.execPath).root;
  }
}

/** `os.homedir()` gives an empty HOME back as it is, and every path would be a relative one. */
function homeFolder(fromEnv: string | undefined, cwd: string): string {
  if (fromEnv) return resolve(cwd, fromEnv);
  if (fromEnv === undefined) return os.homedir();
  try {
    return os.userInfo().homedir;
  } catch {
    return parse(cwd).root;
  }
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // No entry in the user database, as in some containers.
    return process.env.USER ?? process.env.USERNAME ?? String(process.getuid?.() ?? 'unknown');
  }
}
