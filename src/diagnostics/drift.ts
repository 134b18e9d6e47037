import type { CodeEntry } from './diagnostics.ts';

/** Codes about `drift`: what it accepts, puts back, moves and reports. */
export const driftCodes = {
  CL8001: {
    severity: 'warning',
    summary: 'An entry of drift.ignore has expired.',
    explanation:
      'Its last day, `until`, is over, so the difference counts again. This is told once; until the entry is changed or removed it does nothing.',
    fix: 'Remove the entry from drift.ignore, or give it a later `until`.',
  },
  CL8002: {
    severity: 'warning',
    summary: 'The history of drift runs cannot be used.',
    explanation:
      'drift.json or drift.log in the state folder is damaged, or cannot be written. Runs still say what they see, but not since when, and what was told is told again. A damaged file is replaced by the next run.',
    fix: 'see what the message says of the file',
  },
  CL8003: {
    severity: 'warning',
    summary: 'A neighbour keeps undoing what heal puts back.',
    explanation:
      'heal: safe has put the resource back three times, each time undone within a day, and stops: two programs that overwrite each other help nobody. It begins again as soon as something changes: another difference, another YAML, or the resource in sync at a run.',
    fix: 'keep the neighbour from it (provider.id: codex-link is never touched by ccsxp), or accept it with drift.ignore; then codex-link apply',
  },
  CL8004: {
    severity: 'warning',
    summary: 'heal could not put something back.',
    explanation:
      'The same steps as with apply were taken, and all of it was put back when one failed. The next run tries again; after three failures on the same difference it stops.',
    fix: 'codex-link apply shows what is in the way',
  },
  CL8005: {
    severity: 'info',
    summary: 'A difference is left to a person although heal is safe.',
    explanation:
      'heal: safe only puts back files of codex-link and the stored key, where the world has moved and the YAML has not. What needs a restart (a running Codex App reads the key only when it starts), a login, the network or ccs, and what depends on something that is not in sync itself, waits for codex-link apply.',
    fix: 'codex-link apply',
  },
  CL8006: {
    severity: 'warning',
    summary: 'A drift report could not be written.',
    explanation: 'A report never fails the run: its exit code says what was seen, and the report is tried again by the next run.',
    fix: 'see what the message says of the file, or change drift.report',
  },
  CL8007: {
    severity: 'warning',
    summary: 'The webhook could not be reached.',
    explanation:
      'Three tries were made, each with a time limit. The change counts as not sent and is sent by the next run. The address itself is a secret and is never shown.',
    fix: 'check drift.report.webhook.urlFrom and that the address answers',
  },
  CL8008: {
    severity: 'info',
    summary: 'No desktop notification could be shown.',
    explanation: 'There is no desktop session of this user, or its program for notifications is not installed.',
    fix: 'install libnotify-bin (notify-send), or set drift.report.notify: false',
  },
  CL8010: {
    severity: 'warning',
    summary: "The route has moved to OpenAI's own, because the gateway fails its check.",
    explanation:
      'fallback: openai moves the selector after 3 failed checks in a row, and back after 3 good ones; when it had to move again within a day of coming back, it takes twice as many good ones each time, up to 24. Threads that are open keep their route. plan and apply keep the fallback too; codex-link use overrules it.',
    fix: 'codex-link verify shows what is wrong with the gateway; codex-link use auto goes back at once',
  },
  CL8011: {
    severity: 'info',
    summary: 'The route is back on the gateway.',
    explanation: 'The gateway passed its check often enough in a row, the selector was moved back, and the route was verified.',
    fix: 'nothing',
  },
  CL8012: {
    severity: 'warning',
    summary: 'The gateway fails its check, and there is no ChatGPT login to fall back to.',
    explanation: "fallback: openai only moves to a route that can work. OpenAI's own needs a login of Codex on this machine.",
    fix: 'codex login, or mend the gateway: codex-link verify',
  },
  CL8013: {
    severity: 'warning',
    summary: 'The route could not be moved.',
    explanation: 'The move is an apply of the selector alone; it failed and was put back. The next run tries again.',
    fix: 'codex-link use openai, or mend the gateway: codex-link verify',
  },
  CL8014: {
    severity: 'info',
    summary: 'The gateway fails its check, but not for long enough to move the route.',
    explanation:
      'Failed is a gateway that is down, is something else, refuses the key, offers no model (no account of the pool can be used), or takes more than 2 seconds on this machine (8 elsewhere) to say so.',
    fix: 'codex-link verify',
  },
} as const satisfies Record<string, CodeEntry>;

/** True for what a drift run says of itself, and not of the machine. */
export function isAboutDrift(code: string): boolean {
  return Object.hasOwn(driftCodes, code);
}
