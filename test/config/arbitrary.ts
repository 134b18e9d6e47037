import fc from 'fast-check';
import type { AccountYaml, CodexLinkYaml } from '../../src/generated/yaml-types.ts';

const some = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] });
const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const lower = fc.stringMatching(/^[a-z]{1,8}$/);

/** Emails and nicknames are made different by their index, and at most one account is the default. */
const accounts = fc
  .array(some({ paused: fc.boolean(), default: fc.boolean(), nickname: word, variant: fc.boolean() }), { maxLength: 4 })
  .map((list) => {
    const first = list.findIndex((one) => one.default && !one.paused);
    return list.map(({ variant, nickname, ...one }, index): AccountYaml => {
      const email = `a${index}@example.com${variant ? '#team' : ''}`;
      return {
        email,
        ...one,
        ...(nickname && { nickname: `${nickname}-n${index}` }),
        ...(one.default && { default: index === first }),
      };
    });
  });

const source = fc.oneof(
  fc.constantFrom('keep' as const, 'prompt' as const),
  lower.map((name) => ({ env: name.toUpperCase() })),
  word.map((name) => ({ file: `~/${name}` })),
  fc.array(word, { minLength: 1, maxLength: 3 }).map((command) => ({ command })),
  fc.integer({ min: 16, max: 512 }).map((generate) => ({ generate })),
);

const settings = some({
  request_max_retries: fc.nat(100),
  stream_idle_timeout_ms: fc.nat(),
  supports_websockets: fc.boolean(),
  http_headers: fc.dictionary(fc.constantFrom('X-Team', 'X-Place'), word),
  env_http_headers: fc.dictionary(fc.constantFrom('X-Team', 'X-Place'), fc.constant('TEAM')),
});

const provider = some({
  active: fc.constantFrom('cliproxy' as const, 'openai' as const),
  id: word.map((name) => `x-${name}`),
  name: word,
  basePath: fc.array(lower, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`),
  model: word,
  contextWindow: fc.integer({ min: 1 }),
  auth: fc.constantFrom('auto' as const, 'helper' as const, 'dotenv' as const, 'env' as const),
  keepChatgptFeatures: fc.boolean(),
  portable: fc.boolean(),
  settings,
}).map((one) => {
  const usesHelper = one.auth === undefined || one.auth === 'auto' || one.auth === 'helper';
  return {
    ...one,
    ...(one.keepChatgptFeatures !== undefined && { keepChatgptFeatures: one.keepChatgptFeatures && !usesHelper }),
    ...(one.portable !== undefined && { portable: one.portable && usesHelper }),
  };
});

const drift = some({
  schedule: fc.oneof(
    fc.constantFrom('off' as const, false as const),
    fc.integer({ min: 1, max: 99 }).map((hours) => ({ every: `${hours}h` })),
    fc.nat(59).map((minute) => ({ cron: `${minute} * * * *` })),
  ),
  heal: fc.constantFrom('off' as const, 'safe' as const, false as const),
  fallback: fc.constantFrom('off' as const, 'openai' as const, false as const),
  ignore: fc.array(
    fc.record(
      {
        resource: fc.constantFrom('routing', 'app', 'accounts/a@b.c'),
        field: word,
        until: fc.constant('2027-01-31'),
        reason: word,
      },
      { requiredKeys: ['resource'] },
    ),
    { maxLength: 2 },
  ),
  report: some({ json: word, notify: fc.boolean(), webhook: fc.constant({ urlFrom: { env: 'HOOK' } }) }),
});

/** Any codex-link.yaml that is legal and makes sense on every OS. */
export const validYaml: fc.Arbitrary<CodexLinkYaml> = fc.record(
  {
    version: fc.constant(1 as const),
    ccs: some({ ensure: fc.constantFrom('present' as const, 'absent' as const) }),
    accounts,
    unlistedAccounts: fc.constantFrom('keep' as const, 'report' as const, 'pause' as const),
    routing: some({
      strategy: fc.constantFrom('round-robin' as const, 'fill-first' as const),
      sessionAffinity: fc.boolean(),
      sessionAffinityTtl: fc.integer({ min: 1, max: 99 }).map((minutes) => `${minutes}m`),
    }),
    gateway: some({
      url: fc.constantFrom('http://127.0.0.1:8317', 'http://localhost:1', 'https://gateway.example.com'),
      manager: fc.constantFrom('ccs' as const, 'none' as const),
      ensure: fc.constantFrom('running' as const, 'ignore' as const),
      exposure: fc.constantFrom('report' as const, 'loopback' as const),
      allowInsecure: fc.boolean(),
    }),
    variants: fc.array(word, { maxLength: 3 }).map((models) => models.map((model, index) => ({ name: `v${index}`, model }))),
    provider,
    secret: some({
      store: fc.constantFrom('auto' as const, 'file' as const),
      service: lower.map((name) => name.toUpperCase()),
      account: word,
      source,
    }),
    helper: some({ timeoutMs: fc.integer({ min: 1, max: 600_000 }), refreshIntervalMs: fc.nat() }),
    app: some({
      restart: fc.constantFrom('on-change' as const, 'never' as const),
      quitTimeoutSeconds: fc.integer({ min: 1, max: 3600 }),
    }),
    verify: some({
      doctor: fc.constantFrom('network' as const, 'full' as const, 'off' as const),
      allowWarnings: fc.array(lower, { maxLength: 2 }),
    }),
    drift,
  },
  { requiredKeys: ['version'] },
) as fc.Arbitrary<CodexLinkYaml>;
