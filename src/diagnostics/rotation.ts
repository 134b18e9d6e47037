import type { CodeEntry } from './diagnostics.ts';

/** A new key for the gateway. */
export const rotationCodes = {
  CL7060: {
    severity: 'error',
    summary: 'The keys of this gateway are not ours to change.',
    explanation:
      'rotate changes the api-keys of the gateway that CCS runs on this machine. Of a gateway that somebody else runs (manager: none, or another host) it knows neither the config nor who else uses it.',
    fix: 'add a key to api-keys of that gateway, put it where secret.source takes it from, codex-link apply, then remove the old key there',
  },
  CL7061: {
    severity: 'error',
    summary: 'The key comes from a place that codex-link only reads.',
    explanation:
      'secret.source names a variable, a file or a command. A key made by rotate would be replaced by the one from there at the next apply.',
    fix: 'change the key at its source and in api-keys of the gateway, then codex-link apply; or set secret.source: ccs',
  },
  CL7062: {
    severity: 'error',
    summary: "The gateway's key cannot be changed here.",
    explanation: 'What CCS has of its gateway is not complete, or is set to another machine. Nothing was changed.',
    fix: 'ccs cliproxy start, then codex-link rotate',
  },
  CL7063: {
    severity: 'error',
    summary: 'The gateway did not take up the change of its keys.',
    explanation:
      'CLIProxyAPI reads its config again by itself, a moment after it was changed. It did not, so everything was put back and the old key stays in force.',
    fix: 'ccs cliproxy restart, then codex-link rotate',
  },
  CL7064: {
    severity: 'warning',
    summary: 'Other keys open the gateway too.',
    explanation:
      'CCS never takes a key back: each one it was ever given stays in api-keys. Some may have been given to other programs, so codex-link leaves them.',
    fix: 'remove what nobody needs from api-keys in that file; the gateway reads it again by itself',
  },
  CL7065: {
    severity: 'warning',
    summary: 'A rotation of the key was interrupted.',
    explanation:
      'The gateway takes both the old and the new key until the rotation is finished, which the next apply or rotate does.',
    fix: 'codex-link rotate',
  },
} as const satisfies Record<string, CodeEntry>;
