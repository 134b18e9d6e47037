import type { BadCase } from '../support.ts';

/** Made up for the tests, in the shapes of real ones. */
const random = 'q7Rz2LxW9pT4vKb8NcD3mYf6';
const token = `eyJhbGciOiJIUzI1NiJ9.${random}.${random}`;

const literal = (name: string, yaml: string, says: string, fix = 'state where it comes from'): BadCase => ({
  name,
  yaml: `version: 1\n${yaml}\n`,
  code: 'CL2040',
  says: [says],
  fix,
});

/** Literal secrets; `leaks` is what must not come out again. */
export const secretCases: readonly BadCase[] = [
  literal('a password as source', 'secret: { source: ‸hunter2secret }', 'secret.source: this is none of ccs, keep and prompt'),
  literal('a misspelt source', 'secret: { source: ‸promt }', 'did you mean prompt?'),
  literal('a form as source', 'secret: { source: ‸env }', 'did you mean { env: … }?'),
  literal(
    'a source in an override',
    'overrides: [{ when: { os: linux }, set: { secret: { source: ‸hunter2secret } } }]',
    'overrides[0]',
  ),
  ...['value', 'token', 'apiKey', 'api_key', 'password', 'key', 'bearer'].map((key) =>
    literal(`secret.${key}`, `secret: { ‸${key}: hunter2secret }`, `secret.${key}`, '{ env: GATEWAY_KEY }'),
  ),
  literal('a value under source', 'secret: { source: { ‸value: hunter2secret } }', 'secret.source.value', '{ env: GATEWAY_KEY }'),
  literal('a numeric password', 'secret: { ‸password: 12345678 }', 'secret.password', '{ env: GATEWAY_KEY }'),
  literal('apiKey elsewhere', 'gateway: { ‸apiKey: hunter2secret }', 'gateway.apiKey', '{ env: GATEWAY_KEY }'),
  literal('an OpenAI key', `provider: { name: ‸sk-proj-${random} }`, 'sk-…'),
  literal('a short OpenAI key', 'provider: { model: ‸sk-abc12345 }', 'sk-…'),
  literal('a JSON Web Token', `secret: { service: ‸${token} }`, 'JSON Web Token'),
  literal('a GitHub token', 'secret: { account: ‸ghp_abcdefghij0123456789 }', 'GitHub token'),
  literal('a bearer header', 'provider: { name: ‸Bearer abcdef123 }', 'Bearer'),
  literal("CCS's own key", 'secret: { service: ‸ccs-internal-managed }', 'the key that CCS gives its gateway'),
  literal("CCS's own key as source", 'secret: { source: ‸ccs-internal-managed }', 'none of ccs'),
  literal('a key in a command', `secret: { source: { command: [echo, ‸${random}] } }`, 'secret.source.command[1]'),
  literal('a hexadecimal key', 'provider: { name: ‸9f86d081884c7d659a2feaa0c55ad015 }', 'random text'),
  literal('a user in a URL', 'gateway: { url: ‸"https://me@gateway.example.com" }', 'a user or password'),
  literal('a password in a URL', 'gateway: { url: ‸"https://me:hunter2secret@gateway.example.com" }', 'a user or password'),
  literal('a webhook', 'drift: { report: { json: ‸https://hooks.slack.com/services/T0/B0/hunter2secret } }', 'webhook'),
  literal(
    'an Authorization header',
    'provider: { settings: { http_headers: { Authorization: ‸hunter2secret } } }',
    'Authorization',
    'provider.auth',
  ),
  literal(
    'an X-Api-Key header',
    'provider: { settings: { http_headers: { x-api-key: ‸hunter2secret } } }',
    'x-api-key',
    'provider.auth',
  ),
  literal('a key in the query', 'provider: { settings: { query_params: { key: ‸hunter2secret } } }', 'key', 'provider.auth'),
  literal(
    'a bearer token',
    'provider: { settings: { experimental_bearer_token: ‸hunter2secret } }',
    'a bearer token',
    'provider.auth',
  ),
  literal('a private key', 'provider:\n  name: ‸|\n    -----BEGIN RSA PRIVATE KEY-----\n    hunter2secret', 'private key'),
  literal('a key in a comment', `app: {} # old: ‸sk-${random}`, 'perhaps in a comment'),
  {
    ...literal('a key from the environment', 'provider: { name: ‸"${env:KEY}" }', 'sk-…'),
    world: { facts: { env: { KEY: `sk-${random}` } } },
  },
];

/** Secrets in places where something else is wrong too; each must be refused without being repeated. */
export const misplaced: readonly string[] = [
  'hunter2secret',
  'version: 1\nsecret: hunter2secret',
  'version: 1\nsecret: [hunter2secret]',
  'version: 1\nsecret: { source: { env: hunter2secret! } }',
  'version: 1\nsecret: { source: { env: 12345678 } }',
  'version: 1\nsecret: { source: { generate: hunter2secret } }',
  'version: 1\nsecret: { source: { command: hunter2secret } }',
  'version: 1\nsecret: { source: *hunter2secret }',
  'version: 1\nsecret: { password: *hunter2secret }',
  'version: 1\nsecret: { source: !hunter2secret x }',
  'version: 1\nsecret: { source: @hunter2secret }',
  'version: 1\nsecret: { source: "hunter2secret }',
  'version: 1\nsecret:\n  source: x\n   hunter2secret\n hunter2secret: y',
  'version: 1\ndrift: { report: { webhook: https://example.com/hunter2secret } }',
  'version: 1\ndrift: { report: { webhook: { urlFrom: https://example.com/hunter2secret } } }',
  'version: 1\nprovider: { settings: { http_headers: { Authorization: [hunter2secret] } } }',
  'version: 1\nprovider: { settings: { experimental_bearer_token: { a: hunter2secret } } }',
  'version: 1\ngateway: { token: [hunter2secret] }',
  'version: 1\ngateway: { url: "https://me:hunter2secret@example.com/v1?x=y" }',
  'version: 1\nsecret: { account: "${env:ghp_abcdefghij0123456789}" }',
];

/** Everything secret that stands in the cases above. */
export const leaks = [
  'hunter2secret',
  random,
  'ghp_abcdefghij0123456789',
  'abcdef123',
  'sk-abc12345',
  '9f86d081884c7d65',
  '12345678',
];

/** Harmless values that look a little like keys. */
export const harmless: readonly string[] = [
  'provider: { name: My very own CLIProxy gateway for the team 2026 }',
  'provider: { model: gpt-5.3-codex-spark-xhigh-fast-2026-11-21 }',
  'secret: { service: COMPANY_WIDE_CLIPROXY_API_KEY_FOR_CODEX_2 }',
  'secret: { source: { command: [op, read, "op://team/gateway/key"] } }',
  'secret: { source: { command: [op, item, get, 123e4567-e89b-12d3-a456-426614174000] } }',
  'secret: { source: { command: [/nix/store/9w3vq1xk2m5r7p0s8d6f4g2h1j3k5l7z-pass-1.7/bin/pass, show, codex] } }',
  'secret: { source: { command: [vault, read, -field=key, secret/data/teams/platform/codex-gateway] } }',
  'secret: { source: { file: ~/.config/9f86d081884c7d659a2feaa0c55ad015 } }',
  'overrides: [{ when: { host: sk-bratislava-build-0123456789 }, set: {} }]',
  'overrides: [{ when: { host: ip-10-0-12-34.us-east-1.compute.internal }, set: {} }]',
  'accounts: [{ email: a1b2c3d4e5f6g7h8i9j0k1l2m3n4@example.com }]',
  'accounts: [{ email: "sarah@company.com#a1b2c3d4-team", nickname: sarah-a1b2c3d4-team }]',
  'drift: { ignore: [{ resource: routing, reason: bearer tokens are being rotated }] }',
  'provider: { settings: { env_http_headers: { X-Team-Token: TEAM_TOKEN_FROM_THE_LOGIN_SESSION } } }',
  'app: {} # the default key of CCS is ccs-internal-managed',
];
