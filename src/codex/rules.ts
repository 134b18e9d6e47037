/** A TOML table as parsed; integers are bigint. */
export type Table = Readonly<Record<string, unknown>>;

/** One reason for which Codex refuses the whole file. */
export interface Refusal {
  readonly path: readonly string[];
  readonly message: string;
}

/** Ids that Codex keeps for itself; a table of that name makes it refuse the file. */
const RESERVED = ['openai', 'ollama', 'lmstudio'];
/** What may be changed of the built-in providers that may be changed at all. */
const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  'amazon-bedrock': ['base_url', 'auth', 'http_headers', 'aws'],
  'amazon-bedrock-runtime': ['base_url', 'auth', 'http_headers', 'aws'],
  gcp: ['base_url', 'auth', 'http_headers', 'project_id', 'location', 'credential_file'],
};

/** Every provider that Codex brings along; `oss` is one too, but may be redefined. */
export const BUILT_IN_PROVIDERS: readonly string[] = [...RESERVED, ...Object.keys(BUILT_IN)];

/** `variables` are a table from header names to names of environment variables. */
export type FieldType = 'string' | 'boolean' | 'retries' | 'milliseconds' | 'strings' | 'map' | 'variables' | 'table';

/** Fields of a provider's table and their types. Source: codex 0.169.0, asked by running its own parser. */
export const PROVIDER_FIELDS: Readonly<Record<string, FieldType>> = {
  name: 'string',
  base_url: 'string',
  model_catalog_url: 'string',
  env_key: 'string',
  env_key_instructions: 'string',
  experimental_bearer_token: 'string',
  auth: 'table',
  gateway_oauth: 'table',
  aws: 'table',
  project_id: 'string',
  location: 'string',
  credential_file: 'string',
  wire_api: 'string',
  capabilities: 'table',
  query_params: 'map',
  http_headers: 'map',
  env_http_headers: 'variables',
  request_max_retries: 'retries',
  stream_max_retries: 'retries',
  stream_idle_timeout_ms: 'milliseconds',
  websocket_connect_timeout_ms: 'milliseconds',
  requires_openai_auth: 'boolean',
  supports_websockets: 'boolean',
  supports_standalone_web_search: 'boolean',
};

const AUTH_FIELDS: Readonly<Record<string, FieldType>> = {
  command: 'string',
  args: 'strings',
  timeout_ms: 'milliseconds',
  refresh_interval_ms: 'milliseconds',
  cwd: 'string',
};

/**
 * Why Codex would refuse this config.toml as a whole, as far as providers are concerned. Any invalid table does it, even one that is
 * not selected. The rules stand beside a table of cases that the real Codex judges in the tests.
 */
export function refusals(config: Table): Refusal[] {
  const found: Refusal[] = [];
  const refuse = (path: readonly string[], message: string) => found.push({ path, message });
  if (config.profile !== undefined) refuse(['profile'], 'profile is a key of older versions, which Codex now refuses');
  if (config.model !== undefined && typeof config.model !== 'string') refuse(['model'], 'model must be a text');
  if (config.model_context_window !== undefined && typeof config.model_context_window !== 'bigint') {
    refuse(['model_context_window'], 'model_context_window must be a whole number');
  }
  const providers = config.model_providers;
  if (providers !== undefined && !isTable(providers)) {
    refuse(['model_providers'], 'model_providers must be a table');
    return found;
  }
  for (const [id, table] of Object.entries(providers ?? {})) found.push(...providerRefusals(id, table));
  found.push(...selectorRefusals(config.model_provider, providers));
  return found;
}

function selectorRefusals(selected: unknown, providers: Table | undefined): Refusal[] {
  if (selected === undefined) return [];
  if (typeof selected !== 'string') return [{ path: ['model_provider'], message: 'model_provider must be a text' }];
  const known = [...BUILT_IN_PROVIDERS, ...Object.keys(providers ?? {})].includes(selected);
  return known
    ? []
    : [
        {
          path: ['model_provider'],
          message: `model_provider names ${JSON.stringify(selected)}, which has no table under model_providers`,
        },
      ];
}

function providerRefusals(id: string, table: unknown): Refusal[] {
  const path = ['model_providers', id];
  if (!isTable(table)) return [{ path, message: `model_providers.${id} must be a table` }];
  if (RESERVED.includes(id)) return [{ path, message: `${id} is a built-in provider, which cannot be overridden` }];
  const found = wrongTypes(path, table, PROVIDER_FIELDS);
  const refuse = (field: string, message: string) => found.push({ path: [...path, field], message });
  const builtIn = Object.hasOwn(BUILT_IN, id) ? BUILT_IN[id] : undefined;
  if (builtIn !== undefined) {
    for (const [field, value] of Object.entries(table))
      if (!builtIn.includes(field) && !isDefault(field, value)) refuse(field, `${id} does not allow ${field}`);
  } else {
    if (table.name === undefined || (typeof table.name === 'string' && table.name.trim() === ''))
      refuse('name', 'a provider needs a name that is not empty');
    if (table.aws !== undefined) refuse('aws', 'aws is for amazon-bedrock only');
  }
  if (typeof table.wire_api === 'string' && table.wire_api !== 'responses')
    refuse('wire_api', `wire_api ${JSON.stringify(table.wire_api)} is not supported, only "responses"`);
  if (isTable(table.auth)) found.push(...authRefusals([...path, 'auth'], table.auth), ...authConflicts(path, table));
  return found;
}

function authRefusals(path: readonly string[], auth: Table): Refusal[] {
  const found = wrongTypes(path, auth, AUTH_FIELDS);
  if (auth.command === undefined) found.push({ path, message: 'auth needs a command' });
  else if (typeof auth.command === 'string' && auth.command.trim() === '')
    found.push({ path: [...path, 'command'], message: 'the command of auth is empty' });
  if (auth.timeout_ms === 0n) found.push({ path: [...path, 'timeout_ms'], message: 'timeout_ms must not be zero' });
  return found;
}

/** Writing a built-in provider's field as it is anyway is no change of it. */
function isDefault(field: string, value: unknown): boolean {
  return !Object.hasOwn(PROVIDER_FIELDS, field) || value === false || value === (field === 'wire_api' ? 'responses' : '');
}

/** A helper excludes every other way to authenticate. */
function authConflicts(path: readonly string[], table: Table): Refusal[] {
  const others = ['env_key', 'experimental_bearer_token', 'aws'].filter((field) => table[field] !== undefined);
  if (table.requires_openai_auth === true) others.push('requires_openai_auth');
  return others.map((field) => ({ path: [...path, field], message: `auth cannot be combined with ${field}` }));
}

function wrongTypes(path: readonly string[], table: Table, types: Readonly<Record<string, FieldType>>): Refusal[] {
  return Object.entries(table).flatMap(([field, value]) => {
    const type = Object.hasOwn(types, field) ? types[field] : undefined;
    return type === undefined || isOfType(value, type)
      ? []
      : [{ path: [...path, field], message: `${field} must be ${words[type]}` }];
  });
}

const words: Readonly<Record<FieldType, string>> = {
  string: 'a text',
  boolean: 'true or false',
  retries: 'a whole number, not negative',
  milliseconds: 'a whole number, not negative',
  strings: 'a list of texts',
  map: 'a table of texts',
  variables: 'a table of texts',
  table: 'a table',
};

function isOfType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'retries':
    case 'milliseconds':
      return typeof value === 'bigint' && value >= 0n;
    case 'strings':
      return Array.isArray(value) && value.every((one) => typeof one === 'string');
    case 'map':
    case 'variables':
      return isTable(value) && Object.values(value).every((one) => typeof one === 'string');
    case 'table':
      return isTable(value);
  }
}

/** True for a table, not for an array or a date. */
export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
