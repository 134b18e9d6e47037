import { valueIn } from '../codex/dotenv.ts';

/** A variable and where it is set. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  /** Null when it comes with the environment that codex-link itself has. */
  readonly place: { readonly file: string; readonly line: number } | null;
}

/** The named variables that a file of `NAME=value` lines sets; of others, which may be secrets, nothing is kept. */
export function variablesIn(text: string, file: string, names: readonly string[]): Variable[] {
  return names.flatMap((name) => {
    const value = valueIn(text, name);
    if (value === null) return [];
    const assignment = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`);
    const line = text.split('\n').findLastIndex((one) => assignment.test(one)) + 1;
    return [{ name, value, place: { file, line } }];
  });
}
