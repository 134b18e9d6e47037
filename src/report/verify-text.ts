import type { Check } from '../verification/check.ts';
import type { Verification } from '../verification/checks.ts';
import { type Paint, printable } from './terminal.ts';

const SIGNS = {
  passed: ['ok', 'green'],
  failed: ['FAILED', 'red'],
  warning: ['warning', 'yellow'],
  skipped: ['skipped', 'dim'],
} as const;

const ID_WIDTH = 11;

/** The checks in the order of the route, the other runtimes, then one line about the route; quiet, that line alone. */
export function verifyText(verification: Verification, paint: Paint, quiet = false): string {
  const route = verification.checks.filter(({ id }) => id !== 'runtime');
  const runtimes = verification.checks.filter(({ id }) => id === 'runtime');
  const lines = quiet ? [] : [...route.map((one) => checkText(one, paint)), ...runtimesText(runtimes, paint)];
  if (verification.checks.length === 0) return 'Nothing was checked.\n';
  const count = (status: Check['status']) => route.filter((one) => one.status === status).length;
  const skipped = count('skipped') === 0 ? '' : `, ${count('skipped')} skipped`;
  const warned = count('warning') === 0 ? '' : `, ${count('warning')} with a warning`;
  const listener = route.find(({ id, status }) => id === 'listener' && status === 'skipped');
  const end = verification.passed
    ? `${paint('green', 'Verified')}: ${count('passed')} checks passed${warned}${skipped}.`
    : count('failed') === 0 && listener !== undefined
      ? `${paint('red', 'Not verified')}: ${printable(listener.message)}.`
      : `${paint('red', 'Not verified')}: ${count('failed')} of ${route.length} checks failed${warned}${skipped}.`;
  return `${lines.join('')}${end}\n`;
}

function checkText({ id, status, message, finding }: Check, paint: Paint): string {
  const [word, style] = SIGNS[status];
  const line = `  ${paint(style, word.padEnd(8))} ${id.padEnd(ID_WIDTH)} ${printable(message)}\n`;
  return finding === null ? line : `${line}${next(finding, paint)}`;
}

function next({ code, fix }: NonNullable<Check['finding']>, paint: Paint, indent = 23): string {
  return `${' '.repeat(indent)}${paint('dim', `${code}, next:`)} ${printable(fix)}\n`;
}

/** They are not our route: said below it, and what several have in common to do is said once. */
function runtimesText(runtimes: readonly Check[], paint: Paint): string[] {
  if (runtimes.length === 0) return [];
  const width = Math.max(ID_WIDTH, ...runtimes.map(({ runtime = '' }) => runtime.length + 1));
  const lines = runtimes.map(({ runtime = '', status, message, finding }, index) => {
    const [word, style] = SIGNS[status];
    const line = `  ${paint(style, word.padEnd(8))} ${printable(runtime.padEnd(width))} ${printable(message)}\n`;
    const told = runtimes.slice(index + 1).some((later) => later.finding?.fix === finding?.fix);
    return finding === null || told ? line : `${line}${next(finding, paint, 12 + width)}`;
  });
  return [paint('dim', '  Other runtimes of CCS, which do not count:\n'), ...lines];
}
