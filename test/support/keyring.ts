/**
 * A real Secret Service for a test: a private session bus and a gnome-keyring with an unlocked login collection, both gone afterwards.
 * Needs the packages that `missingPackages(KEYRING_COMMANDS)` names.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Environment, FreshHome } from './fresh-home.ts';

const LOGIN = '/org/freedesktop/secrets/collection/login';
const PASSWORD = 'pw';

export interface Keyring {
  /** Locks the login collection. There is no display, so whoever needs it unlocked fails instead of being asked. */
  lock(): Promise<void>;
  /** Unlocks it again, by starting the daemon anew with the password. */
  unlock(): Promise<void>;
  isLocked(): Promise<boolean>;
}

/** One method call; throws with the bus's own words. */
async function call(env: Environment, destination: string, path: string, method: string, ...args: string[]): Promise<string> {
  const command = ['--session', '--print-reply', `--dest=${destination}`, path, method, ...args];
  return (await execa('dbus-send', command, { env, extendEnv: false })).stdout;
}

/** Waits up to `ms` for something to become true. */
async function until(what: string, ms: number, check: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + ms;
  while (!(await check().catch(() => false))) {
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

function hasSecretService(env: Environment): Promise<boolean> {
  const bus = 'org.freedesktop.DBus';
  return call(env, bus, '/', `${bus}.NameHasOwner`, 'string:org.freedesktop.secrets').then((reply) =>
    reply.includes('boolean true'),
  );
}

/** `--foreground`, so that the process is ours to end: one that daemonises and then misses its bus lives on for ever. */
function startDaemon(env: Environment) {
  const args = ['--foreground', '--unlock', '--components=secrets'];
  return execa('gnome-keyring-daemon', args, {
    env,
    extendEnv: false,
    input: PASSWORD,
    reject: false,
    stdout: 'ignore',
    stderr: 'ignore',
  });
}

function startBus(env: Environment, address: string) {
  // What the daemon and the programs it starts say on stderr is of no interest.
  const args = ['--session', '--nofork', '--nopidfile', `--address=${address}`];
  return execa('dbus-daemon', args, {
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
  });
}

/**
 * Runs something with a keyring of its own. Secrets live in `~/.local/share/keyrings` of that home, so a second call with the same home
 * finds them again.
 * @param home whose environment the keyring and the callback get
 * @param options `locked`: the login collection is there, but locked
 * @param run gets the environment with DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR
 */
export async function withKeyring<T>(
  home: FreshHome,
  options: { locked?: boolean },
  run: (env: Environment, keyring: Keyring) => Promise<T>,
): Promise<T> {
  const runtime = mkdtempSync(join(home.env.TMPDIR ?? '/tmp', 'run-'));
  const address = `unix:path=${join(runtime, 'bus')}`;
  const env: Environment = { ...home.env, XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: address };
  const bus = startBus(env, address);
  let daemon: ReturnType<typeof startDaemon> | undefined;

  const keyring: Keyring = {
    async lock() {
      await call(
        env,
        'org.freedesktop.secrets',
        '/org/freedesktop/secrets',
        'org.freedesktop.Secret.Service.Lock',
        `array:objpath:${LOGIN}`,
      );
      await until('the login collection is locked', 3000, () => keyring.isLocked());
    },
    async unlock() {
      daemon?.kill();
      await daemon;
      daemon = startDaemon(env);
      await until('the keyring is on the bus', 5000, () => hasSecretService(env));
      await until('the login collection is unlocked', 3000, async () => !(await keyring.isLocked()));
    },
    async isLocked() {
      const get = 'org.freedesktop.DBus.Properties.Get';
      const reply = await call(
        env,
        'org.freedesktop.secrets',
        LOGIN,
        get,
        'string:org.freedesktop.Secret.Collection',
        'string:Locked',
      );
      return reply.includes('boolean true');
    },
  };

  try {
    // The name has no owner yet; asking for it any other way would make the bus start a second, locked daemon.
    await until('the session bus answers', 5000, async () => !(await hasSecretService(env)));
    await keyring.unlock();
    if (options.locked === true) await keyring.lock();
    return await run(env, keyring);
  } finally {
    daemon?.kill();
    await daemon;
    bus.kill();
    await bus;
    rmSync(runtime, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}
