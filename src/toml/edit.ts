import { type Edit, fulfils, type Intent, intend } from './intent.ts';
import { type ParsedTable, parseToml, splitByteOrderMark, TomlRefusal } from './read.ts';
import { rewrite } from './rewrite.ts';

export type { Edit } from './intent.ts';
export { TomlRefusal } from './read.ts';

/**
 * Carries out edits on a TOML text and leaves every other byte as it was: comments, order, blank lines, spelling, line ends, byte
 * order mark, a missing final line end. A document that means what is wanted already comes back unchanged.
 *
 * Two parsers have to agree: smol-toml says what the text means, toml-eslint-parser where it says so; the new text is read again and
 * has to mean exactly what was intended.
 *
 * @param input null when there is no file.
 * @throws {TomlRefusal} when the input is not TOML (with line and column), when an edit would destroy something it does not name,
 *   when a value cannot be written, or when the check of the result fails. There is no half-done result.
 */
export function editToml(input: string | null, edits: readonly Edit[]): string {
  try {
    const text = input ?? '';
    const before = parseToml(text);
    const intent = intend(before, edits);
    if (!intent.changed) return text;
    const { mark, body } = splitByteOrderMark(text);
    const output = mark + rewrite(body, before, intent);
    check(output, intent);
    return output;
  } catch (error) {
    if (error instanceof RangeError) throw new TomlRefusal('the document is nested too deeply');
    throw error;
  }
}

function check(output: string, intent: Intent): void {
  let result: ParsedTable;
  try {
    result = parseToml(output);
  } catch (error) {
    throw new TomlRefusal(`the edit would not leave valid TOML (${(error as Error).message}); nothing was changed`);
  }
  if (!fulfils(result, intent)) throw new TomlRefusal('the edited text would not mean what was intended; nothing was changed');
}
