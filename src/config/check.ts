import validate, { type SchemaViolation } from '../generated/validate-yaml.js';
import type { CodexLinkYaml } from '../generated/yaml-types.ts';
import { withoutNulls } from './absent.ts';
import { type Findings, show } from './findings.ts';
import { withFates, withoutHoles } from './holes.ts';
import { nearest } from './nearest.ts';
import { type Path, pathOf, plain, type Tree, type TreeMap } from './tree.ts';

/**
 * Checks one file against the schema and puts each violation among the findings. `isBase` is for a file that others extend. The result is
 * the file with holes for what is wrong, so that the rest can be looked at too.
 */
export async function checkShape(root: TreeMap, findings: Findings, isBase: boolean): Promise<TreeMap> {
  checkVersion(root, findings, isBase);
  const violations = violationsOf(root);
  if (violations.length === 0) return root;
  // The messages need the schema itself, which nobody waits for while all is well.
  const { explainViolations } = await import('./violations.ts');
  return withFates(root, explainViolations(violations, root, findings));
}

/** Tells a version that cannot be read, or none at all. The rest is looked at all the same. */
function checkVersion(root: TreeMap, findings: Findings, isBase: boolean): void {
  const version = root.entries.get('version')?.value;
  if (version === undefined) {
    if (isBase) return;
    // A misspelt `version` is told as the unknown key that it is.
    if ([...root.entries.keys()].some((key) => nearest(key, ['version']) !== null)) return;
    const place = { source: root.place.source, offset: root.place.offset, end: root.place.offset };
    findings.missing(place, 'CL2019', '`version` is missing', 'write `version: 1` as the first line');
    return;
  }
  if (version.kind === 'hole' || (version.kind === 'scalar' && version.value === 1)) return;
  const isNewer = version.kind === 'scalar' && typeof version.value === 'number' && version.value > 1;
  const isEmpty = version.kind === 'scalar' && version.value === null;
  const shown = isEmpty ? 'it has no value' : `${show(version, ['version'])} is not understood`;
  const message = `version: ${shown}; this codex-link understands version 1${isNewer ? ', and a newer one is needed' : ''}`;
  findings.at(
    version.place,
    'CL2020',
    message,
    isNewer ? 'run `npm install -g codex-link@latest`' : 'write `version: 1`, a number without quotes',
  );
}

/**
 * What the validator has against the tree. With nulls in it, it is asked twice, because a null counts as absent: `when: { os: }` has a key
 * and says nothing.
 */
function violationsOf(tree: TreeMap): readonly SchemaViolation[] {
  const violations = refusedBySchema(tree);
  const bare = withoutNulls(tree);
  if (bare === tree) return violations;
  const told = new Set(violations.map(({ instancePath }) => instancePath));
  const isConsequence = ({ instancePath, params }: SchemaViolation) =>
    told.has(instancePath) || told.has(`${instancePath}/${params.missingProperty}`);
  return [...violations, ...refusedBySchema(bare).filter((one) => !isConsequence(one))];
}

/** A version that is missing or wrong is told by `checkVersion`. */
function refusedBySchema(tree: TreeMap): readonly SchemaViolation[] {
  if (validate(plain(tree))) return [];
  const isVersion = ({ instancePath, params }: SchemaViolation) =>
    instancePath === '/version' || (instancePath === '' && params.missingProperty === 'version');
  return (validate.errors ?? []).filter((one) => !isVersion(one));
}

/** The tree as typed values; only for one that passed `checkShape`. */
export const typed = (tree: TreeMap) => plain(tree) as CodexLinkYaml;

/** The same of one that did not: without its holes, and without what those make incomplete. An account without email is no account. */
export function typedPart(tree: TreeMap): CodexLinkYaml {
  let sound = withoutHoles(tree);
  for (;;) {
    const violations = refusedBySchema(sound);
    if (violations.length === 0) return typed(sound);
    // Each round removes something, so there is a last one; what is wrong with the whole file would leave nothing.
    if (violations.some((one) => brokenPath(one, sound).length === 0)) return { version: 1 };
    sound = withFates(
      sound,
      violations.map((one) => [brokenPath(one, sound), 'remove'] as const),
    );
  }
}

/** The value to leave out so that the violation is gone. */
export function brokenPath(violation: SchemaViolation, tree: Tree): Path {
  const path = pathOf(tree, violation.instancePath);
  return violation.keyword === 'additionalProperties' ? [...path, String(violation.params.additionalProperty)] : path;
}
