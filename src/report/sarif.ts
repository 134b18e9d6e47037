import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CODES, type Finding } from '../diagnostics/diagnostics.ts';

declare const CODEX_LINK_VERSION: string;

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const;

/**
 * Findings as SARIF 2.1.0 (OASIS), for the code scanning of a repository that the YAML lives in.
 * @param root folder that paths of files are told from, where they lie below it: what GitHub matches with the repository
 */
export function sarif(findings: readonly Finding[], root: string) {
  const codes = [...new Set(findings.map((one) => one.code))].sort();
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'codex-link', version: CODEX_LINK_VERSION, rules: codes.map(rule) } },
        // Columns of findings count characters, not UTF-16 units.
        columnKind: 'unicodeCodePoints',
        results: findings.map((one) => ({
          ruleId: one.code,
          ruleIndex: codes.indexOf(one.code),
          level: LEVELS[one.severity],
          message: { text: `${one.message}\n${one.fix}` },
          locations: location(one, root),
        })),
      },
    ],
  };
}

function rule(code: Finding['code']) {
  const { severity, summary, explanation, fix } = CODES[code];
  return {
    id: code,
    shortDescription: { text: summary },
    fullDescription: { text: explanation },
    help: { text: fix },
    defaultConfiguration: { level: LEVELS[severity] },
  };
}

/** None for a finding without a file, and for standard input. */
function location({ file, line, column }: Finding, root: string) {
  if (file === null || file === '-') return [];
  const path = relative(root, file);
  const below = path !== '' && !path.startsWith('..') && !/^([A-Za-z]:)?[\\/]/.test(path);
  const uri = below ? path.split(/[\\/]/).map(encodeURIComponent).join('/') : pathToFileURL(file).href;
  const region = line === null ? {} : { region: { startLine: line, ...(column === null ? {} : { startColumn: column }) } };
  return [{ physicalLocation: { artifactLocation: { uri }, ...region } }];
}
