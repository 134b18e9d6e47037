import type { CodeEntry } from './diagnostics.ts';

/** What `init` says, and what is said of `--target`. */
export const commandCodes = {
  CL0030: {
    severity: 'error',
    summary: 'There is a codex-link.yaml already.',
    explanation:
      'init writes a file of its own making, without what somebody has written into the one that is there, like overrides and comments. So it replaces one only when told to, and keeps the old one beside it. Nothing was changed.',
    fix: 'codex-link init --force, or codex-link init --file - to look at what it would write',
  },
  CL0031: {
    severity: 'error',
    summary: 'What this machine has cannot be said in codex-link.yaml.',
    explanation:
      'init checks what it is about to write as validate does, and something that it has found did not pass. Nothing was written.',
    fix: 'report it with the message; meanwhile start with a file that says "version: 1", then codex-link plan',
  },
  CL0032: {
    severity: 'info',
    summary: 'Something that is there was not taken over.',
    explanation:
      'It cannot be stated in codex-link.yaml, may hold a secret, or is not known for certain. It stays as it is: what the YAML does not speak of is left alone.',
    fix: 'codex-link plan shows what apply would change',
  },
  CL0040: {
    severity: 'warning',
    summary: '--target names something that is not managed here.',
    explanation:
      'The address is one that codex-link knows, but nothing of this run has it: codex-link.yaml does not manage it, or the command has nothing to do with it. The run goes on with what else was named; where that is nothing, it does nothing.',
    fix: 'codex-link graph shows what codex-link.yaml manages',
  },
  CL0041: {
    severity: 'warning',
    summary: 'Nothing was checked.',
    explanation:
      '--target and --exclude have left nothing that a check is about. This says neither that the route works nor that it does not.',
    fix: 'codex-link verify',
  },
} as const satisfies Record<string, CodeEntry>;
