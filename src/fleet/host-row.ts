import type { HostReport } from './host-report.ts';

/** What is kept of a report while many are read: what everything is counted and sorted by, and the rest only as the text that it ends as. */
export interface HostRow extends Pick<HostReport, 'host' | 'state' | 'why' | 'heard' | 'before' | 'versions'> {
  /** By whose hand it has drifted in which kind of resource, each once. */
  readonly drift: readonly { readonly kind: string; readonly writers: readonly string[] }[];
  /** The end of its JSON, from `command` on; empty where nobody wants it. */
  readonly rest: string;
}

/**
 * Makes rows of reports. What many machines have in common, like their versions, is held once.
 * @param whole whether the rows are to become JSON; without it they are a fraction of the size
 */
export function rowMaker(whole: boolean): (report: HostReport) => HostRow {
  const held = new Map<string, unknown>();
  const shared = <Value>(value: Value): Value => {
    const key = JSON.stringify(value);
    if (!held.has(key)) held.set(key, value);
    return held.get(key) as Value;
  };
  return ({ host, state, why, heard, before, ...rest }) => ({
    host,
    state,
    why,
    heard,
    before,
    versions: shared(rest.versions),
    drift: shared(driftOf(rest)),
    rest: whole ? JSON.stringify(rest).slice(1) : '',
  });
}

function driftOf({ resources }: Pick<HostReport, 'resources'>): HostRow['drift'] {
  const writers = Map.groupBy(
    resources.filter((one) => one.drifted),
    (one) => one.kind,
  );
  return [...writers].map(([kind, those]) => ({ kind, writers: [...new Set(those.map((one) => one.writer ?? 'unknown'))] }));
}

/** The JSON of the `HostReport` that the row was made of, as it stands now. */
export function hostJson({ host, state, why, heard, before, rest }: HostRow): string {
  return `${JSON.stringify({ host, state, why, heard, before }).slice(0, -1)},${rest}`;
}

/** How much text is passed on at once, in characters: one call for each machine would take longer than the machine. */
const PIECE = 64 * 1024;

/** A list of them as JSON, in pieces, so that the whole never is one text. */
export function* hostsJson(rows: readonly HostRow[]): Generator<string> {
  let piece = '[';
  for (const [index, row] of rows.entries()) {
    piece += `${index === 0 ? '' : ','}${hostJson(row)}`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}]`;
}
