import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError } from '../machine/machine.ts';
import type { HostReport } from './host-report.ts';
import { type HostRow, rowMaker } from './host-row.ts';
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
  /** Whether all that is known of a machine is wanted, and not only how it stands. */
  readonly whole: boolean;
}

/** All machines, each once, by name. */
export interface Fleet {
  /** ISO time when it was put together. */
  readonly at: string;
  readonly maxAgeMs: number;
  readonly hosts: readonly HostRow[];
  /** What is wrong with the files. */
  readonly findings: readonly Finding[];
}

/** The latest that each machine has said itself, and the latest time that nobody got to it; by its name. */
interface Latest {
  readonly said: Map<string, HostRow>;
  readonly tried: Map<string, HostRow>;
}

/** Reads all reports; the latest of each machine counts. Throws when there is none at all, and nothing was expected. */
export async function gather(machine: Machine, { paths, expected, maxAgeMs, whole }: Request): Promise<Fleet> {
  const now = machine.now();
  const latest: Latest = { said: new Map(), tried: new Map() };
  const rowOf = rowMaker(whole);
  const findings: Finding[] = [];
  try {
    for await (const one of documents(machine, paths)) {
      const understood = 'trouble' in one ? one : understand(one, now);
      if ('trouble' in understood) findings.push(understood.trouble);
      else {
        findings.push(...understood.findings);
        keep(latest, rowOf(understood.report));
      }
    }
  } catch (error) {
    if (!(error instanceof MachineError) || error.code !== 'ENOENT') throw error;
    throw new CodexLinkError(finding('CL9001', error.message, { file: error.path }));
  }
  const { said, tried } = latest;
  const names = [...new Set([...said.keys(), ...tried.keys(), ...expected])].sort();
  if (names.length === 0)
    throw new CodexLinkError([finding('CL9001', `no report of codex-link in ${paths.join(', ')}`), ...findings]);
  const never = rowOf(NEVER);
  const hosts = names.map((host) =>
    standing({ ...never, host }, said.get(host) ?? null, tried.get(host) ?? null, now - maxAgeMs),
  );
  return { at: new Date(now).toISOString(), maxAgeMs, hosts, findings };
}

function keep({ said, tried }: Latest, row: HostRow): void {
  const rows = row.state === 'unreachable' ? tried : said;
  const before = rows.get(row.host);
  if (before === undefined || (before.heard ?? '') <= (row.heard ?? '')) rows.set(row.host, row);
}

/** How a machine stands now, from the last that it said itself and the last time that nobody got to it. */
function standing(never: HostRow, report: HostRow | null, unreachable: HostRow | null, oldest: number): HostRow {
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
    return { ...never, why };
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
