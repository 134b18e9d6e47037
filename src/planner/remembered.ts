import type { Desired, DesiredGateway, DesiredHelper, DesiredProvider, DesiredSecret } from '../config/desired.ts';
import { endpointOf, parseUrl } from '../config/gateway-url.ts';
import { loadDesired } from '../config/load.ts';
import type { Machine } from '../machine/machine.ts';
import type { Json } from '../resources/resource.ts';
import { partsOf } from '../toml/dotted-path.ts';
import type { TomlValue } from '../toml/value.ts';
import { type State, statePath } from './state.ts';

type Told = Readonly<Record<string, Json>>;

/**
 * The desired state as the last apply knew it, for commands that have to work without codex-link.yaml. What the state does not
 * remember is as an empty YAML would have it; the key is only ever taken from the store, and nothing is started.
 */
export async function rememberedDesired(machine: Machine, state: State): Promise<Desired> {
  const empty = await loadDesired(machine, { file: '-', stdin: async () => new TextEncoder().encode('version: 1\n') });
  const { applied, fallback } = state;
  const keys = providerKeys(tableOf(applied.provider));
  const file = statePath(machine);
  return asApplied(
    {
      ...empty,
      file,
      sources: [file],
      gateway: { ...gatewayOf(keys, empty.gateway), ensure: 'ignore' },
      provider: providerOf(keys, applied, empty.provider),
      helper: timesOf(keys, empty.helper),
      secret: { ...empty.secret, source: { kind: 'keep' } },
      variants: Object.entries(applied).flatMap(([address, told]) => {
        const model = tableOf(told).model;
        return address.startsWith('variants/') && typeof model === 'string' ? [{ name: address.slice(9), model }] : [];
      }),
      drift: { ...empty.drift, fallback: fallback === null ? 'off' : 'openai' },
    },
    state,
  );
}

/** A desired state with the key and the helper where the last apply put them, wherever the YAML wants them by now. */
export function asApplied(desired: Desired, { applied }: State): Desired {
  const path = tableOf(applied.helper).path;
  return {
    ...desired,
    secret: secretOf(tableOf(applied.secret), desired.secret),
    helper: typeof path === 'string' ? { ...desired.helper, path } : desired.helper,
  };
}

interface ProviderKeys {
  readonly id: string | null;
  /** `model`, `model_provider` and the like. */
  readonly root: ReadonlyMap<string, Json>;
  /** Keys of our table. */
  readonly table: ReadonlyMap<string, Json>;
  /** Keys of its table `auth`. */
  readonly auth: ReadonlyMap<string, Json>;
}

function providerKeys(told: Told): ProviderKeys {
  const all = Object.entries(told).map(([name, value]) => ({ path: partsOf(name), value }));
  const ofTable = all.filter(({ path }) => path[0] === 'model_providers');
  const inside = (depth: number, within: typeof all) =>
    new Map(within.filter(({ path }) => path.length === depth).map(({ path, value }) => [path.at(-1) ?? '', value] as const));
  const ofAuth = ofTable.filter(({ path }) => path[2] === 'auth');
  return { id: ofTable[0]?.path[1] ?? null, root: inside(1, all), table: inside(3, ofTable), auth: inside(4, ofAuth) };
}

/** Keys of the table that are no `provider.settings`. */
const OWN_KEYS = ['name', 'base_url', 'wire_api', 'env_key', 'requires_openai_auth', 'auth'];

function providerOf({ id, root, table, auth }: ProviderKeys, applied: State['applied'], empty: DesiredProvider): DesiredProvider {
  const url = parseUrl(text(table, 'base_url') ?? '');
  const settings = [...table].filter(([name]) => !OWN_KEYS.includes(name));
  const window = root.get('model_context_window');
  return {
    ...empty,
    active: root.get('model_provider') === 'openai' ? 'openai' : 'cliproxy',
    id: id ?? empty.id,
    name: text(table, 'name') ?? empty.name,
    basePath: url === null ? empty.basePath : url.pathname,
    model: text(root, 'model'),
    contextWindow: typeof window === 'number' ? window : null,
    auth: auth.size > 0 ? 'helper' : !table.has('env_key') ? empty.auth : applied.environment === undefined ? 'dotenv' : 'env',
    keepChatgptFeatures: table.get('requires_openai_auth') === true,
    portable: text(auth, 'command')?.startsWith('./') ?? false,
    settings: Object.fromEntries(settings) as Readonly<Record<string, TomlValue>>,
  };
}

function gatewayOf({ table }: ProviderKeys, empty: DesiredGateway): DesiredGateway {
  const url = parseUrl(text(table, 'base_url') ?? '')?.origin;
  return url === undefined ? empty : { ...empty, url, ...endpointOf(url) };
}

function timesOf({ auth }: ProviderKeys, empty: DesiredHelper): DesiredHelper {
  const [timeout, refresh] = [auth.get('timeout_ms'), auth.get('refresh_interval_ms')];
  return {
    ...empty,
    timeoutMs: typeof timeout === 'number' ? timeout : empty.timeoutMs,
    refreshIntervalMs: typeof refresh === 'number' ? refresh : empty.refreshIntervalMs,
  };
}

function secretOf({ store, service, account }: Told, otherwise: DesiredSecret): DesiredSecret {
  if (typeof store !== 'string' || typeof service !== 'string' || typeof account !== 'string') return otherwise;
  return { ...otherwise, store: store as DesiredSecret['store'], service, account };
}

function text(keys: ReadonlyMap<string, Json>, name: string): string | null {
  const value = keys.get(name);
  return typeof value === 'string' ? value : null;
}

function tableOf(value: Json | undefined): Told {
  return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Told) : {};
}
