import { type HostReport, PROGRAM_WORDS, PROGRAMS, STATE_WORDS } from '../host-report.ts';
import { element } from './elements.ts';

/** Everything that is known of one machine. */
export function detail(host: HostReport): HTMLElement[] {
  const facts: [string, string | null][] = [
    ['why', host.why],
    ['stood then', host.before === null ? null : STATE_WORDS[host.before]],
    ['heard from', host.heard === null ? 'never' : host.heard.replace('T', ' ').slice(0, 19).concat(' UTC')],
    ['report of', host.command === null ? null : `codex-link ${host.command}`],
    ['system', host.os],
    ['user', host.user],
    ...PROGRAMS.map((one): [string, string | null] => [PROGRAM_WORDS[one], host.versions[one]]),
    ['file', host.file === null ? null : host.line === null ? host.file : `${host.file}:${host.line}`],
  ];
  const list = element('dl', 'facts');
  for (const [name, value] of facts) if (value) list.append(element('dt', '', name), element('dd', '', value));
  const parts: HTMLElement[] = [list];
  if (host.resources.length > 0) parts.push(element('h3', '', 'Not as it should be'), ...host.resources.map(resource));
  if (host.findings.length > 0) {
    parts.push(element('h3', '', 'Findings'));
    for (const one of host.findings) {
      const next = one.fix === '' ? [] : [element('p', 'next', 'next: ', element('code', '', one.fix))];
      parts.push(
        element(
          'section',
          `finding ${one.severity === 'error' ? 'bad' : ''}`,
          element('p', '', element('b', '', one.code), ` ${one.message}`),
          ...next,
        ),
      );
    }
  }
  return parts;
}

function resource(one: HostReport['resources'][number]): HTMLElement {
  const by = [
    one.cause,
    one.writer === null ? null : `by ${one.writer}`,
    one.since === null ? null : `since ${one.since.slice(0, 16).replace('T', ' ')}`,
  ];
  const tags = [one.status, ...by].filter((each) => each !== null).join(' · ');
  const made = element(
    'section',
    'resource',
    element('p', '', element('b', '', one.address), ' ', element('span', 'tags', tags)),
    element('p', '', one.reason),
  );
  if (one.changes.length > 0) {
    const body = element('tbody', '');
    for (const { path, before, after } of one.changes)
      body.append(element('tr', '', element('th', '', path), element('td', 'before', before), element('td', 'after', after)));
    made.append(
      element(
        'table',
        'changes',
        element('thead', '', element('tr', '', element('th', '', 'value'), element('th', '', 'is'), element('th', '', 'wanted'))),
        body,
      ),
    );
  }
  if (one.command !== null) made.append(element('p', 'next', 'next: ', element('code', '', one.command)));
  return made;
}
