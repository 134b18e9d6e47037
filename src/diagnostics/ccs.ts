import type { CodeEntry } from './diagnostics.ts';

/** CCS and its pool. */
export const ccsCodes = {
  CL7001: {
    severity: 'error',
    summary: 'CCS is not installed.',
    explanation:
      'The pool of accounts and the local gateway are managed by CCS, whose program ccs was not found on PATH or where npm puts it.',
    fix: 'npm install -g @kaitranntt/ccs, or ccs: { ensure: present } in codex-link.yaml',
  },
  CL7002: {
    severity: 'error',
    summary: 'CCS is at work and holds its own lock.',
    explanation:
      'codex-link changes the files of CCS only under the locks of CCS. It waits for a ccs that holds one, and gives up with exit code 4; nothing was lost.',
    fix: 'let the running ccs end, then run the command again',
  },
} as const satisfies Record<string, CodeEntry>;
