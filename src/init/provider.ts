import type { CcsConfig } from '../ccs/config.ts';
import { configPath } from '../codex/home.ts';
import { parsedConfig } from '../codex/parsed-config.ts';
import { BUILT_IN_PROVIDERS, PROVIDER_FIELDS } from '../codex/rules.ts';
import { writerOf } from '../codex/writer.ts';
import { endpointOf, parseUrl } from '../config/gateway-url.ts';
import { secretShape } from '../config/secret-shapes.ts';
import { defaults } from '../generated/yaml-defaults.ts';
import type { CodexLinkYaml } from '../generated/yaml-types.ts';
import { type Machine, readText } from '../machine/machine.ts';
import type { State } from '../planner/state.ts';
import type { Platform } from '../platform/platform.ts';
import { dotted } from '../toml/dotted-path.ts';
import { isTable, type Parsed, type ParsedTable } from '../toml/read.ts';
import { foundAuth } from './auth.ts';
import type { Leave } from './survey.ts';
import { text, whole } from './toml-values.ts';

type ProviderYaml = NonNullable<CodexLinkYaml['provider']>;

export interface FoundProvider {
  readonly provider: ProviderYaml;
  readonly helper: CodexLinkYaml['helper'];
  /** Scheme, host and port that the table points to; null without a table. */
  readonly address: string | null;
  /** Name of the variable that holds the key, where Codex reads one. */
  readonly envKey: string | null;
}

/** Codex's own side: our table in config.toml, whoever wrote it, and what stands beside it. */
export async function foundProvider(
  machine: Machine,
  platform: Platform,
  { config: ccs, state }: { readonly config: CcsConfig; readonly state: State },
  leave: Leave,
): Promise<FoundProvider> {
  const path = configPath(machine);
  const config = parsedConfig((await readText(machine, path)) ?? '', path);
  const model = text(config.model);
  const window = whole(config.model_context_window);
  const general = {
    ...(model !== null && /^\S{1,200}$/.test(model) && secretShape(model) === null ? { model } : {}),
    ...(window !== null && window > 0 ? { contextWindow: window } : {}),
  };
  const found = ourTable(config, state, ccs);
  const selected = text(config.model_provider) ?? 'openai';
  if (found === null) {
    if (selected !== 'openai') leave(`model_provider is ${selected}, which does not look like the gateway of CCS`, 'provider');
    // A model of another provider is no wish for ours.
    return { provider: selected === 'openai' ? {} : general, helper: undefined, address: null, envKey: null };
  }
  const { id, table, url } = found;
  // Name and path are then its own, and the path may be one that the gateway does not have.
  const byCcsxp = writerOf(config, id).writer === 'ccsxp';
  const name = byCcsxp ? null : text(table.name);
  const basePath = url.pathname.replace(/\/+$/, '');
  const isPath = !byCcsxp && /^(\/[A-Za-z0-9._~-]+)+$/.test(basePath);
  if (!isPath)
    leave(`the path ${url.pathname} of base_url${byCcsxp ? ', which ccsxp wrote: every gateway has /v1' : ''}`, 'provider');
  const auth = await foundAuth(machine, platform, table, leave);
  // A route that is held by hand says nothing of what the YAML should say, and ccsxp makes its table without ever selecting it.
  const unchosen = byCcsxp && config.model_provider === undefined;
  const openai = state.hold === null && selected === 'openai' && !unchosen;
  if (selected !== 'openai' && selected !== id) leave(`model_provider is ${selected}, and ours is ${id}`, 'provider');
  const provider: ProviderYaml = {
    ...(openai ? { active: 'openai' as const } : {}),
    ...(id === defaults.provider.id ? {} : { id }),
    ...(name === null || name === defaults.provider.name || !isName(name) ? {} : { name }),
    ...(isPath && basePath !== defaults.provider.basePath ? { basePath } : {}),
    ...general,
    ...auth.provider,
  };
  const settings = foundSettings(table, id, state, leave);
  if (Object.keys(settings).length > 0) provider.settings = settings;
  return { provider, helper: auth.helper, address: `${url.protocol}//${url.host}`, envKey: auth.envKey };
}

interface OurTable {
  readonly id: string;
  readonly table: ParsedTable;
  readonly url: URL;
}

/**
 * The table that is ours or does its work: the one of the last apply, one that points to the gateway of CCS, or the one that is selected,
 * for a gateway elsewhere.
 */
function ourTable(config: ParsedTable, state: State, ccs: CcsConfig): OurTable | null {
  const selected = text(config.model_provider);
  const tables = Object.entries(isTable(config.model_providers) ? config.model_providers : {}).flatMap(([id, table]) => {
    const url = isTable(table) && typeof table.base_url === 'string' ? parseUrl(table.base_url) : null;
    const isLegal = /^[A-Za-z0-9_-]{1,64}$/.test(id) && !BUILT_IN_PROVIDERS.includes(id);
    return isLegal && isTable(table) && url !== null && isPlain(url) ? [{ id, table, url }] : [];
  });
  const last = lastId(state);
  const atCcs = tables.filter(({ url }) => {
    const { loopback, port } = endpointOf(`${url.protocol}//${url.host}`);
    return loopback && port === ccs.port;
  });
  const isForeign = writerOf(config, selected ?? '').writer === 'cc-switch';
  return (
    tables.find(({ id }) => id === last) ??
    atCcs.find(({ id }) => id === selected) ??
    atCcs.find(({ id }) => id === defaults.provider.id) ??
    atCcs[0] ??
    tables.find(({ id }) => id === selected && !isForeign) ??
    null
  );
}

/** Nothing but an address: a password in it is a secret, and a query has no place in the YAML. */
function isPlain(url: URL): boolean {
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}

/** Id of the table that the last apply wrote. */
function lastId({ applied }: State): string | null {
  const keys = applied.provider !== null && typeof applied.provider === 'object' ? Object.keys(applied.provider) : [];
  const named = keys.map((key) => /^model_providers\.([A-Za-z0-9_-]+)\.base_url$/.exec(key)?.[1]);
  return named.find((one) => one !== undefined) ?? null;
}

/**
 * The other fields of the table. Numbers and switches are taken over; texts and maps may hold a secret, and are so only when they came
 * from a codex-link.yaml, where there are none.
 */
function foundSettings(table: ParsedTable, id: string, { applied }: State, leave: Leave): Record<string, never> {
  const ours = applied.provider !== null && typeof applied.provider === 'object' ? Object.keys(applied.provider) : [];
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(table)) {
    if (MANAGED.includes(name) || !Object.hasOwn(PROVIDER_FIELDS, name)) continue;
    const isHarmless = typeof value === 'boolean' || whole(value) !== null;
    if (isHarmless || ours.includes(dotted(['model_providers', id, name]))) found[name] = plain(value);
    else leave(`${name} of model_providers.${id}, which may hold a secret`, 'provider');
  }
  return found as Record<string, never>;
}

const MANAGED = [
  'name',
  'base_url',
  'wire_api',
  'env_key',
  'env_key_instructions',
  'auth',
  'aws',
  'gateway_oauth',
  'requires_openai_auth',
  'experimental_bearer_token',
];

function isName(name: string): boolean {
  return /^(?=.*\S)[^\u0000-\u001f\u007f]{1,100}$/.test(name) && secretShape(name) === null;
}

function plain(value: Parsed): unknown {
  return JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)));
}
