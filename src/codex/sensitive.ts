import { isTable, type Table } from './rules.ts';

/** Keys whose values nobody but their owner should see. Names of variables, like `env_key`, are no secrets. */
const SENSITIVE_KEY = /(token|secret|password|passwd|api_?-?key|authorization|credential)/i;
const NAME_OF_VARIABLE = /(^env_|_env_var$|^env_http_headers$|_file$|_url$|_limit$|_tokens?_)/i;
/** Tables whose values are all taken for secrets: the environment and headers of MCP servers and providers. */
const SENSITIVE_TABLE = new Set(['env', 'http_headers', 'headers']);

/** The texts in a config.toml that must not show up in a plan, longest first. */
export function sensitiveValues(config: Table): string[] {
  const found = new Set<string>();
  collect(config, false, found);
  return [...found].sort((a, b) => b.length - a.length);
}

function collect(value: unknown, sensitive: boolean, found: Set<string>): void {
  if (typeof value === 'string') {
    if (sensitive) for (const line of value.split('\n')) if (line.length >= 4) found.add(line);
  } else if (Array.isArray(value)) {
    for (const one of value) collect(one, sensitive, found);
  } else if (isTable(value)) {
    for (const [key, inner] of Object.entries(value)) {
      collect(inner, sensitive || SENSITIVE_TABLE.has(key) || (SENSITIVE_KEY.test(key) && !NAME_OF_VARIABLE.test(key)), found);
    }
  }
}

/** A function that hides the values in a line, however TOML spells them. */
export function masking(values: readonly string[]): (line: string) => string {
  const spellings = values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
  return (line) => spellings.reduce((text, value) => text.replaceAll(value, '(sensitive)'), line);
}
