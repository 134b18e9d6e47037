import type { CodeEntry } from './diagnostics.ts';

/** CLIProxyAPI, the local gateway. */
export const gatewayCodes = {
  CL4001: {
    severity: 'error',
    summary: "Another program listens on the gateway's port.",
    explanation:
      'What answers is not CLIProxyAPI, so the key was not sent there. CCS takes any server that answers for its own and says the gateway is running.',
    fix: 'stop the program that is named, or set gateway.url to where the gateway really listens',
  },
  CL4002: {
    severity: 'warning',
    summary: 'The gateway does not run, and codex-link cannot start it.',
    explanation:
      'Nothing answers at gateway.url. Either somebody else runs the gateway (manager: none), or CCS, which would start it, is not installed.',
    fix: 'npm install -g @kaitranntt/ccs && ccs cliproxy start',
  },
  CL4003: {
    severity: 'error',
    summary: 'The gateway refuses the key.',
    explanation:
      'CLIProxyAPI answers 401 to the token that Codex would send, so every request would fail although codex doctor is content.',
    fix: 'set secret.source to where the key of this gateway is, then codex-link apply',
  },
  CL4004: {
    severity: 'error',
    summary: 'The gateway does not serve the base path.',
    explanation:
      'Every request would end in 404. /api/provider/codex is gone from CLIProxyAPI 7.2.0 on; /v1 exists in all versions.',
    fix: 'set provider.basePath: /v1',
  },
  CL4005: {
    severity: 'warning',
    summary: 'The base path has no model list.',
    explanation:
      '/backend-api/codex serves requests but not GET models, which Codex asks for and codex doctor fails on. /v1 has both.',
    fix: 'set provider.basePath: /v1',
  },
  CL4006: {
    severity: 'error',
    summary: 'The gateway accepts requests without any key.',
    explanation:
      'Its list of api-keys is empty, so whoever reaches the port uses the pool of accounts. Such a route counts as broken.',
    fix: 'ccs cliproxy start writes a key; on your own gateway, set api-keys in its config.yaml',
  },
  CL4007: {
    severity: 'error',
    summary: 'The gateway runs in safe mode.',
    explanation: 'CLIProxyAPI from 7.1.46 on serves nothing but a warning while its keys are those of the template.',
    fix: 'put real keys under api-keys in the config.yaml of the gateway',
  },
  CL4008: {
    severity: 'error',
    summary: 'The gateway did not come up.',
    explanation:
      'ccs cliproxy start was run and nothing that is CLIProxyAPI answered afterwards. Its exit code says nothing: it is 0 even on failure.',
    fix: 'ccs cliproxy start, and read what it prints',
  },
  CL4009: {
    severity: 'warning',
    summary: 'The gateway can be reached from other machines.',
    explanation:
      'It listens on all interfaces, which is the default of CLIProxyAPI and CCS. With a well-known key everybody on the network can use the pool.',
    fix: "set host: 127.0.0.1 in the gateway's config.yaml and restart it; CCS undoes this whenever it writes the file anew",
  },
  CL4010: {
    severity: 'warning',
    summary: 'The gateway uses the key that every installation of CCS has.',
    explanation: 'ccs-internal-managed is the same on all machines, so it protects nothing from anybody who reaches the port.',
    fix: 'ccs tokens --regenerate-secret and a key of your own: ccs tokens --api-key',
  },
  CL4011: {
    severity: 'error',
    summary: 'A settings file of CCS or of its gateway cannot be edited in place.',
    explanation:
      'codex-link changes single values there and keeps every other byte. An alias, an anchor or an unusual layout at that very place makes this unsafe, so nothing was written.',
    fix: 'set the value by hand, then codex-link apply',
  },
} as const satisfies Record<string, CodeEntry>;
