import validate, { type SchemaViolation } from '../generated/validate-yaml.js';
import type { CodexLinkYaml } from '../generated/yaml-types.ts';
import { type Findings, show } from './findings.ts';
import { nearest } from './nearest.ts';
import { type Path, pathOf, plain, type Tree, type TreeMap } from './tree.ts';
import { without } from './without.ts';

/** A file whose shape was checked. */
export interface Checked {
  /** The file without what violates the schema, so that the rest can be looked at too; null when too little is left for that. */
  readonly tree: TreeMap | null;
  /** Paths of what was left out. */
  readonly broken: readonly Path[];
}

/** Checks one file against the schema and puts each violation among the findings. `isBase` is for a file that others extend. */
export async function checkShape(root: TreeMap, findings: Findings, isBase: boolean): Promise<Checked> {
  if (!checkVersion(root, findings, isBase)) return { tree: null, broken: [] };
  const violations = violationsOf(root);
  const unresolved = unresolvedIn(root, []);
  if (violations.length === 0 && unresolved.length === 0) return { tree: root, broken: [] };
  if (violations.length > 0) {
    // The messages need the schema itself, which nobody waits for while all is well.
    const { explainViolations } = await import('./violations.ts');
    explainViolations(violations, root, findings);
  }
  const violated = violations.map((violation) => brokenPath(violation, root));
  const broken = [...violated, ...unresolved.filter((one) => one.how === 'report').map((one) => one.path)];
  return { tree: soundPart(root, [...violated, ...unresolved.map((one) => one.path)]), broken };
}

/** The tree without the values at the paths, and without what that makes incomplete: an account without email is no account. */
function soundPart(root: TreeMap, paths: readonly Path[]): TreeMap | null {
  let tree = root;
  let removed = paths;
  for (let round = 0; round < 4; round++) {
    if (removed.some((path) => path.length === 0)) return null;
    tree = without(tree, removed);
    const left = violationsOf(tree);
    if (left.length === 0) return tree;
    removed = left.map((violation) => brokenPath(violation, tree));
  }
  return null;
}

function unresolvedIn(tree: Tree, path: Path): readonly { path: Path; how: 'report' | 'leave' }[] {
  if (tree.kind === 'scalar') return tree.unresolved === undefined ? [] : [{ path, how: tree.unresolved }];
  if (tree.kind === 'list') return tree.items.flatMap((item, index) => unresolvedIn(item, [...path, index]));
  return [...tree.entries].flatMap(([key, entry]) => unresolvedIn(entry.value, [...path, key]));
}

/** Whether the file is of a version that can be read at all; a missing version is told, but the rest is still looked at. */
function checkVersion(root: TreeMap, findings: Findings, isBase: boolean): boolean {
  const version = root.entries.get('version')?.value;
  if (version === undefined) {
    if (isBase) return true;
    // A misspelt `version` is told as the unknown key that it is.
    if ([...root.entries.keys()].some((key) => nearest(key, ['version']) !== null)) return true;
    const place = { source: root.place.source, offset: root.place.offset, end: root.place.offset };
    findings.missing(place, 'CL2019', '`version` is missing', 'write `version: 1` as the first line');
    return true;
  }
  if (version.kind === 'scalar' && (version.value === 1 || version.unresolved)) return true;
  const isNewer = version.kind === 'scalar' && typeof version.value === 'number' && version.value > 1;
  const message = isNewer
    ? `version: ${version.value} is not understood: this codex-link understands version 1; a newer one is needed`
    : `version: ${show(version, ['version'])} is not understood; this codex-link understands version 1`;
  findings.at(
    version.place,
    'CL2020',
    message,
    isNewer ? 'run `npm install -g codex-link@latest`' : 'write `version: 1`, a number without quotes',
  );
  return false;
}

/** What the validator has against the tree; a missing version is told by `checkVersion`. */
function violationsOf(tree: TreeMap): readonly SchemaViolation[] {
  if (validate(plain(tree))) return [];
  const isMissingVersion = (one: SchemaViolation) => one.instancePath === '' && one.params.missingProperty === 'version';
  return (validate.errors ?? []).filter((one) => !isMissingVersion(one));
}

/** The value to leave out so that the violation is gone. */
function brokenPath(violation: SchemaViolation, tree: Tree): Path {
  const path = pathOf(tree, violation.instancePath);
  return violation.keyword === 'additionalProperties' ? [...path, String(violation.params.additionalProperty)] : path;
}

/** The tree as typed values; only for one that passed `checkShape`. */
export const typed = (tree: TreeMap) => plain(tree) as CodexLinkYaml;
