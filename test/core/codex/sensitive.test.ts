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
