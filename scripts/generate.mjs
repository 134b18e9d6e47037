// Makes src/generated: from schema/codex-link.schema.json the TypeScript types of codex-link.yaml, its defaults, and a validator that
// needs no library at run time; from src/fleet/page the script and the style of the page of fleet report. Runs on Node 20 and later, so that a fresh clone can be built with what is there.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import Ajv from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { fastFormats } from 'ajv-formats/dist/formats.js';
import { build } from 'esbuild';
import { compile } from 'json-schema-to-typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const banner = '// Made from schema/codex-link.schema.json by scripts/generate.mjs; changes here are lost.\n';

/**
 * Writes src/generated. Files whose content would be the same are left alone, so that watchers and caches stay quiet.
 * @returns {Promise<string[]>} the paths of the files that changed
 */
export async function generate() {
  const schema = JSON.parse(await readFile(join(root, 'schema', 'codex-link.schema.json'), 'utf8'));
  const files = {
    'yaml-types.ts': await yamlTypes(schema),
    'yaml-defaults.ts': yamlDefaults(schema),
    'validate-yaml.js': await yamlValidator(schema),
    'validate-yaml.d.ts': validatorTypes,
    'fleet-page.ts': await fleetPage(),
  };
  const folder = join(root, 'src', 'generated');
  await mkdir(folder, { recursive: true });
  const changed = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    if ((await readFile(path, 'utf8').catch(() => null)) === text) continue;
    await writeFile(path, text);
    changed.push(path);
  }
  return changed;
}

async function yamlTypes(schema) {
  return compile(withoutNull(schema), schema.title, {
    bannerComment: banner.trimEnd(),
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 130 },
  });
}

/** The schema as the rest of the program sees a document: null means absent, and is gone once the layers are merged. */
function withoutNull(schema) {
  if (Array.isArray(schema)) return schema.map(withoutNull).filter((branch) => branch?.type !== 'null');
  if (typeof schema !== 'object' || schema === null) return schema;
  const { type, enum: words, default: value, examples: _examples, ...rest } = schema;
  const types = Array.isArray(type) ? type.filter((one) => one !== 'null') : type;
  return {
    ...Object.fromEntries(
      Object.entries(rest).map(([key, one]) => [key, isNameMap(key) ? eachValue(one, withoutNull) : withoutNull(one)]),
    ),
    ...(types !== undefined && { type: Array.isArray(types) && types.length === 1 ? types[0] : types }),
    ...(words !== undefined && { enum: words.filter((one) => one !== null) }),
    ...(isTold(value) && { default: value }),
  };
}

/** Whether a default is one that the code fills in: null and the empty section only say that a key may be left out. */
const isTold = (value) => value !== undefined && value !== null;

/** The `default` of every key of a section, as one constant: defaults are stated in the schema and nowhere else. */
function yamlDefaults(schema) {
  const defaults = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    if (name === 'overrides') continue;
    const section = property.items ?? property;
    const own = Object.entries(section.properties ?? {}).filter(([, key]) => isTold(key.default));
    if (own.length > 0) defaults[name] = Object.fromEntries(own.map(([key, { default: value }]) => [key, value]));
    else if (section.properties === undefined && isTold(property.default)) defaults[name] = property.default;
  }
  return `${banner}\n/** Defaults by section; those of \`accounts\` are for one account. */\nexport const defaults = ${JSON.stringify(defaults, null, 2)} as const;\n`;
}

/** Only the formats that the schema uses, as plain regular expressions: the whole of ajv-formats would cost 38 KB and time. */
function usedFormats(schema) {
  const names = new Set([...JSON.stringify(schema).matchAll(/"format":"([^"]+)"/g)].map((match) => match[1]));
  return Object.fromEntries([...names].map((name) => [name, fastFormats[name].validate ?? fastFormats[name]]));
}

/**
 * The schema as the validator needs it: without what is for readers, and with each section compiled once, although `overrides[].set`
 * refers to it again. That moves pointers into the schema, which nobody reads: violations are placed by their path in the document.
 */
function bareSchema(schema) {
  const bare = withoutAnnotations(schema);
  const definitions = { ...bare.definitions };
  const properties = {};
  for (const [name, section] of Object.entries(bare.properties)) {
    if (!(name in bare.properties.overrides.items.properties.set.properties)) properties[name] = section;
    else {
      definitions[`section-${name}`] = section;
      properties[name] = { $ref: `#/definitions/section-${name}` };
    }
  }
  const text = JSON.stringify({ ...bare, properties, definitions });
  return JSON.parse(text.replaceAll('"$ref":"#/properties/', '"$ref":"#/definitions/section-'));
}

const annotations = new Set(['$id', 'title', 'description', 'default', 'examples', 'patternErrorMessage', 'errorMessage']);

function withoutAnnotations(schema) {
  if (Array.isArray(schema)) return schema.map(withoutAnnotations);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key]) => !annotations.has(key));
  return Object.fromEntries(
    kept.map(([key, value]) => [key, isNameMap(key) ? eachValue(value, withoutAnnotations) : withoutAnnotations(value)]),
  );
}

/** Below these keywords, keys are names and no keywords: a property may well be called `default`. */
const isNameMap = (key) => key === 'properties' || key === 'definitions';
const eachValue = (map, change) => Object.fromEntries(Object.entries(map).map(([name, schema]) => [name, change(schema)]));

async function yamlValidator(schema) {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    formats: usedFormats(schema),
    inlineRefs: false,
    code: { source: true, esm: true },
    messages: false, // the loader words its findings itself
  });
  const code = standaloneCode(ajv, ajv.compile(bareSchema(schema)));
  // The code calls `require` for ajv's small run-time functions even as ESM; bundling puts them in.
  const bundle = await build({
    stdin: { contents: code, resolveDir: root, sourcefile: 'validate-yaml.js', loader: 'js' },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['main'],
    write: false,
    minify: true,
    logLevel: 'error',
  });
  return banner + bundle.outputFiles[0].text;
}

/** Script and style as texts, each in one piece: the page must not need anything else. */
async function fleetPage() {
  const one = async (file) => {
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: [`src/fleet/page/${file}`],
      outdir: 'unused',
      bundle: true,
      write: false,
      minify: true,
      format: 'iife',
      charset: 'utf8',
      target: ['es2024', 'chrome123', 'firefox120', 'safari17.5'],
      logLevel: 'error',
    });
    const text = outputFiles[0].text.trim();
    if (/<\/?(script|style|!--)/i.test(text)) throw new Error(`${file} would end the element that it stands in`);
    return JSON.stringify(text);
  };
  const made = '// Made from src/fleet/page by scripts/generate.mjs; changes here are lost.\n';
  return `${made}\nexport const pageScript = ${await one('main.ts')};\nexport const pageStyle = ${await one('page.css')};\n`;
}

const validatorTypes = `${banner}
import type { CodexLinkYaml } from './yaml-types.ts';

/** One violation, as ajv reports it. */
export interface SchemaViolation {
  /** JSON pointer to the value in the document. */
  readonly instancePath: string;
  /** JSON pointer to the violated keyword, relative to its section of the schema: for debugging only. */
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** True when the document has the shape of codex-link.yaml; otherwise \`errors\` holds every violation of this call. */
declare const validate: {
  (document: unknown): document is CodexLinkYaml;
  errors?: readonly SchemaViolation[] | null;
};
export default validate;
`;

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  const changed = await generate();
  console.log(
    changed.length === 0
      ? 'src/generated is up to date'
      : `wrote ${changed.map((path) => path.slice(root.length + 1)).join(', ')}`,
  );
}
