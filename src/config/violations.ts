import type { SchemaViolation } from '../generated/validate-yaml.js';
import { anyOf, type Findings, pathText } from './findings.ts';
import type { Fate } from './holes.ts';
import { nearest } from './nearest.ts';
import { exampleFor, legalKeys, sectionsWith, wordsFor } from './schema.ts';
import { isSecretName } from './secret-shapes.ts';
import { at, keyPlace, type Path, pathOf, type Tree, type TreeMap, type TreeScalar } from './tree.ts';
import { valueProblem } from './value-problems.ts';

/** A violation, and where in the file it is. */
interface Located {
  readonly violation: SchemaViolation;
  readonly path: Path;
  readonly value: Tree;
  /** For an unknown key: the key that was probably meant. */
  readonly meant: string | null;
}

/** Tells each violation of the schema once, in words that say what to write instead, and says what is to become of the values. */
export function explainViolations(
  violations: readonly SchemaViolation[],
  root: TreeMap,
  findings: Findings,
): readonly (readonly [Path, Fate])[] {
  const located = violations.map((violation) => {
    const path = pathOf(root, violation.instancePath);
    const { additionalProperty: unknown } = violation.params;
    const meant = unknown === undefined ? null : nearest(String(unknown), legalKeys(path));
    return { violation, path, value: at(root, path) ?? root, meant };
  });
  for (const one of withoutConsequences(located)) if (one.value.kind !== 'hole') explain(one, root, findings);
  return located.flatMap(({ violation, path, meant }): [Path, Fate][] => {
    // What a map lacks is told; what it has is still looked at.
    if (violation.keyword === 'required') return [];
    if (violation.keyword !== 'additionalProperties') return [[path, 'hole']];
    const name = String(violation.params.additionalProperty);
    // A misspelt key says something about the key that was meant, and nobody knows what.
    return [[[...path, name], meant === null ? 'remove' : { holeAt: meant }]];
  });
}

/**
 * A choice that has an unknown key also has one key too many, which only the first of the two is worth telling.
 *
 * A value that may be a word or a map violates both forms at once. For a map, what is wrong inside of it counts; for anything else,
 * only that none of the forms fits.
 */
function withoutConsequences(located: readonly Located[]): readonly Located[] {
  const unions = new Set(located.filter((one) => one.violation.keyword === 'anyOf').map((one) => one.violation.instancePath));
  const isAboutForm = ({ violation }: Located) => ['anyOf', 'type', 'enum', 'const'].includes(violation.keyword);
  const told = new Set(
    located.flatMap((one) => (isAboutForm(one) ? parentsOf(one) : [one.violation.instancePath, ...parentsOf(one)])),
  );
  const withUnknownKey = new Set(
    located.filter((one) => one.violation.keyword === 'additionalProperties').map((one) => one.violation.instancePath),
  );
  return located.filter((one) => {
    const path = one.violation.instancePath;
    if (one.violation.keyword === 'maxProperties' && withUnknownKey.has(path)) return false;
    if (!unions.has(path) || !isAboutForm(one)) return true;
    return one.violation.keyword === 'anyOf' && !told.has(path);
  });
}

/** JSON pointers to everything around the place of a violation. */
function parentsOf({ violation: { instancePath } }: Located): readonly string[] {
  const slashes = [...instancePath.matchAll(/\//g)];
  return slashes.map(({ index }) => instancePath.slice(0, index));
}

function explain({ violation, path, value, meant }: Located, root: TreeMap, findings: Findings): void {
  const { keyword, params } = violation;
  if (keyword === 'additionalProperties') unknownKey([...path, String(params.additionalProperty)], meant, root, findings);
  else if (keyword === 'required') missingKey(path, String(params.missingProperty), value, root, findings);
  else {
    const { code, message, fix } = valueProblem(violation, path, value);
    findings.at(value.place, code, `${pathText(path)}: ${message}`, fix);
  }
}

function unknownKey(path: Path, similar: string | null, root: TreeMap, findings: Findings): void {
  const place = keyPlace(root, path);
  const name = String(path.at(-1));
  const parent = path.slice(0, -1);
  const where = parent.length === 0 ? '' : ` in ${pathText(parent)}`;
  const legal = legalKeys(parent);
  const value = at(root, path);
  if (isSecretName(name) && holdsText(value)) {
    if (findings.has(value.place)) return;
    const message = `${pathText(path)}: a literal secret never stands in this file, which lives in repositories and backups`;
    findings.at(
      place,
      'CL2040',
      message,
      'remove it, and state where the key comes from, e.g. `secret: { source: { env: GATEWAY_KEY } }`',
    );
    return;
  }
  const word = wordsFor(parent).find((one) => one === name);
  if (word !== undefined) {
    const message = `${pathText(path)}: ${word} is a word and no key here; did you mean ${String(parent.at(-1))}: ${word}?`;
    findings.at(place, 'CL2021', message, `write \`${String(parent.at(-1))}: ${word}\``);
    return;
  }
  const elsewhere = similar === null ? sectionsWith(name).filter((section) => section !== pathText(path)) : [];
  const hint =
    similar !== null ? `; did you mean ${similar}?` : elsewhere.length > 0 ? `; did you mean ${anyOf(elsewhere)}?` : '';
  const fix =
    similar !== null
      ? `write \`${similar}\``
      : elsewhere.length > 0
        ? `move it to \`${elsewhere[0]}\``
        : legal.length === 0
          ? 'remove it'
          : `use one of: ${legal.join(', ')}`;
  findings.at(place, 'CL2021', `${pathText(path)}: unknown key${where}${hint}`, fix);
}

const holdsText = (tree: Tree | null): tree is TreeScalar => tree?.kind === 'scalar' && tree.value !== null && tree.value !== '';

function missingKey(path: Path, missing: string, value: Tree, root: TreeMap, findings: Findings): void {
  // A misspelt key is missing under its right name too; telling it once is enough.
  const legal = legalKeys(path);
  const given = value.kind === 'map' ? [...value.entries.keys()] : [];
  if (given.some((name) => !legal.includes(name) && nearest(name, legal) === missing)) return;
  const place = typeof path.at(-1) === 'number' ? value.place : keyPlace(root, path);
  const example = exampleFor([...path, missing]);
  findings.missing(place, 'CL2024', `${pathText(path)}: \`${missing}\` is missing`, `add \`${missing}: ${example ?? '…'}\``);
}
