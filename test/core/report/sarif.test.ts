import { describe, expect, test } from 'vitest';
import { CODES, finding } from '../../../src/diagnostics/diagnostics.ts';
import { sarif } from '../../../src/report/sarif.ts';

const FINDINGS = [
  finding('CL2001', 'a <key> & "quotes"', { file: '/repo/dot files/codex-link.yaml', line: 3, column: 5 }),
  finding('CL0011', 'a section', { file: '/elsewhere/team.yaml' }),
  finding('CL2001', 'of standard input', { file: '-', line: 1 }),
];

describe('sarif', () => {
  const document = sarif(FINDINGS, '/repo');
  const [run] = document.runs;

  test('has what the standard requires', () => {
    expect([document.version, document.runs.length, run?.tool.driver.name]).toEqual(['2.1.0', 1, 'codex-link']);
    for (const { ruleId, ruleIndex, level, message } of run?.results ?? []) {
      expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      expect(['error', 'warning', 'note']).toContain(level);
      expect(message.text).toMatch(/\S/);
    }
    expect(run?.tool.driver.rules.map((one) => one.id)).toEqual(['CL0011', 'CL2001']);
  });

  test('places a finding where a reader of the repository looks', () => {
    expect(run?.results.map((one) => one.locations)).toEqual([
      [
        {
          physicalLocation: {
            artifactLocation: { uri: 'dot%20files/codex-link.yaml' },
            region: { startLine: 3, startColumn: 5 },
          },
        },
      ],
      [{ physicalLocation: { artifactLocation: { uri: 'file:///elsewhere/team.yaml' } } }],
      [],
    ]);
  });

  test('knows every code, and is no less a document without any finding', () => {
    const all = sarif(
      Object.keys(CODES).map((code) => finding(code as keyof typeof CODES, 'x')),
      '/',
    );
    expect(all.runs[0]?.tool.driver.rules.length).toBe(Object.keys(CODES).length);
    expect(sarif([], '/').runs[0]?.results).toEqual([]);
  });
});
