import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { refusals } from '../../../src/codex/rules.ts';
import { parseToml } from '../../../src/toml/read.ts';

interface Rule {
  readonly name: string;
  readonly config: string;
  readonly accepted: boolean;
  readonly message: string | null;
}

/** What the real codex 0.169.0 says; another suite asks it again. */
const rules = JSON.parse(readFileSync(new URL('../../support/codex-rules.json', import.meta.url), 'utf8')) as Rule[];

/** Codex refuses these and we do not say so: its own parser is asked before anything is written. */
const LEFT_TO_CODEX: Readonly<Record<string, string>> = {
  'gateway_oauth {}':
    'a second way to authenticate, which codex-link refuses in the YAML; what belongs into it is for Codex to say',
  'model_auto_compact_token_limit "200000"': 'no key of ours',
  'model_reasoning_effort ""': 'no key of ours',
  'model_reasoning_effort 1': 'no key of ours',
  'check_for_update_on_startup "true"': 'no key of ours',
  'cli_auth_credentials_store "nope"': 'no key of ours',
};

/** Our refusals; a text that is no TOML at all is one. */
function ours(config: string): readonly string[] {
  try {
    return refusals(parseToml(config)).map((one) => `${one.path.join('.')}: ${one.message}`);
  } catch {
    return ['no TOML'];
  }
}

test('the real Codex has been asked', () => {
  expect(rules.length).toBeGreaterThan(200);
  expect(rules.filter((rule) => !rule.accepted).length).toBeGreaterThan(80);
  expect(Object.keys(LEFT_TO_CODEX).filter((name) => !rules.some((rule) => rule.name === name))).toEqual([]);
});

describe('what Codex takes, codex-link takes', () => {
  // The worse mistake of the two: it would stand in the way of every apply.
  test.each(rules.filter((rule) => rule.accepted))('$name', ({ config }) => {
    expect(ours(config)).toEqual([]);
  });
});

describe('what Codex refuses, codex-link refuses', () => {
  test.each(rules.filter((rule) => !rule.accepted && !(rule.name in LEFT_TO_CODEX)))('$name', ({ config }) => {
    expect(ours(config)).not.toEqual([]);
  });

  test.each(rules.filter((rule) => rule.name in LEFT_TO_CODEX))('but for $name', ({ config, accepted }) => {
    expect([accepted, ours(config)]).toEqual([false, []]); // otherwise it is no exception any more
  });
});

describe('a refusal', () => {
  test.each([
    ['[model_providers.x]\nbase_url = "u"\n', ['model_providers', 'x', 'name']],
    ['[model_providers.x]\nname = "X"\nwire_api = "chat"\n', ['model_providers', 'x', 'wire_api']],
    [
      '[model_providers.x]\nname = "X"\nenv_key = "K"\n[model_providers.x.auth]\ncommand = "c"\n',
      ['model_providers', 'x', 'env_key'],
    ],
    [
      '[model_providers.x]\nname = "X"\n[model_providers.x.auth]\ncommand = "c"\ntimeout_ms = 0\n',
      ['model_providers', 'x', 'auth', 'timeout_ms'],
    ],
    ['model_provider = "nope"\n', ['model_provider']],
    ['profile = "x"\n', ['profile']],
  ])('of %j names the key', (config, path) => {
    expect(refusals(parseToml(config)).map((one) => one.path)).toContainEqual(path);
  });

  test('says each thing that is wrong', () => {
    const config =
      '[model_providers.a]\n[model_providers.openai]\nname = "O"\n[model_providers.b]\nname = 1\nwire_api = "chat"\n';
    expect(refusals(parseToml(config)).map((one) => one.path.join('.'))).toEqual([
      'model_providers.a.name',
      'model_providers.openai',
      'model_providers.b.name',
      'model_providers.b.wire_api',
    ]);
  });
});

// Asked of the real codex 0.169.0 besides the table: these built-in providers may be selected and changed without a name.
test.each([
  'model_provider = "gcp"\n',
  'model_provider = "amazon-bedrock-runtime"\n',
  '[model_providers.gcp]\nproject_id = "p"\nlocation = "l"\ncredential_file = "/f"\n',
  '[model_providers.gcp.auth]\ncommand = "/bin/true"\n',
  '[model_providers.amazon-bedrock]\nname = ""\nrequires_openai_auth = false\nwire_api = "responses"\n',
  '[model_providers.amazon-bedrock-runtime.aws]\nregion = "eu"\n',
])('%j is taken', (config) => {
  expect(ours(config)).toEqual([]);
});
