import type { CodeEntry } from './diagnostics.ts';

/** The schedule that runs `codex-link drift`. */
export const scheduleCodes = {
  CL8040: {
    severity: 'warning',
    summary: 'The schedule names a program by a path that an update takes away.',
    explanation:
      'A scheduler starts programs by their absolute path. Folders that carry a version, like those of nvm, Homebrew or npx, are gone after an update, and then the schedule runs nothing, without a word.',
    fix: 'install Node.js and codex-link where the path stays, e.g. npm install -g codex-link; else codex-link apply after each update',
  },
  CL8041: {
    severity: 'error',
    summary: 'The command of the schedule holds a character that the scheduler cannot take.',
    explanation:
      'Each scheduler has characters that no quoting gets through: a line end in all of them, and on Windows the percent sign, which the Task Scheduler replaces.',
    fix: 'give the file or folder that is named another name',
  },
  CL8042: {
    severity: 'warning',
    summary: 'There is nothing here that could run the schedule.',
    explanation:
      'On Linux a user manager of systemd or the program crontab is needed, on macOS launchctl, on Windows schtasks. Containers often have none of them.',
    fix: 'install cron, or run codex-link drift from what schedules things here and take drift.schedule out of codex-link.yaml',
  },
  CL8043: {
    severity: 'error',
    summary: 'The scheduler did not take the schedule.',
    explanation: 'What was installed is read back, because exit codes of schedulers say little; it is not there as it was given.',
    fix: 'look at what the scheduler said, then codex-link apply',
  },
  CL8044: {
    severity: 'error',
    summary: 'The crontab cannot be used.',
    explanation:
      'codex-link changes only its own marked block in the crontab and keeps every other byte. Where the table cannot be read, is not valid UTF-8, or the block lost its last line, that cannot be promised.',
    fix: 'crontab -e and mend what is named, then codex-link plan',
  },
  CL8045: {
    severity: 'error',
    summary: 'codex-link.yaml has no schedule to install.',
    explanation: 'When drift is looked for stands in codex-link.yaml, so that the next apply does not undo it.',
    fix: 'write `drift: { schedule: { every: 1h } }` into codex-link.yaml',
  },
  CL8046: {
    severity: 'warning',
    summary: 'No cron daemon is running.',
    explanation: 'The entry is in the crontab, but nobody reads it until a cron daemon is started.',
    fix: 'start the cron daemon, e.g. sudo systemctl enable --now cron',
  },
  CL8047: {
    severity: 'warning',
    summary: 'A schedule needs codex-link.yaml to be a file.',
    explanation: 'The desired state came from standard input. What runs later has to find it somewhere.',
    fix: 'save the file, and name it with --file',
  },
  CL8048: {
    severity: 'error',
    summary: 'The scheduler cannot run at exactly these times.',
    explanation:
      'Schedulers differ in what they can say. codex-link translates exactly or not at all; a schedule that runs at about the right times would be a surprise later.',
    fix: 'choose other times, e.g. `every: 1h` or `cron: "0 * * * *"`',
  },
  CL8049: {
    severity: 'info',
    summary: 'The schedule runs only while the user is logged in.',
    explanation:
      'systemd ends the user manager, and with it its timers, when the last session of the user ends, unless lingering is on. A run that was missed is made up for at the next login.',
    fix: 'loginctl enable-linger, if it is to run without a login',
  },
  CL8050: {
    severity: 'info',
    summary: 'The schedule cannot be changed from here.',
    explanation:
      'Over ssh, or from a scheduled run, there may be no user manager or no graphical session, and these hold the schedule.',
    fix: 'codex-link apply in a terminal of your own session',
  },
} as const satisfies Record<string, CodeEntry>;
