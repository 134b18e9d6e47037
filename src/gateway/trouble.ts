import type { CcsConfig } from '../ccs/config.ts';
import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { Program } from '../platform/platform.ts';
import { whyMissing } from './base-paths.ts';
import type { GatewayFacts } from './facts.ts';
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
export function pathTrouble(desired: Desired, answers: GatewayAnswers, { release }: GatewayFacts): Finding | null {
  const { basePath } = desired.provider;
  switch (answers.basePath) {
    case 'exists':
      return null;
    case 'no-models':
      return finding('CL4005', `${basePath} has no model list`, RESOURCE);
    case 'missing': {
      const why = release === null ? null : whyMissing(basePath, release.version, release.backend);
      return finding(
        'CL4004',
        `the gateway at ${desired.gateway.url} has no ${basePath}${why === null ? '' : `: ${why}`}`,
        RESOURCE,
      );
    }
  }
}

/** Why a gateway that does not run yet would be of no use for the base path, or null. */
export function futurePathTrouble(desired: Desired, release: GatewayFacts['release']): Finding | null {
  const { basePath } = desired.provider;
  const why = release === null ? null : whyMissing(basePath, release.version, release.backend);
  return why === null ? null : finding('CL4017', `the gateway will have no ${basePath}: ${why}`, RESOURCE);
}

/** CCS starts and changes another gateway than the one that is meant. */
export function notTheOneOfCcs(desired: Desired, config: CcsConfig): Finding[] {
  const { url, port, loopback } = desired.gateway;
  if (!loopback) return [];
  const at = `http://127.0.0.1:${config.port}`;
  return [
    ...(config.port === port
      ? []
      : [
          finding('CL4015', `CCS has its gateway on port ${config.port}, and gateway.url is ${url}`, {
            ...RESOURCE,
            file: config.path,
            fix: `set gateway.url: ${at} in codex-link.yaml, or cliproxy_server.local.port: ${port} in ${config.path}`,
          }),
        ]),
    ...(config.remote
      ? [
          finding('CL4016', `CCS is set to a gateway on another machine, and gateway.url is ${url}`, {
            ...RESOURCE,
            file: config.path,
          }),
        ]
      : []),
  ];
}
