import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { validYaml } from './arbitrary.ts';
import { findingsOf, load, mainFile } from './support.ts';

const runs = { numRuns: 300 };
const asJson = (yaml: unknown) => yaml as Json;
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

describe('any desired state', () => {
  test('loads, and says what the file says', async () => {
    await fc.assert(
      fc.asyncProperty(validYaml, fc.boolean(), async (yaml, asJson) => {
        const desired = await load(asJson ? JSON.stringify(yaml) : stringify(yaml));
        expect(desired.accounts?.map((one) => one.email)).toEqual(yaml.accounts?.map((one) => one.email));
        expect(desired.provider).toMatchObject({ ...yaml.provider, auth: expect.stringMatching(/^(helper|dotenv|env)$/) });
        expect(desired.routing ?? {}).toMatchObject(yaml.routing ?? {});
        if (yaml.gateway?.url !== undefined) expect(desired.gateway.url).toBe(yaml.gateway.url);
        if (yaml.helper?.timeoutMs !== undefined) expect(desired.helper.timeoutMs).toBe(yaml.helper.timeoutMs);
      }),
      runs,
    );
  });

  test('means the same in one file and spread over two', async () => {
    await fc.assert(
      fc.asyncProperty(validYaml, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), async (yaml, choices) => {
        const { version, ...sections } = yaml;
        const entries = Object.entries(sections);
        const below = Object.fromEntries(entries.filter((_, index) => choices[index]));
        const above = Object.fromEntries(entries.filter((_, index) => !choices[index]));
        const files = { '/home/me/base.yaml': stringify({ version, ...below }) };
        const one = await load(stringify(yaml));
        const two = await load(stringify({ version, extends: 'base.yaml', ...above }), { files });
        expect({ ...two, sources: [] }).toEqual({ ...one, sources: [] });
      }),
      runs,
    );
  });
});

describe('one mistake is one finding, at its place', () => {
  const mark = 'zzqxzz';

  /** Paths of all maps that know their keys, and of all values in them. */
  function places(
    value: Json,
    path: readonly (string | number)[] = [],
  ): { maps: (string | number)[][]; values: (string | number)[][] } {
    const result = { maps: [] as (string | number)[][], values: [] as (string | number)[][] };
    if (typeof value !== 'object' || value === null) return { maps: [], values: [[...path]] };
    const isMap = !Array.isArray(value);
    if (isMap) result.maps.push([...path]);
    // Headers may have any name and are told as a whole.
    if (path[1] === 'settings' && path.length > 2) return { maps: [], values: [] };
    for (const [key, one] of Object.entries(value)) {
      const below = places(one, [...path, isMap ? key : Number(key)]);
      result.maps.push(...below.maps);
      result.values.push(...below.values);
    }
    return result;
  }

  function changed(value: Json, path: readonly (string | number)[], change: (old: Json) => Json): Json {
    const [part, ...rest] = path;
    if (part === undefined) return change(value);
    const copy = structuredClone(value) as Record<string | number, Json>;
    copy[part] = changed(copy[part]!, rest, change);
    return copy as Json;
  }

  async function expectOneAt(json: Json, sought: string): Promise<void> {
    const text = JSON.stringify(json, null, 2);
    const before = text.slice(0, text.lastIndexOf(sought, text.indexOf(mark))).split('\n');
    const findings = await findingsOf(load(text));
    expect(findings.map((one) => `${one.file}:${one.line}:${one.column}`)).toEqual([
      `${mainFile}:${before.length}:${before.at(-1)!.length + 1}`,
    ]);
  }

  test('an unknown key anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(validYaml, fc.nat(), async (yaml, choice) => {
        const json = asJson(yaml);
        const { maps } = places(json);
        const path = maps[choice % maps.length]!;
        await expectOneAt(
          changed(json, path, (map) => ({ ...(map as object), [mark]: 1 })),
          '"',
        );
      }),
      runs,
    );
  });

  test('a value of the wrong type anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(validYaml, fc.nat(), async (yaml, choice) => {
        const json = asJson(yaml);
        const { values } = places(json);
        const path = values[choice % values.length]!;
        await expectOneAt(
          changed(json, path, () => [mark]),
          '[',
        );
      }),
      runs,
    );
  });
});

describe('nothing but findings', () => {
  const tokens = fc.array(
    fc.constantFrom(
      ...[
        'version: 1\n',
        'provider:',
        'accounts:',
        'secret:',
        'source:',
        ' ',
        '  ',
        '\n',
        '- ',
        '[',
        ']',
        '{',
        '}',
        ': ',
        ', ',
        '"',
        "'",
        '|',
        '>',
      ],
      ...[
        '&a ',
        '*a',
        '<<: ',
        '!!x ',
        '---\n',
        '#',
        '\t',
        '\r\n',
        '~',
        'off',
        '1',
        '${user}',
        '${',
        '}',
        'extends: ',
        'overrides:',
        'when:',
        '\0',
        '%',
        '?',
      ],
    ),
    { maxLength: 60 },
  );

  test('come out of random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await findingsOf(load(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  test('come out of random pieces of YAML', async () => {
    await fc.assert(
      fc.asyncProperty(tokens, async (pieces) => {
        for (const one of await findingsOf(load(`${pieces.join('')}`))) {
          expect(one).toMatchObject({ file: expect.any(String), line: expect.any(Number), column: expect.any(Number) });
          expect(one.fix).not.toBe('');
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('come out of any JSON in any section', async () => {
    const keys = [
      'ccs',
      'accounts',
      'routing',
      'gateway',
      'variants',
      'provider',
      'secret',
      'helper',
      'app',
      'verify',
      'drift',
      'overrides',
      'extends',
    ];
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 })), async (sections) => {
        await findingsOf(load(JSON.stringify({ version: 1, ...sections })));
      }),
      { numRuns: 1000 },
    );
  });

  test('a literal source never comes out again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 6, maxLength: 40, unit: fc.constantFrom(...'abcXYZ0189_-./+=') }),
        async (secret) => {
          const findings = await findingsOf(load(JSON.stringify({ version: 1, secret: { source: secret } })));
          if (['ccs', 'keep', 'prompt'].includes(secret)) return;
          expect(findings).toMatchObject([{ code: 'CL2040' }]);
          expect(JSON.stringify(findings)).not.toContain(secret);
        },
      ),
      runs,
    );
  });
});
