import { type Addition, Insertion } from './insert.ts';
import type { Intent } from './intent.ts';
import { type InlineTable, type Layout, type Node, readLayout } from './layout.ts';
import { isTable, type ParsedTable, sameMeaning, TomlRefusal } from './read.ts';
import { Splices } from './splice.ts';
import { writeKey, writeValue } from './write-value.ts';

/**
 * Writes what is intended into a text: the fewest splices that make it so. Does not check the result.
 *
 * @param body a TOML document without a byte order mark.
 * @param before what that document means.
 * @throws {TomlRefusal} when something else than a `key = value` would have to be replaced by a value.
 */
export function rewrite(body: string, before: ParsedTable, intent: Intent): string {
  const lineEnd = prevailingLineEnd(body);
  // A last line without an end gets one for as long as lines are moved about.
  const lacksEnd = body !== '' && !body.endsWith('\n');
  const layout = readLayout(lacksEnd ? body + lineEnd : body);
  const output = new Rewrite(layout, new Splices(layout.text, lineEnd)).run(before, intent);
  return lacksEnd ? withoutFinalLineEnds(output) : output;
}

function withoutFinalLineEnds(text: string): string {
  let end = text.length;
  while (end > 0 && '\r\n'.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}

function prevailingLineEnd(text: string): '\n' | '\r\n' {
  let all = 0;
  let carriageReturns = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    all++;
    if (text[at - 1] === '\r') carriageReturns++;
  }
  return carriageReturns * 2 > all ? '\r\n' : '\n';
}

/** Compares what the document means with what it is to mean, and turns each difference into splices. */
class Rewrite {
  readonly #layout: Layout;
  readonly #splices: Splices;
  readonly #additions: Addition[] = [];
  readonly #thinned = new Set<InlineTable>();

  constructor(layout: Layout, splices: Splices) {
    this.#layout = layout;
    this.#splices = splices;
  }

  run(before: ParsedTable, intent: Intent): string {
    this.#compare([this.#layout.root], [], before, intent.after);
    // Only now is it known what is gone, and nothing new may hold on to that.
    const insertion = new Insertion(this.#layout, this.#splices, intent.given);
    for (const addition of this.#additions) insertion.add(addition);
    insertion.finish(this.#thinned);
    return this.#splices.render();
  }

  #compare(trail: readonly Node[], path: readonly string[], before: ParsedTable, after: ParsedTable): void {
    const added = new Set<string>();
    for (const key of Object.keys(before)) {
      const old = before[key]!;
      const wanted = Object.hasOwn(after, key) ? after[key]! : undefined;
      if (old === wanted) continue;
      const node = trail.at(-1)!.children.get(key);
      if (node === undefined) throw new TomlRefusal(`cannot find where ${[...path, key].map(writeKey).join('.')} is written`);
      if (wanted === undefined) this.#takeAway(node);
      else if (isTable(old) && isTable(wanted)) this.#compare([...trail, node], [...path, key], old, wanted);
      else if (sameMeaning(old, wanted)) continue;
      else if (isTable(old)) {
        this.#takeAway(node);
        added.add(key);
      } else if (node.entry === null) {
        throw new TomlRefusal(`cannot set ${[...path, key].map(writeKey).join('.')}: it is an array of tables`);
      } else this.#splices.replace(node.entry.valueStart, node.entry.end, writeValue(wanted));
    }
    for (const key of Object.keys(after)) if (!Object.hasOwn(before, key)) added.add(key);
    if (added.size > 0) this.#additions.push({ trail, path, table: after, keys: [...added] });
  }

  /** Everything the text says about a path: its headers with their keys, its dotted keys, its entry in an inline table. */
  #takeAway(node: Node): void {
    for (const section of node.sections) {
      section.gone = true;
      const end = section.entries.at(-1)?.end ?? section.headerEnd;
      this.#splices.cutLines(this.#splices.lineStartAt(section.start), this.#splices.nextLineAt(end));
    }
    const { entry } = node;
    if (entry !== null) {
      entry.gone = true;
      if (entry.home.kind === 'inline') this.#thinned.add(entry.home);
      else if (!entry.home.gone)
        this.#splices.cutLines(this.#splices.lineStartAt(entry.start), this.#splices.nextLineAt(entry.end));
      return;
    }
    for (const child of node.children.values()) this.#takeAway(child);
  }
}
