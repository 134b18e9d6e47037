import type { CodeEntry } from './diagnostics.ts';

/** The desktop App. */
export const appCodes = {
  CL6001: {
    severity: 'warning',
    summary: 'Codex App did not quit.',
    explanation:
      'It was asked to quit and did not within app.quitTimeoutSeconds; it may be asking whether to save something. It is never killed. Until it restarts it keeps the old route.',
    fix: 'quit Codex App yourself and open it again',
  },
} as const satisfies Record<string, CodeEntry>;
