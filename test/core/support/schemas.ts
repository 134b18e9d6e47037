import { readdirSync, readFileSync } from 'node:fs';
import { Ajv, type AnySchemaObject } from 'ajv';

const FOLDER = new URL('../../../schema/', import.meta.url);

/** The published schemas of the JSON documents, by name. */
export const DOCUMENTS: Readonly<Record<string, AnySchemaObject>> = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.schema.json') && name !== 'codex-link.schema.json')
    .map((name) => [
      name.replace('.schema.json', ''),
      JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as AnySchemaObject,
    ]),
);

/** What is wrong with a document by the published schema; and, `exactly`, by one that knows every member that there is today. */
export function problems(name: string, document: unknown, exactly = false): string[] {
  const published = DOCUMENTS[name];
  if (published === undefined) throw new Error(`there is no schema ${name}`);
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
  const validate = ajv.compile(exactly ? (closed(published) as AnySchemaObject) : published);
  // As a reader of the document sees it: without undefined, dates and the like.
  const valid = validate(JSON.parse(JSON.stringify(document)));
  return valid
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`);
}

/** The same schema without room for members that it does not describe. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isObject = 'properties' in inner && !('oneOf' in inner);
  return isObject ? { ...inner, additionalProperties: false } : inner;
}
