import { findingsText } from '../report/findings-text.ts';
import type { Detail } from '../report/plan-text.ts';
import { type Paint, printable } from '../report/terminal.ts';
import { ago } from './ago.ts';
import type { Fleet } from './fleet.ts';
import { type HostState, PROGRAM_WORDS, PROGRAMS, STATE_WORDS, STATES } from './host-report.ts';
import type { HostRow } from './host-row.ts';
import type { FleetSummary } from './summary.ts';

/** More machines than that are told only when asked for. */
const MOST_HOSTS = 40;
/** Versions of one program that are listed. */
const MOST_VERSIONS = 6;
const BAR = 24;

const STYLE: Readonly<Record<HostState, 'red' | 'yellow' | 'green' | 'dim'>> = {
  silent: 'red',
  unreachable: 'red',
  error: 'red',
  drifted: 'yellow',
  unknown: 'yellow',
  manual: 'yellow',
  deferred: 'dim',
  'in-sync': 'green',
};

/** The fleet for a terminal: how many stand how, where it drifted and by whose hand, versions, and the machines that need somebody. */
export function fleetText(fleet: Fleet, summary: FleetSummary, paint: Paint, detail: Detail): string {
  const { hosts, states } = summary;
  const last = `${hosts === 1 ? '1 machine' : `${hosts} machines`}: ${
    STATES.toReversed()
      .filter((one) => states[one] > 0)
      .map((one) => paint(STYLE[one], `${states[one]} ${STATE_WORDS[one]}`))
      .join(', ') || 'none'
  }.\n`;
  const broken = findingsText(fleet.findings.slice(0, detail === 'verbose' ? undefined : 10), paint);
  const more = detail !== 'verbose' && fleet.findings.length > 10 ? `and ${fleet.findings.length - 10} more: --verbose\n` : '';
  if (detail === 'quiet') return last;
  const parts = [hostsPart(fleet, paint, detail), driftPart(summary, paint), versionsPart(summary, paint), broken + more, last];
  return parts.filter((one) => one !== '').join('\n');
}

function hostsPart(fleet: Fleet, paint: Paint, detail: Detail): string {
  const wanted = fleet.hosts.filter((one) => detail === 'verbose' || (one.state !== 'in-sync' && one.state !== 'deferred'));
  const rank = (one: HostRow) => STATES.indexOf(one.state);
  const shown = wanted.toSorted((a, b) => rank(a) - rank(b)).slice(0, detail === 'verbose' ? undefined : MOST_HOSTS);
  if (shown.length === 0) return '';
  const width = Math.min(40, Math.max(...shown.map((one) => one.host.length)));
  const lines = shown.map((one) => {
    const state = paint(STYLE[one.state], STATE_WORDS[one.state].padEnd(14));
    const heard = one.heard === null ? 'never' : ago(Date.parse(fleet.at) - Date.parse(one.heard));
    return `${printable(one.host).padEnd(width)}  ${state}  ${heard.padStart(6)}  ${oneLine(one.why)}`.trimEnd();
  });
  const left = wanted.length - shown.length;
  return `${lines.join('\n')}\n${left === 0 ? '' : `and ${left} more: --verbose, --json or --html FILE\n`}`;
}

function driftPart({ drift }: FleetSummary, paint: Paint): string {
  if (drift.length === 0) return '';
  const most = drift[0]?.hosts ?? 1;
  const width = Math.max(...drift.map((one) => one.resource.length));
  const lines = drift.map(({ resource, hosts, writers }) => {
    const bar = '█'.repeat(Math.max(1, Math.round((hosts / most) * BAR))).padEnd(BAR);
    const by = writers.map(({ writer, hosts: n }) => `${printable(writer)} ${n}`).join(', ');
    return `${printable(resource).padEnd(width)}  ${String(hosts).padStart(6)}  ${paint('yellow', bar)}  by ${by}`;
  });
  return `${paint('bold', 'Drifted')}\n${lines.join('\n')}\n`;
}

function versionsPart({ versions }: FleetSummary, paint: Paint): string {
  const lines = PROGRAMS.filter((one) => versions[one].some(({ version }) => version !== null)).map((one) => {
    const shown = versions[one]
      .slice(0, MOST_VERSIONS)
      .map(({ version, hosts }) => `${printable(version ?? 'not known')} (${hosts})`);
    const left = versions[one].length - shown.length;
    return `${PROGRAM_WORDS[one].padEnd(10)}  ${shown.join(', ')}${left === 0 ? '' : `, and ${left} others`}`;
  });
  return lines.length === 0 ? '' : `${paint('bold', 'Versions')}\n${lines.join('\n')}\n`;
}

function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim();
}
