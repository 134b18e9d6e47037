import { unmistakableSecrets } from '../config/secret-shapes.ts';
import { parseToml } from '../toml/read.ts';
import { embeddedSecrets, isSensitiveName, secretsInArguments } from './embedded-secrets.ts';
import { isTable, type Table } from './rules.ts';

/** Tables whose values are all taken for secrets: the environment and headers of MCP servers and providers. */
const SENSITIVE_TABLE = new Set(['env', 'http_headers', 'headers']);
/** Tables whose keys are names that people give: a server called onepassword, a project called secret-santa. */
const NAMED = new Set(['projects', 'mcp_servers', 'model_providers', 'profiles', 'plugins', 'marketplaces']);

/**
 * The texts in a config.toml that must not show up in a plan nor be kept, longest first.
 * @param text the file itself: a key that somebody has commented out is still a key
 */
export function sensitiveValues(config: Table, text = ''): string[] {
  const found = new Set<string>();
  collect(config, false, found);
  for (const one of commentedOut(text)) collect(one, false, found);
  for (const { index, end } of unmistakableSecrets(text)) found.add(text.slice(index, end));
  return [...found].sort((a, b) => b.length - a.length);
}

function collect(value: unknown, sensitive: boolean, found: Set<string>): void {
  if (typeof value === 'string') {
    if (sensitive) for (const line of value.split('\n')) if (line.length >= 4) found.add(line);
    for (const one of embeddedSecrets(value)) found.add(one);
  } else if (Array.isArray(value)) {
    for (const one of secretsInArguments(value)) found.add(one);
    for (const one of value) collect(one, sensitive, found);
  } else if (isTable(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const names = NAMED.has(key) && isTable(inner) ? Object.values(inner) : [inner];
      for (const one of names) collect(one, sensitive || SENSITIVE_TABLE.has(key) || isSensitiveName(key), found);
    }
  }
}

/** What would stand there without the `#`, line by line; prose is no TOML. */
function commentedOut(text: string): Table[] {
  return [...text.matchAll(/(?:^|\s)#+[ \t]*([^\n=#]{1,200}=[^\n]*)/g)].flatMap(([, line = '']) => {
    try {
      return [parseToml(line)];
    } catch {
      return [];
    }
  });
}

/** A function that hides the values in a line, however TOML spells them. */
export function masking(values: readonly string[]): (line: string) => string {
  const spellings = values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
  return (line) => spellings.reduce((text, value) => text.replaceAll(value, '(sensitive)'), line);
}
