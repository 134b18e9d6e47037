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
    fix: 'npm install -g @kaitranntt/ccs, then ccs cliproxy start',
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
    fix: 'set gateway.exposure: loopback, then codex-link apply; CCS undoes this whenever it writes the file anew, and the next plan finds it',
  },
  CL4010: {
    severity: 'warning',
    summary: 'The gateway uses the key that every installation of CCS has.',
    explanation: 'ccs-internal-managed is the same on all machines, so it protects nothing from anybody who reaches the port.',
    fix: 'codex-link rotate',
  },
  CL4011: {
    severity: 'error',
    summary: 'A settings file of CCS or of its gateway cannot be edited in place.',
    explanation:
      'codex-link changes single values there and keeps every other byte. An alias, an anchor or an unusual layout at that very place makes this unsafe, so nothing was written.',
    fix: 'set the value by hand, then codex-link apply',
  },
  CL4012: {
    severity: 'warning',
    summary: 'The management secret of the gateway is the one that every installation of CCS has.',
    explanation:
      'The management interface hands out the accounts of the pool and changes every setting. CCS allows it from other machines and protects it with the word ccs unless told otherwise; where the port is open to the network that is no protection at all.',
    fix: 'set gateway.exposure: loopback, then codex-link apply',
  },
  CL4013: {
    severity: 'warning',
    summary: 'Other machines may manage the gateway.',
    explanation:
      'The port is open to other machines and remote-management.allow-remote is true, which is what CCS writes. Whoever learns the management secret gets at the accounts of the pool.',
    fix: 'set gateway.exposure: loopback, then codex-link apply',
  },
  CL4014: {
    severity: 'warning',
    summary: 'The running gateway has not read its settings since they were written.',
    explanation:
      'On Linux CLIProxyAPI follows its config file only until that is replaced for the first time, which every ccs command does that writes it. Keys, routing and secrets in the file are then not those in force. The management secret still stands there as CCS wrote it; a gateway that reads the file puts a hash in its place.',
    fix: 'ccs cliproxy restart',
  },
  CL4015: {
    severity: 'warning',
    summary: 'CCS has its gateway on another port than gateway.url.',
    explanation:
      'ccs cliproxy start would start it on the port that the config.yaml of CCS names, and Codex would call the other one. So codex-link starts and changes nothing there.',
    fix: 'set gateway.url in codex-link.yaml to the port of CCS, or the port of CCS to that of gateway.url',
  },
  CL4016: {
    severity: 'warning',
    summary: 'CCS is set to a gateway on another machine, and gateway.url is this one.',
    explanation:
      'With cliproxy_server.remote.enabled the commands of CCS go to the other gateway, while Codex uses the one of gateway.url. Accounts and settings then come from two places.',
    fix: 'set cliproxy_server.remote.enabled: false in the config.yaml of CCS, or gateway.url and manager: none for the other machine',
  },
  CL4017: {
    severity: 'warning',
    summary: 'The base path is not in the release of the gateway that is installed.',
    explanation:
      'The gateway does not run, and the release that CCS would start is known not to serve the path: every request would end in 404.',
    fix: 'set provider.basePath: /v1',
  },
  CL4018: {
    severity: 'warning',
    summary: 'The gateway is open to other machines, and codex-link cannot close it.',
    explanation:
      'gateway.exposure is loopback. The address to listen on counts only from a start on, and codex-link restarts only a gateway that CCS has started, on the port that CCS has for it.',
    fix: 'set host: 127.0.0.1 in the config.yaml of the gateway, then restart it where it was started',
  },
  CL4019: {
    severity: 'error',
    summary: 'The gateway is still open to other machines.',
    explanation:
      'Its settings were changed and it was restarted, and it still takes connections beyond loopback, or CCS has written its settings anew.',
    fix: 'ccs cliproxy restart, and read what it prints',
  },
} as const satisfies Record<string, CodeEntry>;
