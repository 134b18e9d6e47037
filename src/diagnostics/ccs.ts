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
  CL7003: {
    severity: 'info',
    summary: 'CCS is of a major version that codex-link does not know.',
    explanation:
      'codex-link was made for CCS 7. From 8 on, a pause that a person sets survives the automatic resume, accounts of a pool can have an order, and ccsxp gets its base path from the backend: /backend-api/codex with the original CLIProxyAPI from 8.7.0 on, where it may also remove the auth table of our provider. /v1 and a provider id other than cliproxy are right with all of them.',
    fix: 'nothing, as long as codex-link verify passes; set provider.id to something other than cliproxy if ccsxp is used',
  },
  CL7004: {
    severity: 'warning',
    summary: 'CCS cannot be installed, because npm is not there.',
    explanation: 'ccs: { ensure: present } installs CCS with npm, which was not found on PATH or where users have theirs.',
    fix: 'install Node.js with npm, then codex-link apply',
  },
  CL7005: {
    severity: 'error',
    summary: 'npm failed to install or to remove CCS.',
    explanation:
      'npm was run as npm install -g @kaitranntt/ccs and ended with an error. It needs the network, and a global folder that the user may write to.',
    fix: 'npm install -g @kaitranntt/ccs, and read what it prints',
  },
  CL7006: {
    severity: 'error',
    summary: 'CCS is installed and cannot be found.',
    explanation:
      'npm puts programs into the folder bin of its prefix. That folder is neither on PATH nor one of the usual places that codex-link looks at.',
    fix: 'put the folder bin of what npm prefix -g prints on PATH, then codex-link apply',
  },
} as const satisfies Record<string, CodeEntry>;
