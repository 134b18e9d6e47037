import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Program } from '../platform/platform.ts';
import type { GatewayAnswers } from './probe.ts';

const RESOURCE = { resource: 'gateway' } as const;

/** Something else listens where the gateway should; `program` is who, where that can be told. */
export function notTheGateway(desired: Desired, what: string, program: Program | null): Finding {
  const who = program === null ? '' : `, process ${program.pid}: ${program.name}`;
  const stop = program === null ? 'stop it' : `kill ${program.pid}`;
  const message = `what answers at ${desired.gateway.url} is not CLIProxyAPI but ${what}${who}`;
  return finding('CL4001', message, { ...RESOURCE, fix: `${stop}, or set gateway.url to where the gateway really listens` });
}

export function safeMode(desired: Desired): Finding {
  return finding('CL4007', `the gateway at ${desired.gateway.url} serves nothing but a warning`, RESOURCE);
}

/** Why the key is worth nothing at the gateway, or null. */
export function keyTrouble(desired: Desired, answers: GatewayAnswers): Finding | null {
  const { url, manager } = desired.gateway;
  if (answers.open) {
    const fix = manager === 'ccs' ? 'ccs cliproxy restart, which writes a key' : 'set api-keys in the config.yaml of the gateway';
    return finding('CL4006', `the gateway at ${url} accepts requests without any key`, { ...RESOURCE, fix });
  }
  return answers.keyAccepted === false ? finding('CL4003', `the gateway at ${url} refuses the key`, RESOURCE) : null;
}

/** Why Codex would not get far with the base path, or null. A path without a model list is only a warning. */
export function pathTrouble(desired: Desired, answers: GatewayAnswers): Finding | null {
  const { basePath } = desired.provider;
  switch (answers.basePath) {
    case 'exists':
      return null;
    case 'no-models':
      return finding('CL4005', `${basePath} has no model list`, RESOURCE);
    case 'missing':
      return finding('CL4004', `the gateway at ${desired.gateway.url} has no ${basePath}`, RESOURCE);
  }
}
