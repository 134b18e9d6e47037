import type { CcsConfig } from '../ccs/config.ts';
import type { GatewayConfig } from '../ccs/gateway-config.ts';
import type { Pool } from '../ccs/pool.ts';
import { sameDuration, strategyName } from '../ccs/routing.ts';
import { readSettings, settingsPath } from '../ccs/settings-file.ts';
import { variantsOf } from '../ccs/variant.ts';
import { endpointOf } from '../config/gateway-url.ts';
import { secretShape } from '../config/secret-shapes.ts';
import { corrections, settingsOf } from '../gateway/exposure.ts';
import { defaults } from '../generated/yaml-defaults.ts';
import type { CodexLinkYaml } from '../generated/yaml-types.ts';
import type { Machine } from '../machine/machine.ts';
import type { Leave } from './survey.ts';

type GatewayYaml = NonNullable<CodexLinkYaml['gateway']>;

interface GatewayGround {
  readonly config: CcsConfig;
  /** CCS is installed, or has been. */
  readonly present: boolean;
  /** The settings of the gateway that CCS runs. */
  readonly file: GatewayConfig | null;
  /** Where the provider's table points to: scheme, host and port; null without such a table. */
  readonly address: string | null;
}

/** The gateway that Codex is pointed to, or would be: that of CCS, or one that somebody else runs. */
export function foundGateway({ config, present, file, address }: GatewayGround): GatewayYaml | undefined {
  const own = `http://127.0.0.1:${config.port}`;
  const url = address ?? (present ? own : defaults.gateway.url);
  const { loopback, port, tls } = endpointOf(url);
  const ofCcs = address === null || (present && !config.remote && loopback && !tls && port === config.port);
  const closed =
    file !== null &&
    corrections({ running: false, reachable: false, wellKnownKey: false, settings: settingsOf(config, file, false) }).length ===
      0;
  return {
    ...(url === defaults.gateway.url && ofCcs ? {} : { url }),
    ...(ofCcs ? {} : { manager: 'none' as const }),
    ...(ofCcs && closed ? { exposure: 'loopback' as const } : {}),
    ...(tls || loopback ? {} : { allowInsecure: true }),
  };
}

/** The accounts of the pool. A pause that CCS made for a time is none of the person's wishes. */
export function foundAccounts({ accounts }: Pool, leave: Leave): CodexLinkYaml['accounts'] {
  const names = new Set(accounts.map((one) => one.name.toLowerCase()));
  const found = accounts.flatMap(({ name, nickname, isDefault, paused, hold }) => {
    if (!/^[^\s@#]+@[^\s@#]+(#[^\s#]+)?$/.test(name) || name.length > 320) {
      leave(`the account ${JSON.stringify(name)} has no e-mail address to be named by`, 'accounts');
      return [];
    }
    const isPaused = paused && hold === null;
    const own = isNickname(nickname) && !names.has(nickname.toLowerCase());
    if (own) names.add(nickname.toLowerCase());
    return [
      {
        email: name,
        ...(own ? { nickname } : {}),
        ...(isDefault && !isPaused ? { default: true } : {}),
        ...(isPaused ? { paused: true } : {}),
      },
    ];
  });
  return found.length === 0 ? undefined : found;
}

/** By the schema of the YAML, which follows CCS. */
function isNickname(text: string): boolean {
  return /^(?!(kiro|ghcp)-[0-9]+$)[^\s%/&?#]{1,50}$/.test(text) && secretShape(text) === null;
}

/** How the pool is spread, where CCS's own file and the gateway's say the same. */
export function foundRouting(config: CcsConfig, file: GatewayConfig | null, leave: Leave): CodexLinkYaml['routing'] {
  const { strategy: written, sessionAffinity, sessionAffinityTtl } = config.routing;
  const strategy = strategyName(written);
  const live = file?.routing;
  const same =
    live === undefined ||
    (strategyName(live.strategy) === strategy &&
      live.sessionAffinity === sessionAffinity &&
      sameDuration(live.sessionAffinityTtl, sessionAffinityTtl));
  if (!same || file?.unread === true) {
    leave('CCS and its gateway do not say the same about routing: ccs cliproxy routing shows both', 'routing');
    return undefined;
  }
  if (strategy !== 'round-robin' && strategy !== 'fill-first') leave(`the routing strategy is ${strategy}`, 'routing');
  return {
    ...(strategy === 'round-robin' || strategy === 'fill-first' ? { strategy } : {}),
    sessionAffinity,
    ...(/^([0-9]{1,9}(h|m|s))+$/.test(sessionAffinityTtl) ? { sessionAffinityTtl } : {}),
  };
}

/** The variants of the provider codex whose model can be told. */
export async function foundVariants(machine: Machine, config: CcsConfig, leave: Leave): Promise<CodexLinkYaml['variants']> {
  const own = variantsOf(config).filter((one) => one.provider === 'codex');
  const found = await Promise.all(
    own.map(async ({ name, settings }) => {
      const read = settings === null ? null : await readSettings(machine, settingsPath(machine, settings));
      const model = read?.models.ANTHROPIC_MODEL;
      const isSayable = model !== undefined && /^\S{1,200}$/.test(model) && /^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(name);
      if (!isSayable) leave(`the model of the variant ${name} cannot be told`, 'variants');
      return isSayable ? [{ name, model }] : [];
    }),
  );
  return own.length === 0 ? undefined : found.flat();
}
