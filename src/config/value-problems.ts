import type { Code } from '../diagnostics/diagnostics.ts';
import type { SchemaViolation } from '../generated/validate-yaml.js';
import { anyOf, mayHoldSecret, numberText, show } from './findings.ts';
import { nearest } from './nearest.ts';
import { exampleFor, legalKeys, type SchemaPart, schemaAt } from './schema.ts';
import type { Path, Tree } from './tree.ts';

/** What is wrong with a value, and what to write instead. */
export interface ValueProblem {
  readonly code: Code;
  readonly message: string;
  readonly fix: string;
}

/** Words for a violation that is about a value, as against one about its keys. */
export function valueProblem(violation: SchemaViolation, path: Path, value: Tree): ValueProblem {
  const part = schemaAt(path);
  const example = exampleFor(path);
  const like = example === null ? 'change the value' : `write e.g. \`${lineFor(path, example)}\``;
  switch (violation.keyword) {
    case 'type':
      return { code: 'CL2022', message: wrongType(path, value, part), fix: typeFix(path, value, part) ?? like };
    case 'enum':
    case 'const':
    case 'anyOf':
      return noneOfThese(path, value, part, like);
    case 'minProperties':
    case 'maxProperties':
      return wrongNumberOfKeys(path, value, part, like);
    default:
      return { code: 'CL2025', message: malformed(violation, path, value, part), fix: like };
  }
}

/** Name of the key that holds the value, or the list that it is in. */
const keyOf = (path: Path) => String(path.findLast((part) => typeof part === 'string') ?? '');

/** How one writes a value: after its key, or after the dash of an item. */
const lineFor = (path: Path, text: string) => (typeof path.at(-1) === 'number' ? `- ${text}` : `${keyOf(path)}: ${text}`);

function wrongType(path: Path, value: Tree, part: SchemaPart): string {
  const wanted = anyOf(typesOf(part).map((type) => typeNames[type] ?? type));
  if (isEmpty(value)) return `it has no value; ${wanted} is expected`;
  return value.kind === 'scalar'
    ? `${show(value, path)} is ${kindOf(value.value, part)}, and ${wanted} is expected`
    : `it is ${show(value, path)}, and ${wanted} is expected`;
}

/** What one writes; null only says that a key is absent. */
const typesOf = (part: SchemaPart) => [part.type ?? []].flat().filter((type) => type !== 'null');

const isEmpty = (value: Tree) => value.kind === 'scalar' && value.value === null;

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

function kindOf(value: string | number | boolean | null, part: SchemaPart): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'no number that can be written down';
  if (typeof value === 'number') return typesOf(part).includes('integer') ? 'no whole number' : 'a number';
  return typeof value === 'boolean' ? 'a truth value' : 'text';
}

/** Whether the text would be legal as it is. */
const fits = (text: string, { pattern, format }: SchemaPart) =>
  (pattern === undefined || new RegExp(pattern, 'u').test(text)) && format === undefined;

const meansTrue = new Set(['yes', 'on', 'y', 'true']);
const meansFalse = new Set(['no', 'off', 'n', 'false']);

/** What to write instead, where the value itself tells what was meant. */
function typeFix(path: Path, value: Tree, part: SchemaPart): string | null {
  const key = keyOf(path);
  const [type, ...more] = typesOf(part);
  if (more.length > 0) return null;
  if (value.kind === 'map' && type === 'array') return `put a dash in front of each item of \`${key}\``;
  if (value.kind !== 'scalar' || value.value === null || mayHoldSecret(path)) return null;
  const text = typeof value.value === 'number' ? numberText(value) : String(value.value);
  if (type === 'string') return fits(text, part) ? `put it in quotes: \`${lineFor(path, `'${text}'`)}\`` : null;
  if (type === 'boolean' && meansTrue.has(text.toLowerCase())) return `write \`${key}: true\``;
  if (type === 'boolean' && meansFalse.has(text.toLowerCase())) return `write \`${key}: false\``;
  if (type === 'integer' && /^[0-9][0-9_,]{0,15}$/.test(text)) return `write \`${key}: ${text.replace(/[_,]/g, '')}\``;
  return null;
}

/** For a key that takes one of a few words, or one of a few forms. */
function noneOfThese(path: Path, value: Tree, part: SchemaPart, like: string): ValueProblem {
  const branches = part.anyOf ?? [part];
  const words = branches.flatMap((branch) => branch.enum ?? []).filter((word) => typeof word === 'string');
  const forms = branches.flatMap((branch) => Object.keys(branch.properties ?? {})).map((form) => `{ ${form}: … }`);
  const others = branches
    .filter((branch) => branch.enum === undefined && branch.properties === undefined && typesOf(branch).length > 0)
    .map((branch) => typeNames[String(branch.type)] ?? 'another value');
  const legal = anyOf([...words, ...forms, ...others]);
  if (isEmpty(value)) {
    const leave = part.default === undefined ? '' : `, or remove the key, which then is ${String(part.default)}`;
    return { code: 'CL2022', message: `it has no value; ${legal} is expected`, fix: `write one of: ${legal}${leave}` };
  }
  const similar = value.kind === 'scalar' && typeof value.value === 'string' ? nearest(value.value, words) : null;
  return {
    code: 'CL2023',
    message: `${show(value, path)} is none of ${legal}${similar === null ? '' : `; did you mean ${similar}?`}`,
    fix:
      similar === null
        ? words.length + forms.length === 0
          ? like
          : `write one of: ${legal}`
        : `write \`${keyOf(path)}: ${similar}\``,
  };
}

function wrongNumberOfKeys(path: Path, value: Tree, part: SchemaPart, like: string): ValueProblem {
  const keys = anyOf(legalKeys(path));
  const isChoice = 'maxProperties' in (part.anyOf?.find((branch) => branch.properties !== undefined) ?? part);
  if (!isChoice) return { code: 'CL2024', message: `it is empty; at least one of ${keys} is needed`, fix: like };
  const count = value.kind === 'map' ? value.entries.size : 0;
  const has = count === 0 ? 'none of them is there' : `there are ${count}`;
  return { code: 'CL2026', message: `exactly one of ${keys} is needed, and ${has}`, fix: like };
}

/** Legal numbers, and why no others; the largest number that a file can hold is no limit of ours. */
function range({ minimum, maximum, errorMessage }: SchemaPart): string {
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : `, and ${maximum} is the most`;
  return `${minimum} is the least${most}${errorMessage === undefined ? '' : `: ${errorMessage}`}`;
}

function malformed({ keyword, params }: SchemaViolation, path: Path, value: Tree, part: SchemaPart): string {
  const shown = show(value, path);
  const limit = String(params.limit);
  switch (keyword) {
    case 'minimum':
      return `${shown} is too small; ${range(part)}`;
    case 'maximum':
      return part.maximum === Number.MAX_SAFE_INTEGER
        ? `${shown} is too large; ${part.maximum} is the most`
        : `${shown} is too large; ${range(part)}`;
    case 'minLength':
      return 'it is empty';
    case 'maxLength':
      return `it is longer than ${limit} characters`;
    case 'minItems':
      return 'the list is empty';
    case 'format':
      return `${shown} is no date like 2027-01-31`;
    default:
      if (value.kind === 'scalar' && value.value === '') return 'it is empty';
      return `${shown} is not legal; ${[part, ...(part.anyOf ?? [])].find((one) => one.patternErrorMessage)?.patternErrorMessage ?? 'the schema says more'}`;
  }
}
