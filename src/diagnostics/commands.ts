import type { CodeEntry } from './diagnostics.ts';

/** What `init` says. */
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
} as const satisfies Record<string, CodeEntry>;
