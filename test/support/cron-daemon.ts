/**
 * A real cron daemon for a test, in a mount namespace of its own with empty tables: nobody's crontab is seen, changed or run. What is to use
 * these tables has to be run through `enter`. Needs root. As everywhere, cron looks at the minute.
 */
import { existsSync } from 'node:fs';
import { execa, execaSync } from 'execa';
import { CRON_COMMANDS, missingPackages } from './system.ts';

const DAEMON = '/usr/sbin/cron';

/** Null when a cron daemon can be had here, else why not. */
export function noCron(): string | null {
  const missing = missingPackages(CRON_COMMANDS);
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  if (!existsSync(DAEMON)) return `needs ${DAEMON}`;
  if (process.getuid?.() !== 0) return 'needs root, for a namespace';
  const tried = execaSync('unshare', ['-m', 'true'], { reject: false });
  return tried.exitCode === 0 ? null : 'needs a mount namespace';
}

export interface CronDaemon {
  /** The words to put before a command, so that it runs where the tables are. */
  readonly enter: readonly string[];
  /** The table of this user, byte for byte; null when there is none. */
  table(): Promise<string | null>;
  /** Replaces it. */
  install(table: string): Promise<void>;
}

/** Runs something beside a cron daemon. */
export async function withCron(run: (cron: CronDaemon) => Promise<void>): Promise<void> {
  // The lock of the daemon and a mark of @reboot are in /run; nothing of it may stay there.
  const script = `
mount -t tmpfs tmpfs /var/spool/cron && mkdir -m 1730 /var/spool/cron/crontabs && chgrp crontab /var/spool/cron/crontabs
mount -t tmpfs tmpfs /etc/cron.d && mount -t tmpfs tmpfs /run
echo ready
exec ${DAEMON} -f`;
  const daemon = execa('unshare', ['-m', '/bin/sh', '-c', script], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  try {
    await new Promise<void>((ready, failed) => {
      daemon.stdout.once('data', () => ready());
      void daemon.then(({ stderr }) => failed(new Error(`no cron: ${stderr}`)));
    });
    // It reads its tables when it starts, and takes what is written in the same second for what it has read.
    await new Promise((done) => setTimeout(done, 1500));
    const enter = ['nsenter', '-t', String(daemon.pid), '-m', '--'];
    const crontab = (args: string[], input?: string) =>
      execa('nsenter', [...enter.slice(1), 'crontab', ...args], {
        reject: false,
        stripFinalNewline: false,
        ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      });
    await run({
      enter,
      async table() {
        const { exitCode, stdout } = await crontab(['-l']);
        return exitCode === 0 ? stdout : null;
      },
      async install(table) {
        const { exitCode, stderr } = await crontab(['-'], table);
        if (exitCode !== 0) throw new Error(stderr);
      },
    });
  } finally {
    daemon.kill('SIGTERM');
    await daemon;
  }
}
