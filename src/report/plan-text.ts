import type { Finding } from '../diagnostics/diagnostics.ts';
import type { Plan, PlannedResource } from '../planner/plan.ts';
import { isAboutSelection } from '../planner/selection.ts';
import type { Json, Status, ValueChange, Verdict } from '../resources/resource.ts';
import { unifiedDiff } from './file-diff.ts';
import { findingLabel, findingsText } from './findings-text.ts';
import { type Paint, printable } from './terminal.ts';

const SYMBOLS: Readonly<Partial<Record<Status, { symbol: string; style: 'green' | 'yellow' | 'red' | 'cyan' }>>> = {
  create: { symbol: '+', style: 'green' },
  update: { symbol: '~', style: 'yellow' },
  delete: { symbol: '-', style: 'red' },
  run: { symbol: '!', style: 'cyan' },
  manual: { symbol: '!', style: 'red' },
  deferred: { symbol: '!', style: 'yellow' },
  unknown: { symbol: '?', style: 'red' },
};

/** How much to say: `quiet` the last line alone, `verbose` also what is in sync and what is merely worth knowing. */
export type Detail = 'quiet' | 'normal' | 'verbose';

/** The plan for people: a block for each resource that changes, the findings, and a line that counts. In sync it is one line. */
export async function planText(plan: Plan, paint: Paint, detail: Detail): Promise<string> {
  if (detail === 'quiet') return lastLine(plan, paint, detail);
  const blocks: string[] = [];
  for (const planned of plan.resources) {
    if (SYMBOLS[planned.verdict.status] !== undefined) blocks.push(await block(planned, paint));
    else if (detail === 'verbose')
      blocks.push(`  ${planned.resource.address}: ${planned.verdict.status}, ${printable(planned.verdict.reason)}\n`);
  }
  const findings = findingsText(
    plan.findings.filter((one) => isShown(plan, one, detail) && !plan.resources.some(({ verdict }) => tells(verdict, one))),
    paint,
  );
  return [...blocks, ...(findings === '' ? [] : [findings]), lastLine(plan, paint, detail)].join('\n');
}

/** The findings that a plan always mentions: that it does not follow the YAML. */
const HELD: readonly string[] = ['CL0011', 'CL8010'];

/** In sync, one line is all: cron mails and shells that start with a plan should not repeat what is known. */
function isShown(plan: Plan, one: Finding, detail: Detail): boolean {
  const { severity, code } = one;
  if (detail === 'verbose' || severity === 'error' || isAboutSelection(one)) return true;
  return plan.outcome !== 'in-sync' && (severity === 'warning' || HELD.includes(code));
}

async function block({ resource, verdict, cause }: PlannedResource, paint: Paint): Promise<string> {
  const { symbol, style } = SYMBOLS[verdict.status] ?? { symbol: ' ', style: 'cyan' as const };
  const writer = verdict.writer === null || verdict.writer === 'unknown' ? '' : `, written by ${verdict.writer}`;
  const why = cause === null || cause === 'initial' ? writer.replace(/^, /, '') : `${cause}${writer}`;
  const told = verdict.findings.find((one) => tells(verdict, one));
  const lines = [
    `  ${paint(style, symbol)} ${paint('bold', resource.address)}${why === '' ? '' : ` (${why})`}`,
    `      ${told === undefined ? '' : `${findingLabel(told, paint)}  `}${printable(verdict.reason)}`,
  ];
  const next = verdict.command ?? told?.fix ?? null;
  if (next !== null) lines.push(`      ${paint('dim', 'next:')} ${printable(next)}`);
  const values = verdict.fileChange === null ? verdict.changes : verdict.changes.filter((one) => one.path === 'mode');
  for (const change of values) lines.push(`      ${valueLine(change)}`);
  if (verdict.fileChange !== null) lines.push(...(await diffLines(verdict.fileChange, paint)));
  for (const consequence of verdict.consequences) lines.push(`      ${paint('dim', 'note:')} ${printable(consequence)}`);
  return `${lines.join('\n')}\n`;
}

/**
 * A step for a person, and what cannot be read, have a finding as their reason; it is told there and not
 * again below, unless it has a place in a file, which has no room there.
 */
function tells(verdict: Verdict, one: Finding): boolean {
  const own = verdict.status === 'manual' || verdict.status === 'deferred' || verdict.status === 'unknown';
  return own && one.line === null && one.message === verdict.reason;
}

function valueLine({ path, before, after }: ValueChange): string {
  return `${printable(path)}: ${shown(before)} → ${shown(after)}`;
}

function shown(value: Json): string {
  if (value === null) return '(none)';
  return printable(typeof value === 'string' && !value.includes('\n') ? value : JSON.stringify(value));
}

async function diffLines(change: Parameters<typeof unifiedDiff>[0], paint: Paint): Promise<string[]> {
  const lines = (await unifiedDiff(change)).trimEnd().split('\n');
  return lines.map((line) => {
    const text = printable(line.replace(/\r$/, '')); // in a file with line ends of Windows every line has one
    if (line.startsWith('+++') || line.startsWith('---')) return `      ${paint('bold', text)}`;
    if (line.startsWith('@@')) return `      ${paint('cyan', text)}`;
    if (line.startsWith('+')) return `      ${paint('green', text)}`;
    return line.startsWith('-') ? `      ${paint('red', text)}` : `      ${text}`;
  });
}

function lastLine(plan: Plan, paint: Paint, detail: Detail): string {
  const count = (status: Status) => plan.resources.filter((one) => one.verdict.status === status).length;
  if (plan.outcome === 'in-sync') {
    const resources = count('in-sync') === 0 ? '' : `${count('in-sync')} resources, `;
    return `${paint('green', 'In sync')}: ${resources}nothing to do${hidden(plan, detail)}.\n`;
  }
  const words: [Status, string][] = [
    ['create', 'to create'],
    ['update', 'to update'],
    ['delete', 'to delete'],
    ['run', 'to run'],
    ['manual', 'for you to do'],
    ['deferred', 'deferred'],
    ['unknown', 'not known'],
  ];
  const counts = words.flatMap(([status, word]) => (count(status) > 0 ? [`${count(status)} ${word}`] : []));
  return `${paint('bold', 'Plan')}: ${counts.join(', ')}; ${count('in-sync')} in sync.\n`;
}

/** What one line has room for of the findings. */
function hidden(plan: Plan, detail: Detail): string {
  if (detail === 'verbose') return '';
  const held = plan.findings.find((one) => HELD.includes(one.code));
  const warnings = plan.findings.filter((one) => one.severity === 'warning' && !isShown(plan, one, detail)).length;
  const hint = warnings === 0 ? '' : ` (${warnings} ${warnings === 1 ? 'warning' : 'warnings'}: codex-link plan -v)`;
  return `${hint}${held === undefined ? '' : `; ${held.message} (codex-link use auto lets go)`}`;
}
