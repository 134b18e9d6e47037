import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { type Foreign, isRecord, moment, records, shown, text } from './foreign.ts';
import { type HostReport, type HostResource, type HostState, PROGRAMS, type Program } from './host-report.ts';

/** More would help nobody, and a report that was made up must not fill the memory. */
const MOST = { resources: 500, changes: 20, findings: 50 };

/** A clock may be this much ahead before it is worth a word. */
const CLOCK_SLACK_MS = 120_000;

/** Documents of an apply: how the plan ended, besides the plan. */
const APPLYING = ['apply', 'rotate'];
/** After these nobody has compared the machine with what is stated. */
const MOVING = ['use', 'rollback', 'destroy'];
const LOOKING = ['plan', 'drift'];

/** A document and where it was found. */
export interface Found {
  readonly document: unknown;
  readonly file: string;
  /** Where a file holds several; null where it is the whole file. */
  readonly line: number | null;
  /** Name of the machine when the document does not say it. */
  readonly name: string;
  /** When the file was last written, in ms since the epoch. */
  readonly modified: number;
}

export type Understood = { readonly report: HostReport; readonly findings: readonly Finding[] } | { readonly trouble: Finding };

/**
 * What a document says of its machine. A collector may wrap it, to name the machine as its inventory does, or to say that it could not be
 * reached: `{"host": "h1", "at": "…", "report": {…}}`, `{"host": "h1", "at": "…", "unreachable": "timed out"}`.
 * @param now in ms since the epoch
 */
export function understand(found: Found, now: number): Understood {
  const { document, file, line } = found;
  const trouble = (code: 'CL9003' | 'CL9007', why: string) => ({ trouble: finding(code, `${file} ${why}`, { file, line }) });
  if (!isRecord(document)) return trouble('CL9003', 'holds no object');
  const unreachable = text(document, 'unreachable') ?? (document.unreachable === true ? 'could not be reached' : null);
  if (unreachable !== null) {
    const { heard, findings } = when([document], found, now);
    return { report: report(found, document, {}, { state: 'unreachable', why: unreachable, heard }), findings };
  }
  const inner = isRecord(document.report) ? document.report : document;
  const format = text(inner, 'formatVersion', 20);
  const command = text(inner, 'command', 40);
  if (format === null || command === null || text(inner, 'codexLinkVersion', 80) === null)
    return trouble('CL9003', 'is no document of codex-link');
  if (!/^1\.\d+$/.test(format)) return trouble('CL9007', `has format ${format}`);
  const state = stateOf(inner, command);
  if (state === null) return trouble('CL9003', `comes from codex-link ${command}, which does not tell how a machine stands`);
  const { heard, findings } = when([inner, document], found, now);
  return { report: report(found, document, inner, { ...state, heard }), findings };
}

interface Stand {
  readonly state: HostState;
  readonly why: string;
}

function report(found: Found, outer: Foreign, inner: Foreign, stand: Stand & { readonly heard: string }): HostReport {
  return {
    host: text(outer, 'host', 255) ?? text(inner, 'host', 255) ?? found.name,
    ...stand,
    before: null,
    command: text(inner, 'command', 40),
    os: text(inner, 'os', 20),
    user: text(inner, 'user', 100),
    versions: versions(inner),
    resources: records(inner, 'resources', MOST.resources).flatMap((one) => resource(one, inner) ?? []),
    findings: records(inner, 'findings', MOST.findings).map((one) => ({
      code: text(one, 'code', 20) ?? '',
      severity: text(one, 'severity', 20) ?? 'warning',
      message: text(one, 'message') ?? '',
      fix: text(one, 'fix') ?? '',
    })),
    file: found.file,
    line: found.line,
  };
}

/** When the machine was heard from: as its document says, but never later than its file, nor than now. */
function when(documents: readonly Foreign[], { modified, file, line }: Found, now: number) {
  const said = documents.flatMap((one) => moment(one, 'at') ?? moment(one, 'started') ?? [])[0] ?? modified;
  const latest = Math.min(modified, now);
  const ahead = said > latest + CLOCK_SLACK_MS;
  const heard = new Date(Math.min(said, latest)).toISOString();
  const minutes = Math.round((said - latest) / 60_000);
  return {
    heard,
    findings: ahead ? [finding('CL9006', `${file} says a time that is ${minutes} minutes ahead`, { file, line })] : [],
  };
}

function stateOf(document: Foreign, command: string): Stand | null {
  if (![...APPLYING, ...MOVING, ...LOOKING].includes(command)) {
    // An error may come from a run that did not get as far as its command.
    return command === 'codex-link' && isRecord(document.error) ? failed(document.error) : null;
  }
  if (isRecord(document.error)) return failed(document.error);
  const outcome = text(document, 'outcome', 40);
  if (outcome === null || !Array.isArray(document.resources)) return null;
  if (['error', 'failed', 'interrupted'].includes(outcome)) return { state: 'error', why: `the ${command} ${outcome}` };
  if (MOVING.includes(command)) return { state: 'unknown', why: `nobody has looked since codex-link ${command}` };
  return worst(
    records(document, 'resources', MOST.resources).flatMap((one) => resource(one, document) ?? []),
    outcome,
  );
}

function failed(error: Foreign): Stand {
  return { state: 'error', why: [text(error, 'code', 20), text(error, 'message')].filter((one) => one !== null).join(': ') };
}

/** The state of a machine from those of its resources. */
function worst(resources: readonly HostResource[], outcome: string): Stand {
  const of = (state: HostState, is: (one: HostResource) => boolean): Stand | null => {
    const those = resources.filter(is);
    const [first] = those;
    if (first === undefined) return null;
    const more = those.length === 1 ? '' : `, and ${those.length - 1} more`;
    return { state, why: `${first.address}: ${first.reason}${more}` };
  };
  return (
    of('drifted', (one) => one.drifted) ??
    (outcome === 'drift' && !resources.some((one) => one.status === 'manual')
      ? { state: 'drifted' as const, why: 'the report does not say where' }
      : null) ??
    of('unknown', (one) => one.status === 'unknown') ??
    (outcome === 'unknown' ? { state: 'unknown' as const, why: 'something could not be asked' } : null) ??
    of('manual', (one) => one.status === 'manual') ??
    of('deferred', (one) => one.status === 'deferred') ?? { state: 'in-sync', why: '' }
  );
}

/** One resource, unless it is as it should be, or was made so. */
function resource(one: Foreign, document: Foreign): HostResource | null {
  const address = text(one, 'address', 300);
  const planned = text(one, 'status', 20);
  if (address === null || planned === null) return null;
  const status = settled(planned, text(one, 'result', 20));
  if (status === null || ['in-sync', 'skipped', 'unmanaged'].includes(status)) return null;
  const said = document.command === 'drift' ? one.drifted : undefined;
  const changing = status === 'create' || status === 'update' || status === 'delete';
  return {
    address,
    kind: text(one, 'kind', 40) ?? address.split('/')[0] ?? address,
    status,
    drifted: typeof said === 'boolean' ? said && status !== 'manual' : changing,
    reason: text(one, 'reason') ?? status,
    cause: text(one, 'cause', 20),
    writer: text(one, 'writer', 40),
    since: text(one, 'since', 40),
    command: text(one, 'command'),
    changes: records(one, 'changes', MOST.changes).map((change) => ({
      path: text(change, 'path', 200) ?? '',
      before: change.sensitive === true ? '(sensitive)' : shown(change.before),
      after: change.sensitive === true ? '(sensitive)' : shown(change.after),
    })),
  };
}

/** What a resource is after an apply; null for as it should be. */
function settled(planned: string, result: string | null): string | null {
  switch (result) {
    case 'done':
    case 'unchanged':
      return null;
    case 'manual':
    case 'deferred':
      return result;
    default:
      return planned;
  }
}

function versions(document: Foreign): Record<Program, string | null> {
  const held = isRecord(document.versions) ? document.versions : {};
  const entries = PROGRAMS.map((one) => [one, text(held, one, 60)]);
  return { ...Object.fromEntries(entries), codexLink: text(document, 'codexLinkVersion', 60) };
}
