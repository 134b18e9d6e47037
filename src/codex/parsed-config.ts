import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { type ParsedTable, parseToml, TomlRefusal } from '../toml/read.ts';

/** What a config.toml says. Throws CL1001, with the place, for one that is no TOML. */
export function parsedConfig(text: string, path: string): ParsedTable {
  try {
    return parseToml(text);
  } catch (error) {
    throw notToml(error, path);
  }
}

/** The error for a config.toml that is no TOML; anything else that was thrown is given back as it is. */
export function notToml(error: unknown, path: string): unknown {
  if (!(error instanceof TomlRefusal)) return error;
  const where = error.line === undefined ? {} : { line: error.line, column: error.column ?? null };
  const one = finding('CL1001', `it is not valid TOML: ${withoutPlace(error)}`, { file: path, ...where });
  return new CodexLinkError(one, 1, { cause: error });
}

/** The place is told apart from the message, as with every finding. */
export function withoutPlace(error: TomlRefusal): string {
  return error.message.replace(/^line \d+, column \d+: /, '');
}
