import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import schema from '../../schema/codex-link.schema.json' with { type: 'json' };
import { defaults } from '../../src/generated/yaml-defaults.ts';

interface Part {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Part>>;
}

const root = schema as unknown as Part;

/** Every key of the schema, by its path. What a reference refers to is looked at where it is defined. */
function keys(part: Part, path: string): readonly (readonly [string, Part])[] {
  const nested = [part.items, ...((part.anyOf as Part[] | undefined) ?? [])].filter((one) => one !== undefined) as Part[];
  return [
    ...Object.entries(part.properties ?? {}).flatMap(([name, one]) => [
      [`${path}.${name}`, one] as const,
      ...keys(one, `${path}.${name}`),
    ]),
    ...nested.flatMap((one) => keys(one, path)),
  ];
}

const definitions = root.definitions as Readonly<Record<string, Part>>;
const all = [...keys(root, ''), ...Object.entries(definitions)].filter(([, part]) => !('$ref' in part) || 'description' in part);

const typesOf = (part: Part): readonly unknown[] => [part.type ?? []].flat();

/** What a key says, with what it refers to. */
const resolved = (part: Part): Part =>
  '$ref' in part ? { ...at(String(part.$ref).split('/').slice(1)), ...part, $ref: undefined } : part;
const at = (path: readonly string[]) => path.reduce((part, name) => part[name] as Part, root);

/** Every key that can be written, by its path: also those of what is referred to, and of maps with keys of their own choice. */
function writable(part: Part, path: string): readonly (readonly [string, Part])[] {
  const { properties = {}, items, anyOf = [], additionalProperties } = resolved(part);
  const own = Object.entries(properties).flatMap(([name, one]) => {
    // `set` has the sections again.
    const below = path.endsWith('.set') ? [] : writable(one, `${path}.${name}`);
    return [[`${path}.${name}`, resolved(one)] as const, ...below];
  });
  const named = typeof additionalProperties === 'object' ? [[`${path}.NAME`, additionalProperties as Part] as const] : [];
  const nested = [items as Part | undefined, ...(anyOf as Part[])].filter((one) => one !== undefined);
  return [...own, ...named, ...nested.flatMap((one) => writable(one, one === items ? `${path}[]` : path))];
}

/** Keys without a default, each with the reason. */
const REQUIRED: Readonly<Record<string, string>> = {
  '.version': 'says how to read the rest',
  '.accounts[].email': 'is what the account is found by',
  '.variants[].name': 'is what the variant is found by',
  '.variants[].model': 'is all that there is to say about a variant',
  '.drift.ignore[].resource': 'says what is ignored',
  '.drift.report.webhook.urlFrom': 'is all that there is to say about a webhook',
  '.overrides[].when': 'an override without conditions would be the file itself',
  '.overrides[].set': 'an override that sets nothing says nothing',
  ...Object.fromEntries(
    ['.secret.source.env', '.secret.source.file', '.secret.source.command', '.secret.source.generate'].map((path) => [
      path,
      'exactly one of them is needed',
    ]),
  ),
  ...Object.fromEntries(
    ['env', 'file', 'command'].map((name) => [`.drift.report.webhook.urlFrom.${name}`, 'exactly one of them is needed']),
  ),
  '.drift.schedule.every': 'either it or cron is needed',
  '.drift.schedule.cron': 'either it or every is needed',
};

describe('every key that can be written', () => {
  const every = writable(root, '');

  test('is found', () => {
    expect(every.length).toBeGreaterThan(80);
    expect(every.map(([path]) => path)).toEqual(expect.arrayContaining(Object.keys(REQUIRED)));
  });

  test.each(every)('%s has a description, a default and an example', (path, part) => {
    expect(part.description).toMatch(/^[A-Za-z].*\.$/s);
    expect(part.examples ?? []).not.toHaveLength(0);
    expect('default' in part).toBe(!(path in REQUIRED));
  });

  test.each(every)(
    '%s may be null exactly where nothing else says the same as leaving it out, or where it holds others',
    (path, part) => {
      const branches = [part, ...((part.anyOf as Part[] | undefined) ?? [])];
      const isLegal = branches.some((one) => typesOf(one).includes('null') || ((one.enum as unknown[]) ?? []).includes(null));
      const holdsOthers = branches.some((one) => typesOf(one).includes('object') || typesOf(one).includes('array'));
      // Where the key comes from is a word by default.
      const isExpected =
        part.default === null ||
        (holdsOthers && 'default' in part && path !== '.secret.source' && !path.endsWith('.set.secret.source'));
      expect(isLegal).toBe(isExpected);
    },
  );
});

describe('the schema', () => {
  test.each(all)('%s has a description and examples', (_, part) => {
    expect(part.description).toMatch(/^[A-Za-z].*\.$/s);
    expect(part.examples ?? []).not.toHaveLength(0);
  });

  const ajv = new Ajv({
    strictTypes: false,
    allowUnionTypes: true,
    keywords: ['patternErrorMessage', 'errorMessage'],
    formats: { date: /^\d{4}-\d\d-\d\d$/ },
  });

  test.each(all)('%s: examples and default are legal', (_, part) => {
    const { $id: _id, required: _required, ...rest } = root;
    const validate = ajv.compile({ definitions, properties: rest.properties, allOf: [part] });
    const values = [...(part.examples as unknown[]), ...('default' in part ? [part.default] : [])];
    for (const value of values) expect(validate(value), JSON.stringify(value)).toBe(true);
  });

  test.each(all.filter(([, part]) => 'pattern' in part))('%s says in words what its pattern wants', (_, part) => {
    expect(part.patternErrorMessage).toMatch(/^[a-z]|^[A-Z]{3}|^Codex/);
  });

  test.each(all.filter(([, part]) => typesOf(part).includes('object')))('%s knows its keys', (path, part) => {
    expect(part.additionalProperties).toBe(path === '.provider.settings' ? part.additionalProperties : false);
  });

  test('an override may set every section but version, extends and overrides', () => {
    const items = (root.properties!.overrides as Part).items as Part;
    const sections = Object.keys(root.properties!).filter((name) => !['version', 'extends', 'overrides'].includes(name));
    expect(Object.keys(items.properties!.set!.properties!)).toEqual(sections);
  });
});

describe('what is made of the schema', () => {
  test('is up to date; otherwise run `npm run generate`', async () => {
    const script = fileURLToPath(new URL('../../scripts/generate.mjs', import.meta.url));
    const { generate } = (await import(pathToFileURL(script).href)) as { generate: () => Promise<string[]> };
    expect(await generate()).toEqual([]);
  });

  test('the validator needs nothing at run time', async () => {
    const text = await readFile(new URL('../../src/generated/validate-yaml.js', import.meta.url), 'utf8');
    expect(text).not.toMatch(/^import |import\(|require\(["'](?!ajv\/dist\/runtime\/ucs2length)/m);
    expect(text.length).toBeLessThan(90_000);
  });

  test('the defaults are those of the schema', () => {
    expect(defaults.helper.timeoutMs).toBe(root.properties!.helper!.properties!.timeoutMs!.default);
    expect(defaults.accounts).toEqual({ default: false, paused: false });
  });
});
