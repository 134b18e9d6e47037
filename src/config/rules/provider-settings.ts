import { type FieldType, PROVIDER_FIELDS } from '../../codex/rules.ts';
import type { TomlValue } from '../../toml/value.ts';
import { nearest } from '../nearest.ts';
import type { Path } from '../tree.ts';
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
          const type = fields[name]!;
          for (const problem of problems(type, value, path)) {
            world.report(
              problem.path,
              [],
              'CL2075',
              `${problem.wanted} is expected`,
              `write e.g. \`${name}: ${examples[type]}\``,
            );
          }
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

/** What is expected, and where something else is. */
interface Problem {
  readonly path: Path;
  readonly wanted: string;
}

function problems(type: FieldType, value: TomlValue, path: Path): readonly Problem[] {
  const unless = (isLegal: boolean, wanted: string) => (isLegal ? [] : [{ path, wanted }]);
  switch (type) {
    case 'string':
      return unless(typeof value === 'string', 'text');
    case 'boolean':
      return unless(typeof value === 'boolean', 'true or false');
    case 'retries':
      return unless(isWhole(value, retryLimit), `a whole number from 0 to ${retryLimit}`);
    case 'milliseconds':
      return unless(isWhole(value, Number.MAX_SAFE_INTEGER), 'a whole number of milliseconds');
    case 'strings':
      if (!Array.isArray(value)) return unless(false, 'a list of texts');
      return value.flatMap((one, index) => (typeof one === 'string' ? [] : [{ path: [...path, index], wanted: 'text' }]));
    case 'map':
      return inMap(value, path, 'a map of text values', 'text', (one) => typeof one === 'string');
    case 'variables':
      return inMap(
        value,
        path,
        'a map of header names to names of environment variables',
        'the name of an environment variable',
        (one) => typeof one === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(one),
      );
    case 'table':
      return isMap(value) ? inTable(value, path) : unless(false, 'a map');
  }
}

const isWhole = (value: TomlValue, most: number) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most;

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

function inMap(value: unknown, path: Path, map: string, item: string, isLegal: (one: unknown) => boolean): readonly Problem[] {
  if (!isMap(value)) return [{ path, wanted: map }];
  return Object.entries(value).flatMap(([name, one]) => (isLegal(one) ? [] : [{ path: [...path, name], wanted: item }]));
}

/** TOML has no null, and of numbers what a file of both kinds can hold exactly. */
function inTable(value: unknown, path: Path): readonly Problem[] {
  if (value === null) return [{ path, wanted: 'a value' }];
  if (typeof value === 'number') {
    const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    return isExact ? [] : [{ path, wanted: 'a number that a file can hold exactly' }];
  }
  if (Array.isArray(value)) return value.flatMap((one, index) => inTable(one, [...path, index]));
  return isMap(value) ? Object.entries(value).flatMap(([name, one]) => inTable(one, [...path, name])) : [];
}
