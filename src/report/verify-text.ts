import type { Check } from '../verification/check.ts';
import type { Verification } from '../verification/checks.ts';
import { type Paint, printable } from './terminal.ts';

const SIGNS = {
  passed: ['ok', 'green'],
  failed: ['FAILED', 'red'],
  warning: ['warning', 'yellow'],
  skipped: ['skipped', 'dim'],
} as const;

/** The checks in the order of the route, then one line; quiet, that line alone. */
export function verifyText(verification: Verification, paint: Paint, quiet = false): string {
  const lines = quiet ? [] : verification.checks.map((one) => checkText(one, paint));
  const count = (status: Check['status']) => verification.checks.filter((one) => one.status === status).length;
  const skipped = count('skipped') === 0 ? '' : `, ${count('skipped')} skipped`;
  const end = verification.passed
    ? `${paint('green', 'Verified')}: ${count('passed')} checks passed${skipped}.`
    : `${paint('red', 'Not verified')}: ${count('failed')} of ${verification.checks.length} checks failed${skipped}.`;
  return `${lines.join('')}${end}\n`;
}

function checkText({ id, status, message, finding }: Check, paint: Paint): string {
  const [word, style] = SIGNS[status];
  const line = `  ${paint(style, word.padEnd(8))} ${id.padEnd(11)} ${printable(message)}\n`;
  return finding === null
    ? line
    : `${line}${' '.repeat(23)}${paint('dim', `${finding.code}, next:`)} ${printable(finding.fix)}\n`;
}
