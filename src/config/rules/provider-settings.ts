import { type FieldType, PROVIDER_FIELDS } from '../../codex/rules.ts';
import type { TomlValue } from '../../toml/value.ts';
import { nearest } from '../nearest.ts';
import type { Rule } from './rule.ts';

/** Fields that codex-link writes, and what says so in codex-link.yaml. */
const managed: Readonly<Record<string, string>> = {
  name: 'write `name` under `provider` instead',
  base_url: 'write `url` under `gateway` and `basePath` under `provider` instead',
  wire_api: 'remove it; Codex has no other than responses',
  env_key: 'write `auth: dotenv` or `auth: env` under `provider`, and the name as `service` under `secret`',
  auth: 'write `auth: helper` under `provider`, and the rest under `helper`',
  requires_openai_auth: 'write `keepChatgptFeatures` under `provider` instead',
  experimental_bearer_token: 'remove it; the key comes from `secret.source`',
};

const otherLogins: Readonly<Record<string, string>> = {
  aws: 'signs requests for AWS',
  gateway_oauth: 'signs in to a gateway by OAuth',
};

/** What is left of Codex's fields: those that neither codex-link writes nor a second login is. */
const fields = Object.fromEntries(
  Object.entries(PROVIDER_FIELDS).filter(([name]) => !Object.hasOwn(managed, name) && !Object.hasOwn(otherLogins, name)),
);

export const providerSettingsRules: readonly Rule[] = [
  {
    reads: [],
    check({ provider }, world) {
      for (const [name, value] of Object.entries(provider.settings)) {
        const path = ['provider', 'settings', name];
        // As a text it is a literal secret, and told as that.
        if (name === 'experimental_bearer_token' && typeof value === 'string') continue;
        if (Object.hasOwn(managed, name)) {
          world.reportKey(path, 'CL2073', `codex-link writes this field itself`, managed[name]!);
        } else if (Object.hasOwn(otherLogins, name)) {
          const message = `it ${otherLogins[name]}, and Codex refuses that besides the gateway key`;
          world.reportKey(path, 'CL2076', message, 'remove it');
        } else if (!Object.hasOwn(fields, name)) {
          const similar = nearest(name, Object.keys(fields));
          const hint = similar === null ? '' : `; did you mean ${similar}?`;
          const fix = similar === null ? `use one of: ${Object.keys(fields).join(', ')}` : `write \`${similar}\``;
          world.reportKey(path, 'CL2074', `Codex knows no such field of a provider${hint}`, fix);
        } else {
          const problem = valueProblem(fields[name]!, value);
          if (problem !== null) world.report(path, [], 'CL2075', problem, `write e.g. \`${name}: ${examples[fields[name]!]}\``);
        }
      }
    },
  },
];

const examples: Readonly<Record<FieldType, string>> = {
  string: 'text',
  boolean: 'true',
  retries: '4',
  milliseconds: '300000',
  strings: '[text]',
  map: '{ X-Team: tools }',
  variables: '{ X-Team: TEAM_NAME }',
  table: '{ }',
};

/** Codex caps retries at 100 without a word. */
const retryLimit = 100;

function valueProblem(type: FieldType, value: TomlValue): string | null {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? null : 'text is expected';
    case 'boolean':
      return typeof value === 'boolean' ? null : 'true or false is expected';
    case 'retries':
      return isWhole(value, retryLimit) ? null : `a whole number from 0 to ${retryLimit} is expected`;
    case 'milliseconds':
      return isWhole(value, Number.MAX_SAFE_INTEGER) ? null : 'a whole number of milliseconds is expected';
    case 'strings':
      return Array.isArray(value) && value.every((one) => typeof one === 'string') ? null : 'a list of texts is expected';
    case 'map':
      return isMapOf(value, (one) => typeof one === 'string') ? null : 'a map of text values is expected';
    case 'variables':
      return isMapOf(value, (one) => typeof one === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(one))
        ? null
        : 'a map of header names to names of environment variables is expected';
    case 'table':
      return isMapOf(value, hasNoNull) ? null : 'a map without empty values is expected';
  }
}

const isWhole = (value: TomlValue, most: number) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most;

function isMapOf(value: unknown, isLegal: (value: unknown) => boolean): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isLegal);
}

/** TOML has no null. */
function hasNoNull(value: unknown): boolean {
  if (value === null) return false;
  return typeof value !== 'object' || Object.values(value).every(hasNoNull);
}
