import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { validYaml } from './arbitrary.ts';
import { findingsOf, load } from './support.ts';

const team = (text: string) => ({ files: { '/home/me/team.yaml': text } });
const whole = 'ccs accounts routing gateway variants provider secret helper app verify drift overrides extends'.split(' ');

describe('null is the same as leaving a key out', () => {
  test.each(whole)('%s, in each way to write it', async (section) => {
    const expected = await load('version: 1\n');
    for (const nothing of ['', ' ~', ' null', ' # a: b', '\n#  url: x']) {
      expect(await load(`version: 1\n${section}:${nothing}\n`)).toEqual(expected);
    }
  });

  test.each([
    'accounts: [{ email: a@b.c, nickname: ~ }]',
    'routing: { strategy: ~, sessionAffinity: ~, sessionAffinityTtl: ~ }',
    'provider: { model: ~, contextWindow: ~, settings: ~ }',
    'provider: { settings: { location: ~, http_headers: { X-Team: ~ } } }',
    'verify: { allowWarnings: ~ }',
    'drift: { schedule: ~, ignore: ~, report: ~ }',
    'drift: { report: { json: ~, junit: ~, prometheus: ~, webhook: ~ } }',
    'drift: { ignore: [{ resource: app, field: ~, until: ~, reason: ~ }] }',
    'overrides: [{ when: { os: linux, host: ~, user: ~ }, set: { app: ~, provider: { model: ~ } } }]',
  ])('%s', async (yaml) => {
    const without = yaml.replace(/[A-Za-z_-]+: ~(, )?/g, '');
    expect(await load(`version: 1\n${yaml}\n`)).toEqual(await load(`version: 1\n${without}\n`));
  });

  test('anywhere in any file where it is legal', async () => {
    const absent: Readonly<Record<string, readonly string[]>> = {
      provider: ['model', 'contextWindow', 'settings'],
      routing: ['strategy', 'sessionAffinity', 'sessionAffinityTtl'],
      verify: ['allowWarnings'],
      drift: ['schedule', 'ignore', 'report'],
    };
    await fc.assert(
      fc.asyncProperty(validYaml, fc.nat(), async (yaml, choice) => {
        const given = yaml as unknown as Record<string, Record<string, unknown>>;
        const nulls: Record<string, unknown> = { ...given };
        for (const [index, section] of whole.entries()) {
          if (given[section] === undefined) {
            if ((choice >> index) % 2 === 1) nulls[section] = null;
            continue;
          }
          const left = (absent[section] ?? []).filter((key) => given[section]![key] === undefined);
          nulls[section] = Array.isArray(given[section])
            ? given[section]
            : { ...given[section], ...Object.fromEntries(left.map((key) => [key, null])) };
        }
        expect(await load(stringify(nulls))).toEqual(await load(stringify(yaml)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('null takes out what a file below says', () => {
  test.each([
    ['routing: { strategy: fill-first }', 'routing: ~', ''],
    [
      'routing: { strategy: fill-first, sessionAffinity: true }',
      'routing: { strategy: ~ }',
      'routing: { sessionAffinity: true }',
    ],
    ['accounts: [{ email: a@b.c }]', 'accounts:', ''],
    ['accounts: [{ email: a@b.c, nickname: a }]', 'accounts: [{ email: a@b.c, nickname: ~ }]', 'accounts: [{ email: a@b.c }]'],
    ['variants: [{ name: v, model: m }]', 'variants: ~', ''],
    ['provider: { model: m, contextWindow: 5 }', 'provider: { model: ~ }', 'provider: { contextWindow: 5 }'],
    ['provider: { auth: dotenv, keepChatgptFeatures: true }', 'provider:', ''],
    [
      'provider: { settings: { location: x, http_headers: { A: a, B: b } } }',
      'provider: { settings: { location: ~, http_headers: { A: ~ } } }',
      'provider: { settings: { http_headers: { B: b } } }',
    ],
    ['drift: { schedule: { every: 1h }, heal: safe }', 'drift: { schedule: ~ }', 'drift: { heal: safe }'],
    ['drift: { report: { json: /a, notify: true } }', 'drift: { report: { json: ~ } }', 'drift: { report: { notify: true } }'],
    ['verify: { allowWarnings: [a] }', 'verify: { allowWarnings: }', ''],
    ['overrides: [{ when: { os: linux }, set: { provider: { model: m } } }]', 'overrides: ~', ''],
  ])('%s, then %s', async (below, above, left) => {
    const { sources: _, ...expected } = await load(`version: 1\n${left}\n`);
    const layered = await load(`version: 1\nextends: team.yaml\n${above}\n`, team(`${below}\n`));
    expect(layered).toMatchObject(expected);
    const set = await load(`version: 1\n${below}\noverrides:\n  - when: { os: linux }\n    set: { ${above} }\n`).catch(
      () => null,
    );
    if (!below.startsWith('overrides')) expect(set).toMatchObject(expected);
  });

  test('and a layer above says it anew', async () => {
    const files = { '/home/me/a.yaml': 'provider: { model: a, contextWindow: 5 }\n', '/home/me/b.yaml': 'provider: ~\n' };
    const desired = await load('version: 1\nextends: [a.yaml, b.yaml]\nprovider: { model: mine }\n', { files });
    expect(desired.provider).toMatchObject({ model: 'mine', contextWindow: null });
  });

  test('an override does it on its machines only', async () => {
    const yaml = 'version: 1\nrouting: { strategy: fill-first }\noverrides: [{ when: { os: macos }, set: { routing: ~ } }]\n';
    expect((await load(yaml)).routing).toMatchObject({ strategy: 'fill-first' });
    expect((await load(yaml, { facts: { os: 'darwin' } })).routing).toBeNull();
  });

  test('what is taken out is not checked together with the rest', async () => {
    const base = 'gateway: { url: http://10.0.0.5:8317 }\nprovider: { keepChatgptFeatures: true }\nsecret: { store: keychain }\n';
    await expect(load('version: 1\nextends: team.yaml\ngateway:\nprovider:\nsecret:\n', team(base))).resolves.toBeDefined();
  });
});

describe('null is refused where a word says the same', () => {
  test.each([
    ['app: { ‸restart: }', 'on-change or never'],
    ['provider: { auth: ‸~ }', 'auto, helper, dotenv or env'],
    ['secret: { source: ‸~ }', 'ccs, keep, prompt'],
    ['helper: { timeoutMs: ‸null }', 'a whole number'],
    ['overrides: [{ when: { os: linux }, ‸set: }]', 'a map'],
  ])('%s', async (yaml, legal) => {
    const column = yaml.indexOf('‸') + 1;
    const findings = await findingsOf(load(`version: 1\n${yaml.replace('‸', '')}\n`));
    expect(findings).toMatchObject([{ code: 'CL2022', line: 2, column, message: expect.stringContaining('it has no value') }]);
    expect(findings[0]!.message).toContain(legal);
  });
});
