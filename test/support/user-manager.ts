/**
 * A real user manager of systemd (`systemd --user`) for a test, on a machine where systemd is not the first process too: in a mount
 * and a cgroup namespace of its own, with a /run/systemd/system that says that systemd is there. Its sockets are in the XDG_RUNTIME_DIR that
 * the test gets, and whoever has that variable talks to it, from outside of the namespaces as well. Needs root.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import type { Environment, FreshHome } from './fresh-home.ts';
import { missingPackages, SYSTEMD_COMMANDS } from './system.ts';

const DAEMON = '/lib/systemd/systemd';
const HIERARCHIES = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'];

/** Null when a user manager can be had here, else why not. */
export function noUserManager(): string | null {
  const missing = missingPackages(SYSTEMD_COMMANDS);
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  if (!existsSync(DAEMON)) return `needs ${DAEMON}`;
  if (process.getuid?.() !== 0) return 'needs root, for namespaces';
  const tried = execaSync('unshare', ['-m', '-C', 'true'], { reject: false });
  return tried.exitCode === 0 ? null : 'needs mount and cgroup namespaces';
}

/** Runs something beside a user manager of this home; all that it has started is gone afterwards. */
export async function withUserManager(home: FreshHome, run: (env: Environment) => Promise<void>): Promise<void> {
  const runtime = mkdtempSync(join(tmpdir(), 'cl-run-')); // a path of a socket must be short
  const cgroup = `codex-link-test-${process.pid}-${Date.now()}`;
  const env: Environment = { ...home.env, XDG_RUNTIME_DIR: runtime };
  // A manager moves itself into cgroups below its own, so it gets one that nobody else is in.
  const script = `
for hierarchy in ${HIERARCHIES.join(' ')}; do
  [ -w "$hierarchy/cgroup.procs" ] && mkdir -p "$hierarchy/${cgroup}" && echo $$ >"$hierarchy/${cgroup}/cgroup.procs"
done
exec unshare -m -C sh -c 'mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/system && exec ${DAEMON} --user --log-target=console'`;
  mkdirSync('/run/systemd', { recursive: true });
  const manager = execa('/bin/sh', ['-c', script], { env, extendEnv: false, reject: false, stdin: 'ignore', all: true });
  try {
    await running(env);
    await run(env);
  } finally {
    manager.kill('SIGTERM');
    const forced = setTimeout(() => manager.kill('SIGKILL'), 5000);
    await manager;
    clearTimeout(forced);
    for (const hierarchy of HIERARCHIES) removeCgroup(join(hierarchy, cgroup));
    rmSync(runtime, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

async function running(env: Environment): Promise<void> {
  const end = Date.now() + 15_000;
  for (;;) {
    const { stdout } = await execa('systemctl', ['--user', 'is-active', 'timers.target'], {
      env,
      extendEnv: false,
      reject: false,
    });
    if (stdout === 'active') return; // is-system-running says offline, seen from outside
    if (Date.now() > end) throw new Error(`the user manager is not running after 15 s: ${stdout}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

function removeCgroup(folder: string): void {
  if (!existsSync(folder)) return;
  for (const one of readdirSync(folder, { withFileTypes: true })) if (one.isDirectory()) removeCgroup(join(folder, one.name));
  try {
    rmdirSync(folder);
  } catch {
    // A process in it has not been reaped yet; it is empty all the same.
  }
}
