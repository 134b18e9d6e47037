import fc from 'fast-check';
import { expect, test } from 'vitest';
import { masking, sensitiveValues } from '../../../src/codex/sensitive.ts';
import { parseToml } from '../../../src/toml/read.ts';

const SECRET = 'the-secret-itself';

test.each([
  `token = "${SECRET}"`,
  `api_key = "${SECRET}"`,
  `apiKey = "${SECRET}"`,
  `API-KEY = "${SECRET}"`,
  `password = '${SECRET}'`,
  `[a.b]\nclient_secret = """\n${SECRET}"""`,
  `[mcp_servers.x.env]\nHARMLESS = "${SECRET}"`,
  `[mcp_servers.x]\nenv = { A = "${SECRET}" }`,
  `[model_providers.x.http_headers]\nAuthorization = "Bearer ${SECRET}"`,
  `[model_providers.x]\nexperimental_bearer_token = "${SECRET}"`,
  `[[list]]\ncredentials = ["${SECRET}"]`,
  `[secrets]\na = { b = [["${SECRET}"]] }`,
  `a.b.authorization = "${SECRET}"`,
  `url = "https://user:${SECRET}@example.com/mcp"`,
  `url = "https://${SECRET}@example.com/mcp"`,
  `url = "https://example.com/mcp?team=a&api_key=${SECRET}"`,
  `url = "wss://example.com/mcp#access_token=${SECRET}"`,
  `url = "https://example.com/sse?key=${SECRET}&x=1"`,
  `args = ["-y", "server", "--api-key", "${SECRET}"]`,
  `args = ["--token=${SECRET}"]`,
  `args = ["run", "-e", "GITHUB_TOKEN=${SECRET}", "image"]`,
  `args = ["mcp-remote", "https://example.com", "--header", "Authorization: Bearer ${SECRET}"]`,
  `args = ["--header", "X-Api-Key:${SECRET}"]`,
  `args = ["postgresql://me:${SECRET}@localhost/db"]`,
  `notify = ["curl", "-H", "Authorization: Bearer ${SECRET}"]`,
])('%j hides its value', (config) => {
  const mask = masking(sensitiveValues(parseToml(config)));
  expect(mask(config)).not.toContain(SECRET);
  expect(mask(config)).toContain('(sensitive)');
});

test.each([
  'env_key = "CLIPROXY_API_KEY"',
  'bearer_token_env_var = "NAME"',
  'env_http_headers = { X-Team = "NAME" }',
  'credential_file = "/path"',
  'token_url = "https://example.com"',
  'model_auto_compact_token_limit = 1',
  'model = "gpt-5.5"',
])('%j shows it', (config) => {
  expect(sensitiveValues(parseToml(config))).toEqual([]);
});

test.each([
  'args = ["--max-tokens", "4096"]',
  'args = ["--token", "${TOKEN}"]',
  'args = ["--header", "Authorization:${AUTH}"]',
  'args = ["-e", "GITHUB_TOKEN", "image"]',
  'args = ["--token-file", "/home/me/token"]',
  'args = ["--api-key-env", "MY_VARIABLE"]',
  'args = ["--password", "--verbose"]',
  'args = ["--secret-store=keychain"]',
  'url = "https://example.com/mcp?team=everybody&page=1"',
  'url = "https://me@example.com/mcp"',
  'url = "http://127.0.0.1:8317/v1"',
  'args = ["-y", "@scope/server@1.2.3", "/home/me/code"]',
  'notify = ["sh", "-c", "echo done: $1"]',
  'instructions = "The secret of good code: short words. See https://example.com/a?b=c"',
  '[projects."/home/me/secret-project"]\ntrust_level = "trusted"',
  '[mcp_servers.onepassword]\ncommand = "docker"',
])('%j, which names or counts something, shows it', (config) => {
  expect(masking(sensitiveValues(parseToml(config), config))(config)).toBe(config);
});

test.each([
  [`# experimental_bearer_token = "${SECRET}"`],
  [`a = 1 # api_key = "${SECRET}"`],
  [`#[x]\n#env = { A = "${SECRET}" }`],
  [`# args = ["--token", "${SECRET}"]`],
  ['# the old one was ghp_testtesttesttest1234'],
])('a comment hides it too: %j', (config) => {
  const shown = masking(sensitiveValues(parseToml(config), config))(config);
  expect(shown).toContain('(sensitive)');
  expect(shown).not.toMatch(/the-secret-itself|ghp_/);
});

test('comments that are prose stay', () => {
  const config = '# token: keep it secret = please\n# a = b = c\n# model = "gpt-5.5"\n# see https://example.com/?a=b\na = 1\n';
  expect(sensitiveValues(parseToml(config), config)).toEqual([]);
});

test('a password that is a word is hidden in its place only', () => {
  const config = 'a = "postgres://postgres:postgres@localhost/postgres"\n[mcp_servers.postgres]\n';
  expect(masking(sensitiveValues(parseToml(config)))(config)).toBe(
    'a = "postgres://(sensitive)localhost/postgres"\n[mcp_servers.postgres]\n',
  );
});

test('a secret that is a part of another is hidden with it', () => {
  const mask = masking(sensitiveValues({ token: 'abcd', password: 'abcdefgh' }));
  expect(mask('x abcdefgh y abcd')).toBe('x (sensitive) y (sensitive)');
});

test('whatever the secret, and however TOML writes it, no line shows it', () => {
  // What is written raw between single quotes, and what needs escapes between double ones.
  const secrets = fc.string({ minLength: 4, maxLength: 40, unit: 'grapheme-ascii' });
  fc.assert(
    fc.property(secrets, (secret) => {
      const spelled = [`token = ${JSON.stringify(secret)}`, ...(secret.includes("'") ? [] : [`token = '${secret}'`])];
      for (const line of spelled) {
        const shown = masking(sensitiveValues(parseToml(line)))(line);
        // The backslash of an escape may stay.
        expect(shown).toMatch(/^token = ["']\\*\(sensitive\)\\*["']$/);
      }
    }),
  );
});
