/** Lines that go between two lines of the text. */
export interface Block {
  /** Start of a line, or the end of the text. */
  readonly at: number;
  readonly lines: readonly string[];
  /** Where blocks meet: keys come before headers, or they would fall into the table of that header. */
  readonly rank: 'key' | 'header';
  /** Makes sure of a blank line before, or after, unless the text begins, or ends, there. */
  readonly blankBefore?: boolean;
  readonly blankAfter?: boolean;
}

type Splice =
  | { readonly kind: 'insert'; readonly start: number; readonly text: string }
  | { readonly kind: 'block'; readonly start: number; readonly block: Block }
  | { readonly kind: 'cut'; readonly start: number; readonly end: number; readonly text: string };

/**
 * Changes to a text, collected while its offsets stand still and carried out in one pass at the end. The text ends with a line end,
 * or is empty.
 */
export class Splices {
  readonly text: string;
  readonly lineEnd: '\n' | '\r\n';
  readonly #splices: Splice[] = [];
  readonly #lineCuts: { start: number; end: number }[] = [];

  constructor(text: string, lineEnd: '\n' | '\r\n') {
    this.text = text;
    this.lineEnd = lineEnd;
  }

  insert(start: number, text: string): void {
    this.#splices.push({ kind: 'insert', start, text });
  }

  insertBlock(block: Block): void {
    this.#splices.push({ kind: 'block', start: block.at, block });
  }

  /** Cuts may overlap each other, replacements may not. */
  replace(start: number, end: number, text: string): void {
    this.#splices.push({ kind: 'cut', start, end, text });
  }

  cut(start: number, end: number): void {
    this.replace(start, end, '');
  }

  /** Takes whole lines away, and one blank line with them where two would meet, or one would begin or end the text. */
  cutLines(start: number, end: number): void {
    this.#lineCuts.push({ start, end });
  }

  /** Start of the line that holds the offset. */
  lineStartAt(offset: number): number {
    return offset === 0 ? 0 : this.text.lastIndexOf('\n', offset - 1) + 1;
  }

  /** Start of the line after the one that holds the offset. */
  nextLineAt(offset: number): number {
    const end = this.text.indexOf('\n', offset);
    return end < 0 ? this.text.length : end + 1;
  }

  /** The white space at the start of the line that holds the offset. */
  indentAt(offset: number): string {
    return matchAt(/[ \t]*/y, this.text, this.lineStartAt(offset))!;
  }

  isBlankLine(start: number): boolean {
    return matchAt(blankLine, this.text, start) !== null;
  }

  isCommentLine(start: number): boolean {
    return matchAt(/[ \t]*#/y, this.text, start) !== null;
  }

  render(): string {
    const cuts = this.#linesToCut().map(({ start, end }): Splice => ({ kind: 'cut', start, end, text: '' }));
    const output = new Output(this.lineEnd);
    let kept = 0;
    for (const splice of [...this.#splices, ...cuts].sort(inOrder)) {
      if (splice.start > kept) {
        output.add(this.text.slice(kept, splice.start));
        kept = splice.start;
      }
      if (splice.kind === 'block') output.addBlock(splice.block);
      else output.add(splice.text);
      if (splice.kind === 'cut') kept = Math.max(kept, splice.end);
    }
    output.add(this.text.slice(kept));
    return output.toString();
  }

  #linesToCut(): { start: number; end: number }[] {
    const blocks = new Set(this.#splices.filter((splice) => splice.kind === 'block').map(({ start }) => start));
    const runs: { start: number; end: number }[] = [];
    for (const next of this.#lineCuts.sort((a, b) => a.start - b.start)) {
      const last = runs.at(-1);
      if (last !== undefined && next.start <= last.end) last.end = Math.max(last.end, next.end);
      else runs.push({ ...next });
    }
    const collapsed: { start: number; end: number }[] = [];
    for (const run of runs) {
      const last = collapsed.at(-1);
      const touching = last !== undefined && run.start <= last.end;
      if (touching) last.end = run.end;
      else collapsed.push(run);
      const current = touching ? last : run;
      // New lines that take the place of the old ones want the blank lines around them.
      if (!blocks.has(current.start) && !blocks.has(current.end)) this.#takeBlankLine(current);
    }
    return collapsed;
  }

  #takeBlankLine(run: { start: number; end: number }): void {
    const before = run.start === 0 ? null : this.lineStartAt(run.start - 1);
    const blankBefore = before === null || this.isBlankLine(before);
    const blankAfter = run.end === this.text.length || this.isBlankLine(run.end);
    if (!blankBefore || !blankAfter) return;
    if (run.end < this.text.length) run.end = this.nextLineAt(run.end);
    else if (before !== null) run.start = before;
  }
}

const blankLine = /[ \t]*\r?\n/y;

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

const ranks = { insert: 0, key: 1, header: 2, cut: 3 };

/** By place; at one place what goes in comes before what goes out. The sort is stable, so equal ones keep the order of the edits. */
function inOrder(a: Splice, b: Splice): number {
  return a.start - b.start || rankOf(a) - rankOf(b);
}

function rankOf(splice: Splice): number {
  return ranks[splice.kind === 'block' ? splice.block.rank : splice.kind];
}

/** The new text, built from its beginning, so that a block sees what really stands before it. */
class Output {
  readonly #lineEnd: string;
  readonly #chunks: string[] = [];
  #wantsBlank = false;

  constructor(lineEnd: string) {
    this.#lineEnd = lineEnd;
  }

  add(chunk: string): void {
    if (chunk === '') return;
    if (this.#wantsBlank && matchAt(blankLine, chunk, 0) === null) this.#chunks.push(this.#lineEnd);
    this.#wantsBlank = false;
    this.#chunks.push(chunk);
  }

  addBlock(block: Block): void {
    if (block.blankBefore === true && !this.#wantsBlank && !this.#endsBlank()) this.add(this.#lineEnd);
    for (const line of block.lines) this.add(line + this.#lineEnd);
    this.#wantsBlank = block.blankAfter === true;
  }

  toString(): string {
    return this.#chunks.join('');
  }

  /** True at the beginning of the text and after a blank line. */
  #endsBlank(): boolean {
    let lineEnds = 0;
    for (let index = this.#chunks.length - 1; index >= 0; index--) {
      const chunk = this.#chunks[index]!;
      for (let offset = chunk.length - 1; offset >= 0; offset--) {
        const character = chunk[offset]!;
        if (character === '\n' && ++lineEnds === 2) return true;
        if (!' \t\r\n'.includes(character)) return false;
      }
    }
    return true;
  }
}
