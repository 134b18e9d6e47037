import { join } from 'node:path';
import { type Machine, readText } from '../machine/machine.ts';
import { onWindows } from '../machine/programs.ts';
import { Secret } from '../secret.ts';
import { parsed, scalar, section } from './config.ts';

/** Where CCS's gateway reads its settings from: `config.yaml` on the default port, else a file with the port in its name. */
export function gatewayConfigPath(folder: string, port: number): string {
  return join(folder, 'cliproxy', port === 8317 ? 'config.yaml' : `config-${port}.yaml`);
}

/** Where CCS keeps CLIProxyAPI itself; it is downloaded by `ccs cliproxy --latest`. Source: CCS 7.79.1, cliproxy/binary */
export function gatewayProgram({ facts }: Machine, folder: string, backend: 'original' | 'plus'): string {
  const ending = onWindows(facts) ? '.exe' : '';
  return join(folder, 'cliproxy', 'bin', backend, `${backend === 'plus' ? 'cli-proxy-api-plus' : 'cli-proxy-api'}${ending}`);
}

/**
 * The settings of every gateway that CCS has made, the main one included: each variant has one of its own, on a port from 8318 on.
 * Source: CCS 7.79.1, cliproxy/services/variant-settings.js, and seen by running it.
 */
export async function readGatewayConfigs(machine: Machine, folder: string): Promise<GatewayConfig[]> {
  const cliproxy = join(folder, 'cliproxy');
  if ((await machine.stat(cliproxy))?.kind !== 'folder') return [];
  const names = (await machine.list(cliproxy)).filter((name) => /^config(-\d+)?\.yaml$/.test(name));
  const configs = await Promise.all(names.map((name) => readGatewayConfig(machine, join(cliproxy, name))));
  return configs.filter((one) => one !== null);
}

/**
 * The settings of CCS's gateway, which are in force once it has read them: `unread` tells. Host, port and TLS count from its next start
 * on. Source: CLIProxyAPI 7.2.140.
 */
export interface GatewayConfig {
  readonly path: string;
  readonly text: string;
  /** Address to listen on; empty means every interface. */
  readonly host: string;
  readonly port: number;
  readonly apiKeys: readonly Secret[];
  readonly allowRemoteManagement: boolean;
  /** Whether there is a management secret at all. The gateway replaces it by its hash, so that it cannot be compared. */
  readonly hasManagementSecret: boolean;
  /**
   * The secret stands there as CCS wrote it, so that no gateway has read the file since: the first thing it does is to put a hash in its
   * place. On Linux a running gateway stops following the file as soon as it is replaced, which CCS always does.
   * Source: CLIProxyAPI up to 7.2.140, internal/watcher/events.go and internal/config; its pull request 5264.
   */
  readonly unread: boolean;
  readonly routing: { readonly strategy: string; readonly sessionAffinity: boolean; readonly sessionAffinityTtl: string };
}

/** Reads it; null while CCS has not made it. Throws `CodexLinkError` when it is no YAML. */
export async function readGatewayConfig(machine: Machine, path: string): Promise<GatewayConfig | null> {
  const text = await readText(machine, path);
  if (text === null) return null;
  const root = parsed(withoutAliases(text), path);
  const management = section(root, 'remote-management');
  const routing = section(root, 'routing');
  const secret = scalar(management['secret-key']);
  const keys = Array.isArray(root['api-keys']) ? root['api-keys'] : [];
  return {
    path,
    text,
    host: scalar(root.host) ?? '',
    port: Number(scalar(root.port) ?? 8317) || 8317,
    apiKeys: keys.flatMap((one) => {
      const key = scalar(one);
      return key === null ? [] : [new Secret(key)];
    }),
    allowRemoteManagement: isTrue(management['allow-remote']),
    hasManagementSecret: secret !== null,
    unread: secret !== null && !/^\$2[aby]\$/.test(secret),
    routing: {
      strategy: scalar(routing.strategy) ?? 'round-robin',
      sessionAffinity: isTrue(routing['session-affinity']),
      sessionAffinityTtl: scalar(routing['session-affinity-ttl']) ?? '1h',
    },
  };
}

/** Names of models, which nobody asks for here: with them the parser takes three times as long, in every plan. */
function withoutAliases(text: string): string {
  return text.replace(/^oauth-model-alias:.*(?:\r?\n(?:[ \t].*)?)*/m, '');
}

/** Go's yaml.v3 takes the old words of YAML 1.1 too, where a boolean is expected. */
function isTrue(value: unknown): boolean {
  return /^(true|yes|on|y)$/i.test(scalar(value) ?? '');
}
