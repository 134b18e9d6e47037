import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import type { HostReport } from './host-report.ts';
import { documents } from './sources.ts';
import { understand } from './understand.ts';

/** Which reports are wanted. */
export interface Request {
  /** Absolute paths of files and folders. */
  readonly paths: readonly string[];
  /** Machines that must have a report. */
  readonly expected: readonly string[];
  /** A machine that was not heard from for longer is silent, in ms. */
  readonly maxAgeMs: number;
}

/** All machines, each once, by name. */
export interface Fleet {
  /** ISO time when it was put together. */
  readonly at: string;
  readonly maxAgeMs: number;
  readonly hosts: readonly HostReport[];
  /** What is wrong with the files. */
  readonly findings: readonly Finding[];
}

/** What is kept of a machine while its files are read: the latest of each. */
interface Latest {
  report: HostReport | null;
  unreachable: HostReport | null;
}

/** Reads all reports; the latest of each machine counts. Throws when there is none at all, and nothing was expected. */
export async function gather(machine: Machine, { paths, expected, maxAgeMs }: Request): Promise<Fleet> {
  const now = machine.now();
  const latest = new Map<string, Latest>();
  const findings: Finding[] = [];
  try {
    for await (const one of documents(machine, paths)) {
      const understood = 'trouble' in one ? one : understand(one, now);
      if ('trouble' in understood) findings.push(understood.trouble);
      else {
        findings.push(...understood.findings);
        keep(latest, understood.report);
      }
    }
  } catch (error) {
    if (!(error instanceof MachineError) || error.code !== 'ENOENT') throw error;
    throw new CodexLinkError(finding('CL9001', error.message, { file: error.path }));
  }
  if (latest.size === 0 && expected.length === 0)
    throw new CodexLinkError([finding('CL9001', `no report of codex-link in ${paths.join(', ')}`), ...findings]);
  for (const name of expected) if (!latest.has(name)) latest.set(name, { report: null, unreachable: null });
  const hosts = [...latest].map(([name, { report, unreachable }]) => standing(name, report, unreachable, now - maxAgeMs));
  hosts.sort((a, b) => (a.host < b.host ? -1 : 1));
  return { at: new Date(now).toISOString(), maxAgeMs, hosts, findings };
}

function keep(latest: Map<string, Latest>, report: HostReport): void {
  const entry = latest.get(report.host) ?? { report: null, unreachable: null };
  const slot = report.state === 'unreachable' ? 'unreachable' : 'report';
  const before = entry[slot];
  if (before === null || (before.heard ?? '') <= (report.heard ?? '')) entry[slot] = report;
  latest.set(report.host, entry);
}

/** How a machine stands now, from the last that it said itself and the last time that nobody got to it. */
function standing(host: string, report: HostReport | null, unreachable: HostReport | null, oldest: number): HostReport {
  const wasTried = unreachable?.heard != null && (report?.heard == null || unreachable.heard >= report.heard);
  const isOld = (heard: string | null | undefined) => heard == null || Date.parse(heard) < oldest;
  if (unreachable !== null && wasTried && !isOld(unreachable.heard)) {
    // What it said itself is still worth seeing, and when that was.
    return report === null
      ? { ...unreachable, heard: null }
      : { ...report, state: 'unreachable', why: unreachable.why, before: report.state };
  }
  if (report === null) {
    const why =
      unreachable?.heard == null
        ? 'there is no report of it'
        : `there is no report of it, last tried ${minute(unreachable.heard)}`;
    return { ...NEVER, host, why };
  }
  if (!isOld(report.heard)) return report;
  return {
    ...report,
    state: 'silent',
    why: `last heard from ${minute(report.heard)}`,
    before: report.state,
  };
}

function minute(at: string | null): string {
  return `${at?.slice(0, 16).replace('T', ' ')} UTC`;
}

const NEVER: HostReport = {
  host: '',
  state: 'silent',
  why: '',
  heard: null,
  before: null,
  command: null,
  os: null,
  user: null,
  versions: { codexLink: null, codex: null, ccs: null, gateway: null },
  resources: [],
  findings: [],
  file: null,
  line: null,
};
