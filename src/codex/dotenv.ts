/**
 * One variable in a `.env` file, every other byte kept. Codex reads the file with the dotenvy crate: `export` is allowed, values may
 * be quoted, and the last line of a name wins. Source: codex 0.169.0, seen by running it.
 */
const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=(.*)$/;

/** Plain values need no quotes, and without quotes nothing is expanded or cut in them. */
const PLAIN = /^[A-Za-z0-9_./+=:@%,-]+$/;

/** The value that Codex sees for the name; null when the file does not set it. */
export function valueIn(text: string, name: string): string | null {
  const values = lines(text).flatMap((line) => {
    const [, key, value] = ASSIGNMENT.exec(bare(line)) ?? [];
    return key === name ? [unquoted(value ?? '')] : [];
  });
  return values.at(-1) ?? null;
}

/** How many lines set the name. More than one means that somebody added theirs below ours. */
export function timesSet(text: string, name: string): number {
  return lines(text).filter((line) => ASSIGNMENT.exec(bare(line))?.[1] === name).length;
}

/** The text with the variable set once, in place where it stood, else at the end; null as value takes it out. */
export function withValue(text: string, name: string, value: string | null): string {
  const kept: string[] = [];
  let placed = value === null;
  const ending = text.includes('\r\n') ? '\r\n' : '\n';
  const line = value === null ? '' : `${name}=${written(value)}`;
  for (const one of lines(text)) {
    if (ASSIGNMENT.exec(bare(one))?.[1] !== name) kept.push(one);
    else if (!placed) {
      const mark = one.startsWith('\uFEFF') ? '\uFEFF' : '';
      kept.push(`${mark}${line}${/\r?\n$/.exec(one)?.[0] ?? ''}`);
      placed = true;
    }
  }
  if (!placed) {
    const last = kept.at(-1);
    if (last !== undefined && !last.endsWith('\n')) kept[kept.length - 1] = `${last}${ending}`;
    kept.push(`${line}${ending}`);
  }
  return kept.join('');
}

/**
 * Hides the value of any assignment, also one that is commented out, and whatever may be the rest of one: the file holds secrets of
 * other programs too, and a quoted value may go over several lines.
 */
export function maskedLine(line: string): string {
  const end = line.endsWith('\r') ? '\r' : '';
  const assignment = /^[\s\uFEFF#]*(?:export\s+)?[A-Za-z_][A-Za-z0-9_.]*\s*=/.exec(line);
  if (assignment !== null) return `${assignment[0]}(sensitive)${end}`;
  return /^[\s\uFEFF]*(#|$)/.test(line) ? line : `(sensitive)${end}`;
}

/** Each with its line end. */
function lines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function bare(line: string): string {
  return line.replace(/^\uFEFF/, '').replace(/\r?\n$/, '');
}

function unquoted(raw: string): string {
  const value = raw.trim();
  const single = /^'([^']*)'/.exec(value);
  if (single !== null) return single[1] ?? '';
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(value);
  if (double !== null) return (double[1] ?? '').replace(/\\(.)/g, '$1');
  return value.replace(/\s+#.*$/, '').replace(/\\(.)/g, '$1');
}

function written(value: string): string {
  if (PLAIN.test(value)) return value;
  return value.includes("'") ? `"${value.replace(/["\\$]/g, '\\$&')}"` : `'${value}'`;
}
