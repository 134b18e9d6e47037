import type { Facts } from '../../machine/machine.ts';
import type { Desired } from '../desired.ts';
import { type Objection, pathText } from '../findings.ts';
import type { Paths } from '../paths.ts';
import { at, keyPlace, type Path, type Place, placeAt, type Tree, type TreeMap, touchesHole } from '../tree.ts';
import { writtenPath } from '../written.ts';
import type { Item, RuleWorld } from './rule.ts';
import { rules } from './rules.ts';

/** What the rules are asked about. */
export interface Question {
  readonly desired: Desired;
  /** The merged layers that it was made from. */
  readonly tree: TreeMap;
  /** Layers are missing: what is not given may be given there. */
  readonly isPart: boolean;
  /** The files as they were written. */
  readonly written: readonly TreeMap[];
  readonly facts: Facts;
  readonly paths: Paths;
  /** Keys and values of the override of other machines that this is about; null for this machine. */
  readonly override: ReadonlySet<Place> | null;
}

/** Asks every rule that has what it needs to know. For an override, only what is said in it counts. */
export function objections(question: Question): readonly Objection[] {
  const told: Objection[] = [];
  const world = ruleWorld(question, (one) => told.push(one));
  for (const rule of rules) if (rule.reads.every((key) => isKnown(question, key.split('.')))) rule.check(question.desired, world);
  return told;
}

/** Whether the value is right by itself, or its default holds. Lists of accounts merge, so one is never whole without all layers. */
function isKnown({ tree, isPart }: Question, path: Path): boolean {
  if (touchesHole(tree, path)) return false;
  return !isPart || (at(tree, path) !== null && path[0] !== 'accounts');
}

function ruleWorld(question: Question, tell: (one: Objection) => void): RuleWorld {
  const { tree, facts, paths, override, written } = question;
  const nameOf = (path: Path) => {
    const value = at(tree, path);
    const found = value === null ? null : writtenPath(written, value.place);
    return pathText(found ?? path);
  };
  const counts = (place: Place) => override === null || override.has(place);
  return {
    facts,
    paths,
    isHere: override === null,
    textAt: (path) => textOf(at(tree, path)),
    items: (path) => {
      const list = at(tree, path);
      return list?.kind === 'list' ? list.items.map((item, index) => itemOf(item, [...path, index])) : [];
    },
    nameOf,
    report: (path, others, code, message, fix) => {
      const place = placeAt(tree, path);
      if (counts(place)) return tell({ place, code, message: `${nameOf(path)}: ${message}`, fix });
      const other = others.find((one) => at(tree, one) !== null && counts(placeAt(tree, one)));
      if (other === undefined) return;
      tell({ place: placeAt(tree, other), code, message: `${nameOf(other)}: with this, ${nameOf(path)}: ${message}`, fix });
    },
    reportKey: (path, code, message, fix) => {
      const place = keyPlace(tree, path);
      if (counts(place)) tell({ place, code, message: `${nameOf(path)}: ${message}`, fix });
    },
  };
}

function itemOf(item: Tree, path: Path): Item {
  return {
    path,
    text: (key) => textOf(at(item, [key])),
    isTrue: (key) => {
      const value = at(item, [key]);
      return value?.kind === 'scalar' && value.value === true;
    },
  };
}

const textOf = (value: Tree | null) => (value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null);
