/**
 * Reads a `.env` file as the dotenvy crate 0.15 does, which Codex uses: written for the tests from its parser (parse.rs), so that what
 * codex-link writes is not judged by codex-link. A line that cannot be read ends the file, as Codex ignores the rest after an error.
 */
export function readDotenv(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const match = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$/.exec(trimmed);
    if (match === null) return values;
    const value = readValue(match[2] ?? '', values);
    if (value === null) return values;
    values.set(match[1] ?? '', value);
  }
  return values;
}

/** Null for what dotenvy calls a parse error. */
function readValue(raw: string, values: ReadonlyMap<string, string>): string | null {
  let output = '';
  let quote: "'" | '"' | null = null;
  for (let at = 0; at < raw.length; at++) {
    const one = raw[at] ?? '';
    if (quote === "'") {
      if (one === "'") quote = null;
      else output += one;
      continue;
    }
    if (one === '\\') {
      const next = raw[++at];
      if (next === undefined || !`"'\\$ n`.includes(next)) return null;
      output += next === 'n' ? '\n' : next;
    } else if (one === '$') {
      const name = /^\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/.exec(raw.slice(at));
      if (name === null) continue;
      output += values.get(name[1] ?? name[2] ?? '') ?? '';
      at += name[0].length - 1;
    } else if (quote === '"') {
      if (one === '"') quote = null;
      else output += one;
    } else if (one === "'" || one === '"') quote = one;
    else if (/\s/.test(one)) {
      const rest = raw.slice(at).trim();
      return rest === '' || rest.startsWith('#') ? output : null;
    } else output += one;
  }
  return quote === null ? output : null;
}
