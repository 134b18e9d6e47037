import type { CodeEntry } from './diagnostics.ts';

/** How the gateway spreads requests over the accounts. */
export const routingCodes = {
  CL7030: {
    severity: 'warning',
    summary: 'Routing is wanted, and codex-link does not manage this gateway.',
    explanation:
      'How requests are spread is set through CCS, in its own files. With gateway.manager: none somebody else runs the gateway, and its settings are theirs.',
    fix: 'set routing where the gateway runs, and remove routing from codex-link.yaml',
  },
  CL7031: {
    severity: 'error',
    summary: 'CCS did not change the routing.',
    explanation:
      'ccs cliproxy routing was run, and afterwards the files of CCS do not say what was asked for. Its exit code says little, so that only the files count.',
    fix: 'ccs cliproxy routing, and read what it prints',
  },
  CL7032: {
    severity: 'warning',
    summary: 'The running gateway refused CCS; it takes the routing from its file instead.',
    explanation:
      'CCS tells a running gateway through its management interface, whose secret differs from the one of CCS. CLIProxyAPI bans the whole machine for half an hour after five such tries, so codex-link never tries again. Both the routing and the secret also stand in the file of the gateway, which it reads at the latest when it starts.',
    fix: 'codex-link plan, to see that nothing differs any more',
  },
  CL7033: {
    severity: 'warning',
    summary: 'CCS is set to a gateway on another machine, so routing cannot be set for this one.',
    explanation:
      'With cliproxy_server.remote.enabled every ccs cliproxy routing command goes to that machine, and the files here do not change.',
    fix: 'set cliproxy_server.remote.enabled: false in the config.yaml of CCS, or remove routing from codex-link.yaml',
  },
} as const satisfies Record<string, CodeEntry>;
