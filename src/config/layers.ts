import type { Machine } from '../machine/machine.ts';
import { checkShape } from './check.ts';
import { type Findings, showText } from './findings.ts';
import { refuseLiteralSecrets } from './literal-secrets.ts';
import { mergeMaps } from './merge.ts';
import { interpolateFile } from './overrides.ts';
import { parseYaml } from './parse.ts';
import { namesAnotherHome, pathsOf } from './paths.ts';
import { type ReadStdin, readSource } from './read.ts';
import { reportDuplicateAccounts } from './rules/accounts.ts';
import { at, type Place, type TreeMap, type TreeScalar, touchesHole } from './tree.ts';

/** Files in one chain of `extends`. */
const chainLimit = 16;

/** A file merged with what it extends. */
interface Merged {
  readonly tree: TreeMap;
  /** Something that it extends could not be used: what is not given here may be given there. */
  readonly isPart: boolean;
}

/** The files of a desired state, merged. */
export interface Layers extends Merged {
  /** Every file that took part, the main one first. */
  readonly sources: readonly string[];
  /** Each of them as it was written, for the path of a value in its own file. */
  readonly written: readonly TreeMap[];
}

/**
 * Reads a file and all that it extends, checks each by itself, and merges them: the extending file wins. Null when the file itself could
 * not be understood at all; the findings say why.
 */
export async function loadLayers(
  machine: Machine,
  file: string,
  stdin: ReadStdin | undefined,
  findings: Findings,
): Promise<Layers | null> {
  const loader = new Loader(machine, stdin, findings);
  const merged = await loader.load(file, [], null);
  return merged === null ? null : { ...merged, sources: loader.sources, written: loader.written };
}

class Loader {
  readonly sources: string[] = [];
  readonly written: TreeMap[] = [];
  readonly #machine: Machine;
  readonly #stdin: ReadStdin | undefined;
  readonly #findings: Findings;
  readonly #loaded = new Map<string, Merged | null>();

  constructor(machine: Machine, stdin: ReadStdin | undefined, findings: Findings) {
    this.#machine = machine;
    this.#stdin = stdin;
    this.#findings = findings;
  }

  /** The file with what it extends merged below it. `chain` holds the files that lead here, `namedAt` where the last one names it. */
  async load(file: string, chain: readonly string[], namedAt: Place | null): Promise<Merged | null> {
    if (namedAt !== null && !this.#isLegalChain(file, chain, namedAt)) return null;
    const known = this.#loaded.get(file);
    if (known !== undefined) return known;
    const own = await this.#own(file, namedAt);
    const merged = own === null ? null : await this.#withBases(own, [...chain, file]);
    this.#loaded.set(file, merged);
    return merged;
  }

  #isLegalChain(file: string, chain: readonly string[], namedAt: Place): boolean {
    if (chain.includes(file)) {
      const circle = [...chain.slice(chain.indexOf(file)), file].join(' → ');
      this.#findings.at(
        namedAt,
        'CL2031',
        `extends: files extend each other in a circle: ${circle}`,
        'remove this `extends`, or another of the circle',
      );
      return false;
    }
    if (chain.length < chainLimit) return true;
    const message = `extends: more than ${chainLimit} files extend each other: ${chain.join(' → ')}`;
    this.#findings.at(namedAt, 'CL2032', message, 'merge some of the files');
    return false;
  }

  /** One file by itself: read, parsed, references replaced, checked. */
  async #own(file: string, namedAt: Place | null): Promise<TreeMap | null> {
    const source = await readSource(this.#machine, file, this.#stdin, this.#findings, namedAt);
    if (source === null) return null;
    this.sources.push(file);
    const parsed = parseYaml(source, this.#findings);
    if (parsed === null) {
      refuseLiteralSecrets(null, source, this.#findings);
      return null;
    }
    const root = interpolateFile(parsed, this.#machine.facts, this.#findings);
    this.written.push(root);
    refuseLiteralSecrets(root, source, this.#findings);
    const tree = await checkShape(root, this.#findings, namedAt !== null);
    reportDuplicateAccounts(tree, this.#findings);
    return tree;
  }

  async #base({ place, value }: TreeScalar, chain: readonly string[]): Promise<Merged | null> {
    const text = String(value);
    const report = (code: 'CL2030' | 'CL2035', message: string, fix: string) => {
      this.#findings.at(place, code, `extends: ${message}`, fix);
      return null;
    };
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
      return report(
        'CL2030',
        `${showText(text)} is a URL, and only files can be extended`,
        'keep a copy beside this file, and name that',
      );
    }
    if (namesAnotherHome(text)) {
      return report(
        'CL2035',
        `${showText(text)} is in another user's home folder, which is not looked up`,
        'write ~/… or an absolute path',
      );
    }
    return this.load(pathsOf(this.#machine.facts).resolve(place.source.folder, text), chain, place);
  }

  async #withBases(own: TreeMap, chain: readonly string[]): Promise<Merged> {
    const entries = new Map(own.entries);
    entries.delete('extends');
    const bare: TreeMap = { ...own, entries };
    let below: TreeMap | null = null;
    let isPart = touchesHole(own, ['extends']);
    for (const name of baseNames(own)) {
      const base = await this.#base(name, chain);
      if (base === null || base.isPart) {
        // What is not known here wins over what the files before it say.
        isPart = true;
        below = base?.tree ?? null;
      } else below = below === null ? base.tree : mergeMaps(below, base.tree, []);
    }
    return { tree: below === null ? bare : mergeMaps(below, bare, []), isPart };
  }
}

/** What `extends` names, in order. */
function baseNames(own: TreeMap): readonly TreeScalar[] {
  const named = at(own, ['extends']);
  const list = named === null ? [] : named.kind === 'list' ? named.items : [named];
  return list.filter((one): one is TreeScalar => one.kind === 'scalar' && typeof one.value === 'string');
}
