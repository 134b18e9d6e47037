import { describe, expect, test } from 'vitest';
import { CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import { type Fleet, gather } from '../../../src/fleet/fleet.ts';
import { fleetJson } from '../../../src/fleet/fleet-json.ts';
import { fleetPage } from '../../../src/fleet/fleet-page.ts';
import { fleetText } from '../../../src/fleet/fleet-text.ts';
import type { HostReport } from '../../../src/fleet/host-report.ts';
import { hostJson } from '../../../src/fleet/host-row.ts';
import { namesIn } from '../../../src/fleet/inventory.ts';
import { exitCode, summarize } from '../../../src/fleet/summary.ts';
import { understand } from '../../../src/fleet/understand.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { plain } from '../../../src/report/terminal.ts';
import { problems } from '../support/schemas.ts';
import { apply, drift, failure, HOUR, hoursAgo, NOW, plan, resource } from './documents.ts';

const update = resource('provider', 'update', { writer: 'ccsxp', cause: 'drift', drifted: true });

/** A machine with these files in /reports; objects are written as JSON. */
function machine(files: Readonly<Record<string, unknown>>): MemoryMachine {
  const made = new MemoryMachine();
  made.clock = NOW;
  made.placeFolder('/reports');
  for (const [name, content] of Object.entries(files))
    made.place(`/reports/${name}`, typeof content === 'string' ? content : JSON.stringify(content));
  return made;
}

function gathered(
  files: Readonly<Record<string, unknown>>,
  expected: readonly string[] = [],
  maxAgeMs = 48 * HOUR,
): Promise<Fleet> {
  return gather(machine(files), { paths: ['/reports'], expected, maxAgeMs, whole: true });
}

function states({ hosts }: Fleet): Record<string, string> {
  return Object.fromEntries(hosts.map((one) => [one.host, one.state]));
}

function codes({ findings }: Fleet): string[] {
  return findings.map((one) => `${one.code} ${one.file?.replace('/reports/', '')}${one.line === null ? '' : `:${one.line}`}`);
}

test('one file for each machine, in folders below too', async () => {
  const fleet = await gathered({
    'h1.json': plan([]),
    'h2.json': plan([update]),
    'lab/h3.json': failure(),
    'notes.txt': 'x',
    '.h4.json': '{',
  });
  expect(states(fleet)).toEqual({ h1: 'in-sync', h2: 'drifted', 'lab/h3': 'error' });
  expect(fleet.findings).toEqual([]);
});

test('lines, under any name, and a list', async () => {
  const lines = [
    { host: 'a', report: plan([]) },
    { host: 'b', report: plan([update]) },
  ]
    .map((one) => JSON.stringify(one))
    .join('\n');
  const files = {
    'x.jsonl': `${lines}\n`,
    'y.json': `${lines.replaceAll('"a"', '"c"').replaceAll('"b"', '"d"')}\n`,
    'z.json': [{ host: 'e', report: plan([]) }],
  };
  expect(states(await gathered(files))).toEqual({ a: 'in-sync', b: 'drifted', c: 'in-sync', d: 'drifted', e: 'in-sync' });
});

test('lines longer than a chunk, with letters across its edge', async () => {
  const rest = { reason: 'ä'.repeat(700_000) };
  const line = (host: string) => JSON.stringify({ host, report: plan([resource('provider', 'update', rest)]) });
  const fleet = await gathered({ 'x.jsonl': `${line('ö1')}\n\n${line('ö2')}\n{"cut":\n${line('ö3')}` });
  expect(states(fleet)).toEqual({ ö1: 'drifted', ö2: 'drifted', ö3: 'drifted' });
  expect(codes(fleet)).toEqual(['CL9002 x.jsonl:4']);
});

test('a broken or foreign file is a finding, and the others count', async () => {
  const files = {
    'h1.json': plan([]),
    'cut.json': '{"formatVersion": "1.0", "com',
    'empty.json': '',
    'other.json': { a: 1 },
    'lines.ndjson': 'x\n',
    'new.json': { ...plan([]), formatVersion: '3.0' },
  };
  const fleet = await gathered(files);
  expect(states(fleet)).toEqual({ h1: 'in-sync' });
  expect(codes(fleet)).toEqual([
    'CL9002 cut.json',
    'CL9002 empty.json',
    'CL9002 lines.ndjson:1',
    'CL9007 new.json',
    'CL9003 other.json',
  ]);
});

test('a file that cannot be read, and one that is too large', async () => {
  const made = machine({ 'h1.json': plan([]), 'large.json': `"${'x'.repeat(17 * 1024 * 1024)}"` });
  made.place('/reports/mine.json', '{}', 0o000);
  const fleet = await gather(made, { paths: ['/reports'], expected: [], maxAgeMs: HOUR * 9, whole: true });
  expect(codes(fleet)).toEqual(['CL9004 large.json', 'CL9005 mine.json']);
});

test('no report at all is an error, and so is a path that does not exist', async () => {
  await expect(gathered({ 'x.json': '{' })).rejects.toMatchObject({ findings: [{ code: 'CL9001' }, { code: 'CL9002' }] });
  const missing = gather(machine({}), { paths: ['/no'], expected: [], maxAgeMs: HOUR, whole: true });
  await expect(missing).rejects.toThrow(CodexLinkError);
});

describe('of one machine', () => {
  test('the latest report counts, in whatever order they are read', async () => {
    const old = { host: 'h1', report: plan([update], { at: hoursAgo(5) }) };
    const young = { host: 'h1', report: apply('converged', [{ ...update, result: 'done' }], { at: hoursAgo(2) }) };
    expect(states(await gathered({ 'a.json': old, 'b.json': young }))).toEqual({ h1: 'in-sync' });
    expect(states(await gathered({ 'a.json': young, 'b.json': old }))).toEqual({ h1: 'in-sync' });
  });

  test('that could not be reached afterwards, the last report is still shown', async () => {
    const files = {
      'a.json': { host: 'h1', report: plan([update], { at: hoursAgo(5) }) },
      'b.json': { host: 'h1', at: hoursAgo(1), unreachable: 'timed out' },
    };
    const [host] = (await gathered(files)).hosts;
    expect(host && JSON.parse(hostJson(host))).toMatchObject({
      state: 'unreachable',
      why: 'timed out',
      before: 'drifted',
      heard: hoursAgo(5),
      resources: [{ address: 'provider' }],
    });
  });

  test('that could be reached again, the failed try is forgotten', async () => {
    const files = {
      'a.json': { host: 'h1', report: plan([], { at: hoursAgo(1) }) },
      'b.json': { host: 'h1', at: hoursAgo(5), unreachable: 'timed out' },
    };
    expect(states(await gathered(files))).toEqual({ h1: 'in-sync' });
  });
});

describe('silent is', () => {
  test('a machine with an old report, to the hour', async () => {
    const files = { 'h1.json': plan([], { at: hoursAgo(48) }), 'h2.json': plan([update], { at: hoursAgo(49) }) };
    const fleet = await gathered(files);
    expect(states(fleet)).toEqual({ h1: 'in-sync', h2: 'silent' });
    expect(fleet.hosts[1]).toMatchObject({ before: 'drifted', why: 'last heard from 2026-11-19 11:00 UTC' });
  });
  test('one that is expected and has none', async () => {
    expect(states(await gathered({ 'h1.json': plan([]) }, ['h1', 'h2']))).toEqual({ h1: 'in-sync', h2: 'silent' });
    expect(states(await gathered({}, ['h2']))).toEqual({ h2: 'silent' });
  });
  test('one that nobody has tried to reach for long', async () => {
    const fleet = await gathered({ 'h1.json': { host: 'h1', at: hoursAgo(60), unreachable: 'timed out' } });
    expect(fleet.hosts).toMatchObject([
      { state: 'silent', heard: null, why: 'there is no report of it, last tried 2026-11-19 00:00 UTC' },
    ]);
  });
});

const TEAM = {
  'h1.json': drift('in-sync', [], { versions: { codex: '0.169.0', ccs: null, gateway: '7.2.140' } }),
  'h2.json': drift('drift', [
    update,
    resource('accounts/a', 'update', { drifted: true }),
    resource('accounts/b', 'update', { drifted: true, writer: 'codex' }),
  ]),
  'h3.json': drift('drift', [{ ...update, writer: 'codex' }]),
  'h4.json': plan([resource('secret', 'deferred')]),
  'h5.json': { host: 'h5', at: hoursAgo(1), unreachable: 'timed out' },
  'h6.json': drift('drift', [update], { started: hoursAgo(99) }),
};

describe('the counts', () => {
  test('of resources and writers, each machine once', async () => {
    const { drift: kinds, states: counts, versions } = summarize(await gathered(TEAM));
    expect(kinds).toEqual([
      {
        resource: 'provider',
        hosts: 2,
        writers: [
          { writer: 'ccsxp', hosts: 1 },
          { writer: 'codex', hosts: 1 },
        ],
      },
      {
        resource: 'accounts',
        hosts: 1,
        writers: [
          { writer: 'codex', hosts: 1 },
          { writer: 'unknown', hosts: 1 },
        ],
      },
    ]);
    expect(counts).toMatchObject({ 'in-sync': 1, drifted: 2, deferred: 1, unreachable: 1, silent: 1 });
    expect(versions.codex).toEqual([
      { version: null, hosts: 5 },
      { version: '0.169.0', hosts: 1 },
    ]);
  });

  test.each([
    [{ a: plan([]) }, 0],
    [{ a: plan([resource('secret', 'deferred')]) }, 0],
    [{ a: plan([update]), b: failure() }, 2],
    [{ a: plan([resource('accounts/a', 'manual')]) }, 2],
    [{ a: plan([]), b: failure() }, 1],
    [{ a: plan([]), b: plan([], { at: hoursAgo(99) }) }, 1],
    [{ a: plan([]), b: { host: 'b', unreachable: true } }, 1],
    [{ a: plan([resource('routing', 'unknown')]) }, 1],
  ])('lead to the exit code %#', async (files, code) => {
    const named = Object.fromEntries(Object.entries(files).map(([name, one]) => [`${name}.json`, one]));
    expect(exitCode(summarize(await gathered(named)))).toBe(code);
  });
});

test('the document is as published, and every machine counts once', async () => {
  const fleet = await gathered({ ...TEAM, 'bad.json': '{' }, ['h9']);
  const document = JSON.parse([...fleetJson(fleet, summarize(fleet))].join(''));
  expect(problems('fleet', document, true)).toEqual([]);
  const { hosts, ...counts } = document.summary;
  expect(Object.values<number>(counts).reduce((sum, one) => sum + one, 0)).toBe(hosts);
  expect(hosts).toBe(7);
});

describe('in pieces', () => {
  /** What a document says when it is read by itself. */
  function alone(name: string, document: unknown): HostReport {
    const understood = understand({ document, file: `/reports/${name}.json`, line: null, name, modified: NOW }, NOW);
    if ('trouble' in understood) throw new Error(understood.trouble.message);
    return understood.report;
  }
  const names = Array.from({ length: 700 }, (_, at) => `m${String(at).padStart(3, '0')}`);
  const made = (name: string, at: number) =>
    at % 7 === 0 ? failure() : plan(at % 3 === 0 ? [update] : [], { user: `${name} <ünï \ud83d\ude00>`, findings: [] });
  const files = Object.fromEntries(names.map((name, at) => [`${name}.json`, made(name, at)]));

  test('the document is byte for byte what JSON makes of the whole', async () => {
    const fleet = await gathered({ ...files, 'bad.json': '{' });
    const pieces = [...fleetJson(fleet, summarize(fleet))];
    expect(pieces.length).toBeGreaterThan(4);
    const text = pieces.join('');
    const document = JSON.parse(text);
    expect(text).toBe(`${JSON.stringify(document)}\n`);
    expect(Object.keys(document).slice(-3)).toEqual(['versions', 'hosts', 'findings']);
    expect(JSON.stringify(document.hosts)).toBe(JSON.stringify(names.map((name, at) => alone(name, made(name, at)))));
  });

  test('the page holds the same', async () => {
    const fleet = await gathered(files);
    const [, json = ''] = /id="data">(.*)<\/script>\n<script>/.exec([...fleetPage(fleet, summarize(fleet))].join('')) ?? [];
    const { at, hosts, findings } = JSON.parse([...fleetJson(fleet, summarize(fleet))].join(''));
    expect(json).toBe(JSON.stringify({ at, summary: summarize(fleet), hosts, findings }).replaceAll('<', '\\u003c'));
  });

  test('without the whole, the text and the counts are the same', async () => {
    const asked = { paths: ['/reports'], expected: ['h9'], maxAgeMs: 48 * HOUR };
    const [whole, rows] = await Promise.all([true, false].map((one) => gather(machine(TEAM), { ...asked, whole: one })));
    if (whole === undefined || rows === undefined) throw new Error('no fleet');
    expect(rows.hosts.every((one) => one.rest === '')).toBe(true);
    expect(summarize(rows)).toEqual(summarize(whole));
    expect(fleetText(rows, summarize(rows), plain, 'verbose')).toBe(fleetText(whole, summarize(whole), plain, 'verbose'));
  });
});

describe('the text', () => {
  test('says the worst first, who drifted, versions, and the sum', async () => {
    const fleet = await gathered({ ...TEAM, 'bad.json': '{' });
    const text = fleetText(fleet, summarize(fleet), plain, 'normal');
    expect(text).toMatch(/^h6 {2}not heard from/);
    expect(text).toContain('provider       2  ████████████████████████  by ccsxp 1, codex 1');
    expect(text).toContain('gateway     not known (5), 7.2.140 (1)');
    expect(text).toContain('CL9002');
    expect(text).not.toContain('h1 ');
    expect(text).toMatch(/\n6 machines: 1 in sync, 1 deferred, 2 drifted, 1 unreachable, 1 not heard from\.\n$/);
    expect(fleetText(fleet, summarize(fleet), plain, 'quiet')).toMatch(/^6 machines: [^\n]*\n$/);
    expect(fleetText(fleet, summarize(fleet), plain, 'verbose')).toContain('h1  in sync');
  });

  test('lets no control character of a machine through', async () => {
    const fleet = await gathered({
      'x.json': { host: 'h\u001b[2J\u0007', report: plan([resource('provider', 'update', { reason: 'a\nb\u001b]0;x\u0007' })]) },
    });
    expect(fleetText(fleet, summarize(fleet), plain, 'normal')).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });
});

describe('the page', () => {
  test('holds nothing that a machine wrote as HTML, and asks for nothing', async () => {
    const evil = '</script><script>alert(1)</script><img src=http://x.test/ onerror=alert(2)><!--';
    const fleet = await gathered({
      'x.json': {
        host: evil,
        report: plan([resource(evil, 'update', { reason: evil, writer: evil })], { codexLinkVersion: evil.slice(0, 50) }),
      },
    });
    const page = [...fleetPage(fleet, summarize(fleet))].join('');
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<!--');
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).toContain("default-src 'none'");
    const [, json = ''] = /id="data">(.*)<\/script>\n<script>/.exec(page) ?? [];
    expect(JSON.parse(json)).toMatchObject({ hosts: [{ host: evil }] });
  });
});

test.each([
  ['h1\n# nobody\nh2 # the second\n\n', ['h1', 'h2']],
  ['[macs]\nh1 ansible_host=10.0.0.1\nh2\n[macs:vars]\nansible_user=x\n[all:children]\nmacs\n[more]\nh1\n', ['h1', 'h2']],
  ['  hosts (2):\n    h1\n    h2\r\n', ['h1', 'h2']],
  ['# nothing\n', []],
])('a list of machines %#', (text, names) => expect(namesIn(text)).toEqual(names));
