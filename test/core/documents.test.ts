/** What the documents say of commands, flags, keys and codes, held against the program: a reader types what stands there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/arguments.ts';
import { COMMANDS, type CommandEntry } from '../../src/cli/command-table.ts';
import { COMMON, FLAGS } from '../../src/cli/flags.ts';
import { help } from '../../src/cli/help.ts';
import { CODES } from '../../src/diagnostics/diagnostics.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const markdownIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : markdownIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
const DOCUMENTS = [
  ...['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md'],
  ...['docs', 'integrations'].flatMap(markdownIn),
];
const README = read('README.md');

/** The rows of the table below a heading, as cells. */
function table(heading: string): string[][] {
  const section = README.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  // A `|` that belongs to a cell is written `\|`.
  return rows.slice(2).map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')));
}
const codeIn = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** Every command line of codex-link in a document: lines of blocks, and code within the text. */
function commandLines(text: string): string[] {
  const blocks = text.split('\n').flatMap((line) => /^(?: {4}|\$ )(codex-link [^#]+)/.exec(line)?.[1] ?? []);
  const inline = codeIn(text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll('\n', ' ')).filter((code) =>
    /^codex-link /.test(code),
  );
  const whole = [...blocks, ...inline].filter((line) => !/^codex-link (COMMAND|…|\.\.\.)/.test(line));
  // What the shell makes of the rest is the shell's.
  return whole.map((line) => (line.split(/ (?:[|>]|&&|2>) ?/)[0] ?? line).trim());
}

/** A line as a person would type it: of several choices the first, and what may be left out is there. */
function typed(line: string): string[] {
  const words = line
    .replaceAll(/[[\]…]/g, '')
    .split(/ +/)
    .slice(1);
  return words.map((word) => word.split('|')[0] ?? word).filter(Boolean);
}

describe.each(DOCUMENTS)('%s', (name) => {
  const text = read(name);

  test('names only commands and flags that there are', () => {
    const wrong = commandLines(text).flatMap((line) => {
      try {
        parseCommandLine(typed(line));
        return [];
      } catch (error) {
        return [`${line}: ${(error as Error).message}`];
      }
    });
    expect(wrong).toEqual([]);
  });

  test('names only codes that explain knows', () => {
    expect((text.match(/\bCL\d{4}\b/g) ?? []).filter((code) => !Object.hasOwn(CODES, code))).toEqual([]);
  });

  test('links only to what is there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^https?:/.test(link));
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? name : join(dirname(name), path);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchors(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

/** As GitHub makes them of headings. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the commands of README', () => {
  const rows = table('Commands');
  const named = (row: readonly string[]) => codeIn(row[1] ?? '');

  test.each(Object.keys(COMMANDS))('%s has a row', (command) => {
    expect(rows.filter((row) => named(row).some((code) => code.split(' ')[0] === command)).length).toBeGreaterThan(0);
  });

  test.each(rows.flatMap(named))('%s can be typed', (line) => {
    expect(() => parseCommandLine(typed(`codex-link ${line}`))).not.toThrow();
  });

  test.each(Object.keys(FLAGS).filter((flag) => flag !== 'version'))('--%s is told', (flag) => {
    expect(new RegExp(`--${flag}\\b`).test(README)).toBe(true);
  });
});

/** Every key that can stand in codex-link.yaml, in dotted form, with its schema; not those of the members of lists. */
function keys(): Map<string, { default?: unknown }> {
  type Node = { $ref?: string; properties?: Record<string, Node>; oneOf?: Node[]; anyOf?: Node[]; default?: unknown };
  const schema = JSON.parse(read('schema/codex-link.schema.json')) as Node & { definitions: Record<string, Node> };
  const all = new Map<string, Node>();
  const walk = (node: Node, path: string): void => {
    const real = node.$ref === undefined ? node : (schema.definitions[node.$ref.split('/').at(-1) ?? ''] ?? node);
    for (const [name, one] of Object.entries(real.properties ?? {})) {
      all.set(`${path}${name}`, one);
      walk(one, `${path}${name}.`);
    }
    for (const one of [...(real.oneOf ?? []), ...(real.anyOf ?? [])]) walk(one, path);
  };
  walk(schema, '');
  return all;
}

describe('the keys of README', () => {
  /** `provider.id`, `name` is two keys of one section. */
  const rows = table('codex-link.yaml').map(([, first = '', fallback = '', meaning = '']) => {
    const [whole = '', ...others] = codeIn(first);
    const section = whole.includes('.') ? whole.slice(0, whole.lastIndexOf('.') + 1) : '';
    return { names: [whole, ...others.map((one) => `${section}${one}`)], fallbacks: codeIn(fallback), meaning };
  });
  const known = keys();

  test('there are many', () => {
    expect(known.size).toBeGreaterThan(45);
    expect(rows.length).toBeGreaterThan(30);
  });

  test('are keys of the schema', () => {
    expect(rows.flatMap((row) => row.names).filter((name) => !known.has(name))).toEqual([]);
  });

  test.each([...known.keys()])('%s has a row, or stands in the row of what it is part of', (key) => {
    const told = rows.some(({ names, meaning }) => {
      if (names.some((name) => name === key || name.startsWith(`${key}.`))) return true;
      const above = names.find((name) => key.startsWith(`${name}.`));
      const last = key.split('.').at(-1) ?? key;
      return above !== undefined && codeIn(meaning).some((code) => new RegExp(`\\b${last}\\b`).test(code));
    });
    expect(told).toBe(true);
  });

  test('have the defaults of the schema', () => {
    const wrong = rows.flatMap(({ names, fallbacks }) =>
      names.flatMap((name, index) => {
        const value = known.get(name)?.default;
        const shown = fallbacks[index];
        if (shown === undefined || value === undefined) return [];
        return shown === (typeof value === 'string' ? value : JSON.stringify(value)) ? [] : [`${name}: ${shown}, not ${value}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

test.each(Object.entries(COMMANDS) as [keyof typeof COMMANDS, CommandEntry][])('the help of %s', (name, entry) => {
  const lines = help(name).split('\n');
  expect(lines[0]).toMatch(new RegExp(`^codex-link ${name} \\w+s\\b`)); // a sentence: it does something
  for (const flag of [...entry.flags, ...COMMON])
    expect(lines.filter((line) => new RegExp(`^ {2}.*--${flag}\\b`).test(line.slice(0, 40)))).toHaveLength(1);
  const columns = new Set(
    lines.filter((line) => line.startsWith('  ')).map((line) => /^ {2}(?:-\w,| {3}) --\S+(?: \S+)? +/.exec(line)?.[0].length),
  );
  expect([...columns]).toHaveLength(1);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(125);
});
