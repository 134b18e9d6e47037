import type { Finding } from '../diagnostics/diagnostics.ts';
import { type Paint, printable } from './terminal.ts';

const STYLE = { error: 'red', warning: 'yellow', info: 'cyan' } as const;

/** Severity and code, e.g. `error CL1001`. */
export function findingLabel(one: Finding, paint: Paint): string {
  return paint(STYLE[one.severity], `${one.severity} ${one.code}`);
}

/** One finding: what is wrong, where, and what to type next. */
export function findingText(one: Finding, paint: Paint): string {
  const where = place(one);
  const message = withoutFile(one);
  const first = `${findingLabel(one, paint)}  ${where === null ? '' : `${paint('bold', where)}: `}${printable(message)}`;
  return `${first}\n  ${paint('dim', 'next:')} ${printable(one.fix)}`;
}

/** A message that begins with the file need not say it twice. */
function withoutFile({ file, message }: Finding): string {
  if (file === null || !message.startsWith(file)) return message;
  return message.slice(file.length).replace(/^:? /, '');
}

/** `file:line:col`, as editors and terminals understand it. */
function place(one: Finding): string | null {
  if (one.file === null) return null;
  const parts = [one.file, one.line, one.line === null ? null : one.column].filter((part) => part !== null);
  return printable(parts.join(':'));
}

/** All of them, blank lines between; nothing for none. */
export function findingsText(findings: readonly Finding[], paint: Paint): string {
  return findings.map((one) => `${findingText(one, paint)}\n`).join('\n');
}
