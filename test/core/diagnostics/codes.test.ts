import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CODES, type CodeEntry, CodexLinkError, finding } from '../../../src/diagnostics/diagnostics.ts';

const SOURCE = new URL('../../../src/', import.meta.url);

/** Every code that a source file names, with the files. The tables themselves do not count. */
function used(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const entry of readdirSync(SOURCE, { recursive: true, withFileTypes: true })) {
    const path = `${entry.parentPath}/${entry.name}`;
    if (!entry.isFile() || !entry.name.endsWith('.ts') || path.includes('/diagnostics/')) continue;
    for (const [code] of readFileSync(path, 'utf8').matchAll(/\bCL\d+\b/g))
      found.set(code, [...(found.get(code) ?? []), entry.name]);
  }
  return found;
}

const entries: readonly [string, CodeEntry][] = Object.entries(CODES);

test('there are codes', () => {
  expect(entries.length).toBeGreaterThan(80);
});

test('every code is used somewhere, and none is used that is not there', () => {
  const found = used();
  expect(entries.map(([code]) => code).filter((code) => !found.has(code))).toEqual([]);
  expect([...found].filter(([code]) => !Object.hasOwn(CODES, code))).toEqual([]);
});

test('no code is in two tables', () => {
  const tables = readdirSync(new URL('diagnostics/', SOURCE)).map((name) =>
    readFileSync(new URL(`diagnostics/${name}`, SOURCE), 'utf8'),
  );
  const all = tables.flatMap((text) => [...text.matchAll(/^ {2}(CL\d+): \{$/gm)].map((match) => match[1]));
  expect(new Set(all).size).toBe(all.length);
  expect(all.sort()).toEqual(entries.map(([code]) => code).sort());
});

describe.each(entries)('%s', (code, { severity, summary, explanation, fix }) => {
  test('has its number, and texts in whole sentences', () => {
    expect(code).toMatch(/^CL\d{4}$/);
    expect(['error', 'warning', 'info']).toContain(severity);
    expect(summary).toMatch(/^\S.*[.]$/);
    expect(explanation).toMatch(/^\S[\s\S]*[.]$/);
    expect(fix).toMatch(/^\S/);
    expect(summary.length).toBeLessThanOrEqual(100);
    expect(`${summary}${explanation}${fix}`).not.toMatch(/\n|TODO|undefined| {2}/);
  });

  test('makes a finding with its severity and its fix', () => {
    expect(finding(code as keyof typeof CODES, 'what')).toEqual({
      code,
      severity,
      resource: null,
      message: 'what',
      fix,
      file: null,
      line: null,
      column: null,
    });
  });
});

test('a finding says what is special about it', () => {
  expect(finding('CL0001', 'what', { severity: 'info', fix: 'that', file: '/f', line: 1, column: 2, resource: 'r' })).toEqual({
    code: 'CL0001',
    severity: 'info',
    resource: 'r',
    message: 'what',
    fix: 'that',
    file: '/f',
    line: 1,
    column: 2,
  });
});

test('an error is its findings', () => {
  const [one, two] = [finding('CL0001', 'a'), finding('CL0002', 'b')];
  const error = new CodexLinkError([one, two], 64);
  expect([error.findings, error.exitCode, error.message]).toEqual([[one, two], 64, 'CL0001: a\nCL0002: b']);
  expect(new CodexLinkError(one)).toMatchObject({ findings: [one], exitCode: 1, name: 'CodexLinkError' });
});
