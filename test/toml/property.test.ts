import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Edit, editToml, TomlRefusal } from '../../src/toml/edit.ts';
import { type ParsedTable, parseToml } from '../../src/toml/read.ts';
import { judge, wanted } from './judge.ts';
import { RandomDocument } from './random-document.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const options = { numRuns: Number(process.env.TOML_RUNS ?? 400) };

it('any edits on any document do what they say and nothing else, or are refused', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = new RandomDocument(seed);
      const text = random.text();
      const before = parseToml(text);
      // Half the time only edits that nothing stands in the way of, or most runs would end in a refusal.
      const edits = seed % 2 === 0 ? random.edits() : possible(before, random.edits());
      let output: string;
      try {
        output = editToml(text, edits);
      } catch (error) {
        if (!(error instanceof TomlRefusal)) throw error;
        // A refusal has to have a reason: the edits go through, or over, something that stands in the way.
        if (error.message.includes('is an array of tables')) return;
        expect(() => wanted(before, edits), `${error.message}\n${text}\n${JSON.stringify(edits)}`).toThrow(RangeError);
        return;
      }
      try {
        judge(text, edits, output);
      } catch (error) {
        throw new Error(`${(error as Error).message}\n<<<\n${text}\n>>>\n${output}\n===\n${JSON.stringify(edits)}`);
      }
    }),
    options,
  );
});

it('setting what a document says already changes no byte', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const text = new RandomDocument(seed).text();
      const edits = Object.entries(parseToml(text)).flatMap(([key, value]) =>
        typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean'
          ? [{ op: 'set' as const, path: [key], value }]
          : [],
      );
      expect(editToml(text, edits)).toBe(text);
    }),
    options,
  );
});

it('any text at all is edited or refused, never mangled', () => {
  const shreds = fc.array(
    fc.constantFrom('[', ']', '[[a]]', '[a]', 'a', '=', '1', '"', "'", '"""', '{', '}', ',', '#', '\n', '\r', '.', ' '),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        shreds.map((parts) => parts.join('')),
      ),
      fc.string(),
      (text, value) => {
        const edits = [{ op: 'set' as const, path: ['model'], value }];
        let output: string;
        try {
          output = editToml(text, edits);
        } catch (error) {
          expect(error).toBeInstanceOf(TomlRefusal);
          return;
        }
        judge(text, edits, output);
      },
    ),
    options,
  );
});

function possible(before: ParsedTable, edits: readonly Edit[]): Edit[] {
  const kept: Edit[] = [];
  for (const edit of edits) {
    try {
      wanted(before, [...kept, edit]);
      kept.push(edit);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return kept;
}
