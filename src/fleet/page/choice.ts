import { type HostReport, PROGRAMS, type Program, STATES } from '../host-report.ts';

/** What the reader of the page has chosen to see. */
export interface Choice {
  /** Words that all have to be found in a machine's row; empty for all. */
  readonly words: string;
  readonly state: string | null;
  /** Kind of a resource that has drifted. */
  readonly resource: string | null;
  readonly version: { readonly program: Program; readonly version: string | null } | null;
  readonly sort: Column;
  readonly descending: boolean;
}

export const COLUMNS = ['host', 'state', 'heard', 'codexLink', 'why'] as const;
export type Column = (typeof COLUMNS)[number];

/** What a machine's row can be searched for. */
export function searchable(host: HostReport): string {
  const parts = [
    host.host,
    host.state,
    host.why,
    host.os ?? '',
    host.user ?? '',
    ...PROGRAMS.map((one) => host.versions[one] ?? ''),
    ...host.resources.flatMap((one) => [one.address, one.writer ?? '', one.reason]),
    ...host.findings.map((one) => one.code),
  ];
  return parts.join('\n').toLowerCase();
}

/** The machines of the choice, in its order. Machines that are equal in the column stay in the order of their names. */
export function chosen(hosts: readonly HostReport[], texts: readonly string[], choice: Choice): HostReport[] {
  const words = choice.words.toLowerCase().split(/\s+/).filter(Boolean);
  const { state, resource, version } = choice;
  const kept = hosts.filter(
    (host, at) =>
      (state === null || host.state === state) &&
      (resource === null || (host.state === 'drifted' && host.resources.some((one) => one.drifted && one.kind === resource))) &&
      (version === null || host.versions[version.program] === version.version) &&
      words.every((word) => texts[at]?.includes(word)),
  );
  const key = (host: HostReport): string | number => {
    switch (choice.sort) {
      case 'host':
        return host.host;
      case 'state':
        return STATES.indexOf(host.state);
      case 'heard':
        return host.heard ?? '';
      case 'codexLink':
        return host.versions.codexLink ?? '';
      case 'why':
        return host.why;
    }
  };
  const sign = choice.descending ? -1 : 1;
  const compare = (a: string | number, b: string | number) => (a === b ? 0 : a < b ? -1 : 1);
  return kept.sort((a, b) => sign * compare(key(a), key(b)) || compare(a.host, b.host));
}
