import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostReport } from '../../../src/fleet/host-report.ts';
import { understand } from '../../../src/fleet/understand.ts';
import { apply, document, drift, failure, HOUR, hoursAgo, NOW, plan, resource } from './documents.ts';

function of(made: unknown, modified = NOW) {
  return understand({ document: made, file: '/reports/h1.json', line: null, name: 'h1', modified }, NOW);
}

function report(made: unknown): HostReport {
  const understood = of(made);
  if ('trouble' in understood) throw new Error(understood.trouble.message);
  return understood.report;
}

const inSync = resource('helper', 'in-sync');
const update = resource('provider', 'update', { writer: 'ccsxp', cause: 'drift' });
const manual = resource('accounts/a@example.com', 'manual', { drifted: true, command: 'ccs codex --auth' });

describe('the state of a machine', () => {
  const cases: [string, unknown, string][] = [
    ['plan, nothing to do', plan([inSync]), 'in-sync'],
    ['plan, an update', plan([inSync, update]), 'drifted'],
    ['plan, something to be made', plan([resource('secret', 'create')]), 'drifted'],
    ['plan, something to be removed', plan([resource('dotenv', 'delete')]), 'drifted'],
    ['plan, only an action', plan([inSync, resource('app', 'run')]), 'in-sync'],
    ['plan, a person has to go on', plan([manual]), 'manual'],
    ['plan, something else will go on', plan([resource('secret', 'deferred')]), 'deferred'],
    ['plan, not readable', plan([resource('routing', 'unknown')], { outcome: 'unknown' }), 'unknown'],
    ['plan, unmanaged and skipped', plan([resource('ccs', 'unmanaged'), resource('app', 'skipped')]), 'in-sync'],
    ['drift outweighs unknown', plan([resource('routing', 'unknown'), update]), 'drifted'],
    ['unknown outweighs manual', plan([manual, resource('routing', 'unknown')]), 'unknown'],
    ['manual outweighs deferred', plan([resource('secret', 'deferred'), manual]), 'manual'],
    ['drift run in sync', drift('in-sync', [{ ...inSync, drifted: false }]), 'in-sync'],
    ['drift run with drift', drift('drift', [{ ...update, drifted: true }]), 'drifted'],
    ['drift run where all drift is accepted', drift('in-sync', [{ ...update, drifted: false }]), 'in-sync'],
    ['drift run with a manual step', drift('drift', [manual]), 'manual'],
    ['drift run that says no more', drift('drift', []), 'drifted'],
    ['drift run that could not ask', drift('unknown', []), 'unknown'],
    ['drift run that failed', drift('error', []), 'error'],
    ['apply that did it', apply('converged', [{ ...update, result: 'done' }]), 'in-sync'],
    [
      'apply that left steps',
      apply('steps-remain', [
        { ...update, result: 'done' },
        { ...manual, result: 'manual' },
      ]),
      'manual',
    ],
    ['apply that was deferred on the way', apply('steps-remain', [{ ...update, result: 'deferred' }]), 'deferred'],
    ['apply that failed', apply('failed', [{ ...update, result: 'failed' }]), 'error'],
    ['apply that was interrupted', apply('interrupted', [{ ...update, result: 'rolled-back' }]), 'error'],
    ['apply of a part', apply('converged', [{ ...update, result: 'skipped' }]), 'drifted'],
    ['rotate', document('rotate', { outcome: 'converged', resources: [{ ...update, result: 'done' }] }), 'in-sync'],
    ['rollback', document('rollback', { outcome: 'converged', resources: [{ ...update, result: 'done' }] }), 'unknown'],
    ['destroy', document('destroy', { outcome: 'converged', resources: [] }), 'unknown'],
    ['an error in the place of a plan', failure(), 'error'],
    ['an error before the command was known', failure('codex-link'), 'error'],
    ['a collector that did not get there', { host: 'h1', at: hoursAgo(0), unreachable: 'timed out' }, 'unreachable'],
    ['wrapped by a collector', { host: 'h1', report: plan([update]) }, 'drifted'],
  ];
  test.each(cases)('%s', (_, made, state) => expect(report(made).state).toBe(state));

  test('says why, and how much more there is', () => {
    expect(report(plan([inSync, update])).why).toBe('provider: provider is update');
    expect(report(plan([update, resource('secret', 'create')])).why).toBe('provider: provider is update, and 1 more');
    expect(report(failure()).why).toBe('CL2001: the YAML is broken');
    expect(report(plan([inSync])).why).toBe('');
  });
});

describe('what is no report', () => {
  const cases: [string, unknown, string][] = [
    ['null', null, 'CL9003'],
    ['a list', [], 'CL9003'],
    ['a text', 'plan', 'CL9003'],
    ['an empty object', {}, 'CL9003'],
    ["somebody else's", { name: 'x', version: '1.0' }, 'CL9003'],
    ['another document of ours', document('history', { generations: [] }), 'CL9003'],
    ['without resources', document('plan', { outcome: 'in-sync' }), 'CL9003'],
    ['resources that are none', document('plan', { outcome: 'in-sync', resources: {} }), 'CL9003'],
    ['a newer format', { ...plan([]), formatVersion: '2.0' }, 'CL9007'],
    ['a format that is none', { ...plan([]), formatVersion: '1' }, 'CL9007'],
  ];
  test.each(cases)('%s', (_, made, code) => expect(of(made)).toMatchObject({ trouble: { code, file: '/reports/h1.json' } }));
});

test('a minor version that only adds is read', () => {
  expect(report({ ...plan([update]), formatVersion: '1.7', news: true }).state).toBe('drifted');
});

describe('the name', () => {
  test('is what the collector says, else the document, else the file', () => {
    const said = plan([], { host: 'mac.local' });
    expect(report({ host: 'inventory-1', report: said }).host).toBe('inventory-1');
    expect(report(said).host).toBe('mac.local');
    expect(report(plan([])).host).toBe('h1');
    expect(report(plan([], { host: ' ' })).host).toBe('h1');
  });
});

describe('the time', () => {
  test('is that of the document', () => expect(report(drift('in-sync', [])).heard).toBe(hoursAgo(1)));
  test('is that of the file where the document has none', () =>
    expect(of(plan([], { at: undefined }), NOW - HOUR)).toMatchObject({ report: { heard: hoursAgo(1) } }));
  test('is that of the file where the clock of the machine is ahead, and that is told', () => {
    const understood = of(plan([], { at: hoursAgo(-30) }), NOW - HOUR);
    expect(understood).toMatchObject({ report: { heard: hoursAgo(1) }, findings: [{ code: 'CL9006' }] });
    expect(of(plan([], { at: new Date(NOW + 60_000).toISOString() }))).toMatchObject({ findings: [] });
  });
  test('is never later than now', () => expect(of(plan([]), NOW + 99 * HOUR)).toMatchObject({ report: { heard: hoursAgo(1) } }));
  test('that is none counts for nothing', () =>
    expect(of(plan([], { at: 'yesterday' }), NOW - HOUR)).toMatchObject({ report: { heard: hoursAgo(1) } }));
});

test('a resource keeps what helps, and secrets stay masked whatever stands there', () => {
  const changes = [
    { path: 'a', before: null, after: { b: [1] }, sensitive: false },
    { path: 'key', before: 'test-secret-1', after: 'test-secret-2', sensitive: true },
  ];
  const [one] = report(plan([{ ...update, changes }])).resources;
  expect(one).toMatchObject({ address: 'provider', drifted: true, writer: 'ccsxp', cause: 'drift' });
  expect(one?.changes).toEqual([
    { path: 'a', before: 'none', after: '{"b":[1]}' },
    { path: 'key', before: '(sensitive)', after: '(sensitive)' },
  ]);
});

test('versions stand beside each other as far as they are known', () => {
  const versions = { codex: '0.169.0', ccs: null, gateway: 7 };
  expect(report(plan([], { versions })).versions).toEqual({ codexLink: '0.1.0', codex: '0.169.0', ccs: null, gateway: null });
});

test('texts are cut, and lists are limited', () => {
  const long = 'x'.repeat(100_000);
  const many = Array.from({ length: 2000 }, (_, at) => resource(`accounts/${at}`, 'update', { reason: long }));
  const made = report(plan(many, { host: long }));
  expect(made.host.length).toBe(255);
  expect(made.resources.length).toBe(500);
  expect(made.resources[0]?.reason.length).toBe(600);
});

test('whatever the JSON is, it is understood or told, and never thrown at', () => {
  const key = fc.constantFrom(
    'host',
    'report',
    'unreachable',
    'formatVersion',
    'command',
    'codexLinkVersion',
    'outcome',
    'resources',
    'error',
    'findings',
    'versions',
    'at',
    '__proto__',
  );
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom('1.0', 'plan', 'apply', 'drift', 'drift', 'in-sync', true));
  const member = fc.dictionary(key, value);
  const resources = fc.array(
    fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('address', 'status', 'kind', 'changes', 'drifted', 'result'), value)),
  );
  const made = fc.tuple(member, resources).map(([rest, list]) => ({ ...plan([]), ...rest, resources: list }));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), made), (one) => {
      const understood = of(one);
      expect('trouble' in understood || typeof understood.report.host === 'string').toBe(true);
    }),
    { numRuns: 500 },
  );
});
