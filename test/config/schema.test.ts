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

describe('the schema', () => {
  test.each(all)('%s has a description and examples', (_, part) => {
    expect(part.description).toMatch(/^[A-Za-z].*\.$/s);
    expect(part.examples ?? []).not.toHaveLength(0);
  });

  const ajv = new Ajv({
    strictTypes: false,
    allowUnionTypes: true,
    keywords: ['patternErrorMessage'],
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

  test.each(all.filter(([, part]) => part.type === 'object'))('%s knows its keys', (path, part) => {
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
