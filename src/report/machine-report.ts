import type { Finding } from '../diagnostics/diagnostics.ts';
import type { Plan } from '../planner/plan.ts';
import type { Verification } from '../verification/checks.ts';
import { printable } from './terminal.ts';

/** How a machine stands, for somebody who cannot see it. */
export interface MachineReport {
  /** When, as ISO time. */
  readonly at: string;
  /** Programs and the system, by name. A version that could not be found out is null. */
  readonly versions: Readonly<Record<string, string | null>>;
  /** What the YAML chooses, as far as it matters for finding a fault. */
  readonly settings: Readonly<Record<string, string>>;
  readonly plan: Plan;
  readonly verification: Verification;
  /** The latest runs that changed something, newest first. */
  readonly runs: readonly { readonly at: string; readonly command: string; readonly resources: readonly string[] }[];
}

/** The report as Markdown, to be attached to an issue. Everything that came from the machine goes through `redact`. */
export function machineReportText(report: MachineReport, redact: (text: string) => string): string {
  const { plan, verification } = report;
  const cell = (text: string) => redact(printable(text)).replaceAll('|', '\\|').replaceAll('\n', ' ');
  const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length === 0
      ? 'none\n'
      : [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |\n`).join('');
  const pairs = (of: Readonly<Record<string, string | null>>) =>
    Object.entries(of).map(([name, value]) => [name, value ?? 'not known']);
  return `# codex-link report

Made by \`codex-link verify --report\` at ${report.at}. Names, addresses and the home folder are replaced, and no key was written; still,
read it before you pass it on.

## Versions

${table(['what', 'version'], pairs(report.versions))}
## Settings

${table(['setting', 'value'], pairs(report.settings))}
## Plan: ${plan.outcome}

${table(
  ['resource', 'status', 'cause', 'reason'],
  plan.resources.map((one) => [one.resource.address, one.verdict.status, one.cause ?? '', one.verdict.reason]),
)}
## Verification: ${verification.passed ? 'passed' : 'failed'}

${table(
  ['check', 'status', 'code', 'what was seen'],
  verification.checks.map((one) => [one.runtime ?? one.id, one.status, one.finding?.code ?? '', one.message]),
)}
## Findings

${table(['code', 'severity', 'message', 'next'], plan.findings.map(findingRow))}
## Latest changes

${table(
  ['when', 'command', 'resources'],
  report.runs.map((one) => [one.at, one.command, one.resources.join(', ')]),
)}`;
}

function findingRow({ code, severity, message, fix }: Finding): string[] {
  return [code, severity, message, fix];
}
