import schema from '../../schema/codex-link.schema.json' with { type: 'json' };
import type { Path } from './tree.ts';

/** The part of JSON Schema that the messages are made from. */
export interface SchemaPart {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly examples?: readonly unknown[];
  readonly patternErrorMessage?: string;
  /** Why a value that is out of range is refused. */
  readonly errorMessage?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly additionalProperties?: boolean | SchemaPart;
  readonly items?: SchemaPart;
  readonly anyOf?: readonly SchemaPart[];
  readonly $ref?: string;
}

const root = schema as unknown as SchemaPart;

/** What the schema says about the value at a path of codex-link.yaml; an empty part where it says nothing. */
export function schemaAt(path: Path): SchemaPart {
  let part = root;
  for (const step of path) {
    const branches = resolved(part).anyOf ?? [part];
    const inside = branches.map((branch) => child(resolved(branch), step)).find((one) => one !== undefined);
    if (inside === undefined) return {};
    part = inside;
  }
  return whole(part);
}

/** With the forms of a choice in place of references to them. */
function whole(part: SchemaPart): SchemaPart {
  const { anyOf, ...own } = resolved(part);
  return anyOf === undefined ? own : { ...own, anyOf: anyOf.map(resolved) };
}

function child(part: SchemaPart, step: string | number): SchemaPart | undefined {
  if (typeof step === 'number') return part.items;
  if (part.properties !== undefined && Object.hasOwn(part.properties, step)) return part.properties[step];
  return typeof part.additionalProperties === 'object' ? part.additionalProperties : undefined;
}

/** Follows `$ref`; what stands beside it (a description, examples) wins over what it refers to. */
function resolved(part: SchemaPart): SchemaPart {
  if (part.$ref === undefined) return part;
  const target = part.$ref
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], schema);
  return { ...(target as SchemaPart), ...part };
}

/** Keys that are legal in the map at the path. */
export function legalKeys(path: Path): readonly string[] {
  const part = schemaAt(path);
  const parts = part.anyOf === undefined ? [part] : part.anyOf.map(resolved);
  return parts.flatMap((one) => Object.keys(one.properties ?? {}));
}

/** Words that are legal in place of a map at the path. */
export function wordsFor(path: Path): readonly unknown[] {
  return (schemaAt(path).anyOf ?? []).flatMap((one) => one.enum ?? []);
}

/** Where a key of this name is legal: the paths of all sections that have it, e.g. `gateway.url` for `url`. */
export function sectionsWith(key: string): readonly string[] {
  const sections = Object.keys(root.properties ?? {}).filter((section) => section !== 'overrides');
  return sections.filter((section) => legalKeys([section]).includes(key)).map((section) => `${section}.${key}`);
}

/** An example for the value at the path, as one would write it in YAML. */
export function exampleFor(path: Path): string | null {
  const example = schemaAt(path).examples?.[0];
  return example === undefined ? null : inlineYaml(example);
}

function inlineYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inlineYaml).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, one]) => `${key}: ${inlineYaml(one)}`)
      .join(', ')} }`;
  }
  const text = String(value);
  return typeof value === 'string' && /^[-\s*&!|>'"%@`#?{[]|[:,]\s|\s#|[,\]}]/.test(text) ? JSON.stringify(text) : text;
}
