import { defaults } from '../generated/yaml-defaults.ts';
import type { CodexLinkYaml, SecretSourceYaml } from '../generated/yaml-types.ts';
import type { Facts } from '../machine/machine.ts';
import type { TomlValue } from '../toml/value.ts';
import type {
  Desired,
  DesiredDrift,
  DesiredGateway,
  DesiredHelper,
  DesiredProvider,
  DesiredReport,
  DesiredSecret,
  SecretSource,
} from './desired.ts';
import { endpointOf } from './gateway-url.ts';
import { replaceReferences } from './interpolate.ts';
import type { Paths } from './paths.ts';
import { type Path, placeAt, type TreeMap } from './tree.ts';

/** What a desired state is resolved with. */
export interface Resolution {
  readonly yaml: CodexLinkYaml;
  /** The same as a tree: relative paths start from the folder of the file that they stand in. */
  readonly tree: TreeMap;
  readonly facts: Facts;
  readonly paths: Paths;
  readonly file: string;
  readonly sources: readonly string[];
}

/**
 * The desired state with every default filled in and every path absolute. The merged layers must have the right shape; whether they
 * make sense is what the rules say afterwards, so nothing here fails.
 */
export function resolve(resolution: Resolution): Desired {
  const { yaml, file, sources } = resolution;
  return {
    file,
    sources,
    ccs: { ensure: yaml.ccs?.ensure ?? defaults.ccs.ensure },
    accounts:
      yaml.accounts?.map((account) => ({
        email: account.email,
        nickname: account.nickname ?? null,
        default: account.default ?? defaults.accounts.default,
        paused: account.paused ?? defaults.accounts.paused,
      })) ?? null,
    unlistedAccounts: yaml.unlistedAccounts ?? defaults.unlistedAccounts,
    routing:
      yaml.routing === undefined
        ? null
        : {
            strategy: yaml.routing.strategy ?? null,
            sessionAffinity: yaml.routing.sessionAffinity ?? null,
            sessionAffinityTtl: yaml.routing.sessionAffinityTtl ?? null,
          },
    gateway: gateway(resolution),
    variants: yaml.variants?.map(({ name, model }) => ({ name, model })) ?? null,
    provider: provider(resolution),
    secret: secret(resolution),
    helper: helper(resolution),
    app: {
      restart: yaml.app?.restart ?? defaults.app.restart,
      quitTimeoutSeconds: yaml.app?.quitTimeoutSeconds ?? defaults.app.quitTimeoutSeconds,
    },
    verify: {
      doctor: (yaml.verify?.doctor ?? defaults.verify.doctor) || 'off',
      allowWarnings: yaml.verify?.allowWarnings ?? defaults.verify.allowWarnings,
    },
    drift: drift(resolution),
  };
}

function gateway({ yaml: { gateway: given = {} } }: Resolution): DesiredGateway {
  const url = (given.url ?? defaults.gateway.url).replace(/\/+$/, '');
  return {
    url,
    ...endpointOf(url),
    manager: given.manager ?? defaults.gateway.manager,
    ensure: given.ensure ?? defaults.gateway.ensure,
    exposure: given.exposure ?? defaults.gateway.exposure,
    allowInsecure: given.allowInsecure ?? defaults.gateway.allowInsecure,
  };
}

function provider({ yaml: { provider: given = {} }, facts }: Resolution): DesiredProvider {
  const auth = given.auth ?? defaults.provider.auth;
  return {
    active: given.active ?? defaults.provider.active,
    id: given.id ?? defaults.provider.id,
    name: given.name ?? defaults.provider.name,
    basePath: given.basePath ?? defaults.provider.basePath,
    model: given.model ?? null,
    contextWindow: given.contextWindow ?? null,
    // On Windows the guide uses env_key too, and a PowerShell helper is slow enough to meet Codex's timeout.
    auth: auth !== 'auto' ? auth : facts.os === 'win32' ? 'dotenv' : 'helper',
    keepChatgptFeatures: given.keepChatgptFeatures ?? defaults.provider.keepChatgptFeatures,
    portable: given.portable ?? defaults.provider.portable,
    // The clone has ordinary objects, as everybody but the checks expects.
    settings: structuredClone(given.settings ?? defaults.provider.settings) as Readonly<Record<string, TomlValue>>,
  };
}

function secret(resolution: Resolution): DesiredSecret {
  const { yaml, facts } = resolution;
  const given = yaml.secret ?? {};
  const managed = (yaml.gateway?.manager ?? defaults.gateway.manager) === 'ccs';
  const source = given.source ?? (managed ? defaults.secret.source : 'keep');
  return {
    store: given.store ?? defaults.secret.store,
    service: given.service ?? defaults.secret.service,
    account: given.account ?? replaceReferences(defaults.secret.account, facts, () => null).text ?? facts.user,
    source: typeof source === 'string' ? { kind: source } : valueSource(source, ['secret', 'source'], resolution),
  };
}

/** Where a secret value comes from; the schema has made sure that there is exactly one key. */
function valueSource(source: SecretSourceYaml, path: Path, resolution: Resolution): SecretSource {
  if (source.env !== undefined) return { kind: 'env', name: source.env };
  if (source.file !== undefined) return { kind: 'file', path: absolute(source.file, [...path, 'file'], resolution) };
  if (source.generate !== undefined) return { kind: 'generate', bytes: source.generate };
  const argv = (source.command ?? []).map((argument, index) => {
    // No shell is there to do it: ~/ is resolved in every argument, ./ only for the program itself.
    const isPath = argument.startsWith('~/') || (index === 0 && /^\.{1,2}[/\\]/.test(argument));
    return isPath ? absolute(argument, [...path, 'command', index], resolution) : argument;
  });
  return { kind: 'command', argv };
}

/** Absolute path of what the file says; relative paths start from the folder of the file that says it. */
function absolute(text: string, path: Path, { tree, paths }: Resolution): string {
  return paths.resolve(placeAt(tree, path).source.folder, text);
}

function helper(resolution: Resolution): DesiredHelper {
  const { yaml, paths, facts } = resolution;
  const given = yaml.helper ?? {};
  const name = `${defaults.helper.path.split('/').at(-1)}${facts.os === 'win32' ? '.ps1' : ''}`;
  return {
    // The default is inside ~/.codex, wherever that is.
    path:
      given.path === undefined ? paths.join(paths.codexHome, 'bin', name) : absolute(given.path, ['helper', 'path'], resolution),
    // PowerShell alone takes seconds to start on a cold machine.
    timeoutMs: given.timeoutMs ?? (facts.os === 'win32' ? 2 : 1) * defaults.helper.timeoutMs,
    refreshIntervalMs: given.refreshIntervalMs ?? defaults.helper.refreshIntervalMs,
  };
}

function drift(resolution: Resolution): DesiredDrift {
  const given = resolution.yaml.drift ?? {};
  const schedule = given.schedule ?? defaults.drift.schedule;
  const { every, cron } = typeof schedule === 'object' ? schedule : {};
  return {
    schedule: every !== undefined ? { every } : cron !== undefined ? { cron } : null,
    heal: (given.heal ?? defaults.drift.heal) || 'off',
    fallback: (given.fallback ?? defaults.drift.fallback) || 'off',
    ignore: (given.ignore ?? defaults.drift.ignore).map((one) => ({
      resource: one.resource,
      field: one.field ?? null,
      until: one.until ?? null,
      reason: one.reason ?? null,
    })),
    report: report(resolution),
  };
}

function report(resolution: Resolution): DesiredReport {
  const { webhook, notify, ...files } = resolution.yaml.drift?.report ?? {};
  const path = ['drift', 'report'];
  const absolutes = Object.entries(files).map(([key, file]) => [key, absolute(file, [...path, key], resolution)]);
  return {
    ...Object.fromEntries(absolutes),
    ...(webhook && { webhook: { urlFrom: valueSource(webhook.urlFrom, [...path, 'webhook', 'urlFrom'], resolution) } }),
    ...(notify !== undefined && { notify }),
  };
}
