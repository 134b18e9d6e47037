import { describe, expect, test } from 'vitest';
import type { HostReport } from '../../../src/fleet/host-report.ts';
import { type Choice, chosen, searchable } from '../../../src/fleet/page/choice.ts';
import { understand } from '../../../src/fleet/understand.ts';
import { hoursAgo, NOW, plan, resource } from './documents.ts';

const ALL: Choice = { words: '', state: null, resource: null, version: null, sort: 'host', descending: false };

function host(name: string, made: unknown): HostReport {
  const understood = understand({ document: made, file: `/${name}.json`, line: null, name, modified: NOW }, NOW);
  if ('trouble' in understood) throw new Error(understood.trouble.message);
  return understood.report;
}

const hosts = [
  host('b', plan([resource('provider', 'update', { writer: 'ccsxp' })], { at: hoursAgo(3) })),
  host('a', plan([], { at: hoursAgo(9), codexLinkVersion: '0.0.9' })),
  host('c', plan([resource('helper', 'update')], { at: hoursAgo(1), versions: { codex: '0.169.0' } })),
];

function names(choice: Partial<Choice>): string {
  return chosen(hosts, hosts.map(searchable), { ...ALL, ...choice })
    .map((one) => one.host)
    .join('');
}

describe('the list of the page', () => {
  test.each([
    [{}, 'abc'],
    [{ descending: true }, 'cba'],
    [{ sort: 'heard' }, 'abc'],
    [{ sort: 'heard', descending: true }, 'cba'],
    [{ sort: 'state' }, 'bca'],
    [{ sort: 'codexLink' }, 'abc'],
    [{ state: 'drifted' }, 'bc'],
    [{ resource: 'helper' }, 'c'],
    [{ version: { program: 'codex', version: '0.169.0' } }, 'c'],
    [{ version: { program: 'codex', version: null } }, 'ab'],
    [{ words: 'CCSXP' }, 'b'],
    [{ words: 'drifted provider' }, 'b'],
    [{ words: 'provider helper' }, ''],
    [{ words: '0.0.9' }, 'a'],
    [{ state: 'drifted', words: 'helper' }, 'c'],
  ] as [Partial<Choice>, string][])('%j', (choice, expected) => expect(names(choice)).toBe(expected));
});
