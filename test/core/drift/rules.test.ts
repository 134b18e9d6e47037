import { describe, expect, test } from 'vitest';
import { fightsAmong, type Heals, mayHeal, settled, TRIES, tried } from '../../../src/drift/back-off.ts';
import { FAILURES, MOST_SUCCESSES, moved, type RouteHistory, step } from '../../../src/drift/fallback.ts';
import { digestOf, NO_HISTORY, noted } from '../../../src/drift/history.ts';
import { hasExpired, type IgnoreEntry, localDay, sift } from '../../../src/drift/ignore.ts';
import { noteRun, type PastRun, readRuns } from '../../../src/drift/runs.ts';
import type { ValueChange } from '../../../src/resources/resource.ts';
import { HOUR, RUNS, runsOn } from '../support/drift.ts';
import { STATE, world } from '../support/world.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const change = (path: string): ValueChange => ({ path, before: 1, after: 2, sensitive: false });
const entry = (resource: string, field: string | null = null, until: string | null = null): IgnoreEntry => ({
  resource,
  field,
  until,
  reason: null,
});

describe('ignore', () => {
  test.each<[string, string, string[], IgnoreEntry[], string[], boolean]>([
    ['another resource', 'routing', ['strategy'], [entry('provider')], ['strategy'], false],
    ['the whole resource', 'routing', ['strategy', 'x'], [entry('routing')], [], true],
    ['a kind', 'accounts/a@x', ['paused'], [entry('accounts')], [], true],
    ['one account', 'accounts/a@x', ['paused'], [entry('accounts/b@x')], ['paused'], false],
    ['no other that begins alike', 'gateway-key/new', ['x'], [entry('gateway')], ['x'], false],
    ['its only field, in both views', 'routing', ['strategy', 'live.strategy'], [entry('routing', 'strategy')], [], true],
    ['one of two fields', 'routing', ['strategy', 'ttl'], [entry('routing', 'strategy')], ['ttl'], false],
    ['both, by two entries', 'routing', ['strategy', 'ttl'], [entry('routing', 'ttl'), entry('routing', 'strategy')], [], true],
    [
      'a field by its full path',
      'provider',
      ['model_providers.cliproxy.name'],
      [entry('provider', 'model_providers.cliproxy.name')],
      [],
      true,
    ],
    ['no field that ends alike', 'provider', ['rename'], [entry('provider', 'name')], ['rename'], false],
    ['a difference without fields, by a field', 'helper', [], [entry('helper', 'mode')], [], false],
    ['a difference without fields, as a whole', 'helper', [], [entry('helper')], [], true],
  ])('%s', (_what, address, paths, entries, left, whole) => {
    const sifted = sift(address, paths.map(change), entries);
    expect([sifted.left.map((one) => one.path), sifted.whole]).toEqual([left, whole]);
  });

  test('the last day counts still', () => {
    const today = localDay(NOW);
    expect(hasExpired(entry('x', null, today), today)).toBe(false);
    expect(hasExpired(entry('x', null, '2026-11-20'), '2026-11-21')).toBe(true);
    expect(hasExpired(entry('x', null, null), today)).toBe(false);
  });
});

describe('back-off', () => {
  const one = { address: 'provider', what: 'a', writer: 'ccsxp' as const };
  const fought = (times: number, apart: number, what = 'a'): Heals => {
    let heals: Heals = {};
    for (let at = 0; at < times; at++) heals = tried(heals, { ...one, what }, NOW + at * apart);
    return heals;
  };

  test.each<[string, Heals, boolean]>([
    ['the first time', {}, true],
    ['after two in vain', fought(TRIES - 1, HOUR), true],
    ['after three in vain', fought(TRIES, HOUR), false],
    ['after three that each held for a day', fought(TRIES + 2, 25 * HOUR), true],
    ['after three of another difference', fought(TRIES, HOUR, 'b'), true],
  ])('%s', (_what, heals, may) => expect(mayHeal(heals, one)).toBe(may));

  test('names who fights, and how often', () => {
    expect(fightsAmong(fought(TRIES, HOUR), [one])).toEqual([
      { address: 'provider', writer: 'ccsxp', times: 3, last: new Date(NOW + 2 * HOUR).toISOString() },
    ]);
  });

  test('a fight lasts until somebody puts it right; a calm day ends what was none', () => {
    const heals = fought(TRIES, HOUR);
    const now = NOW + 3 * HOUR;
    const stopped = settled(heals, new Set(['provider']), fightsAmong(heals, [one]), now);
    expect(stopped.provider?.stopped).toBe(true);
    expect(settled(stopped, new Set(['provider']), [], now + 99 * HOUR)).toEqual(stopped);
    expect(settled(stopped, new Set(), [], now)).toEqual({});
    expect(settled(heals, new Set(), [], now)).toEqual(heals); // just put back: in sync is our own work
    expect(settled(heals, new Set(), [], now + 24 * HOUR)).toEqual({});
  });
});

describe('fallback', () => {
  /** Lets a gateway be good (+) or bad (-) once an hour and tells the moves. */
  function moves(pattern: string, every = HOUR): string {
    let route: RouteHistory = NO_HISTORY.route;
    let away = false;
    let said = '';
    for (const [index, sign] of [...pattern].entries()) {
      const now = NOW + index * every;
      const made = step(route, sign === '+', away, now);
      route = made.route;
      if (made.act !== 'stay') {
        away = made.act === 'leave';
        route = moved(route, away ? 'openai' : 'cliproxy', now);
      }
      said += made.act === 'leave' ? 'L' : made.act === 'return' ? 'R' : '.';
    }
    return said;
  }

  test.each([
    ['++++', '....'],
    ['--+--+', '......'],
    ['---', '..L'],
    ['----++', '..L...'],
    ['---+++', '..L..R'],
    ['---++-+++', '..L.....R'],
    // Back within a day: twice as many good ones, and twice again.
    ['---+++---+++++++', '..L..R..L.....R.'],
    ['---+++---++++++---++++++++++++', '..L..R..L.....R..L...........R'],
  ])('%s', (pattern, expected) => expect(moves(pattern)).toBe(expected));

  test('after a good day it is quick again', () => {
    expect(moves(`---+++${'+'.repeat(30)}---+++`)).toBe(`..L..R${'.'.repeat(30)}..L..R`);
  });

  test('never flaps: whatever the gateway does, four moves a day are the most, looked at every five minutes', () => {
    for (const pattern of ['---+++', '+-', '----++++', '---+']) {
      const said = moves(pattern.repeat(Math.ceil(288 / pattern.length)).slice(0, 288), 300_000);
      expect([...said].filter((one) => one !== '.').length).toBeLessThanOrEqual(4);
    }
  });

  test('the numbers of the documentation', () => expect([FAILURES, MOST_SUCCESSES]).toEqual([3, 24]));
});

describe('history', () => {
  const seen = (outcome: 'in-sync' | 'drift' | 'unknown' | 'error', wrong: Record<string, string> = {}, hour = 0) => ({
    at: new Date(NOW + hour * HOUR).toISOString(),
    durationMs: 50,
    outcome,
    wrong,
    skipped: [] as string[],
  });

  test('stays small, whatever is wrong', () => {
    const wrong = Object.fromEntries(
      Array.from({ length: 2000 }, (_, at) => [`accounts/somebody-${at}@example.com`, 'update paused']),
    );
    const { history } = noted(NO_HISTORY, seen('drift', wrong));
    expect(JSON.stringify(history).length).toBeLessThan(100_000);
    expect(digestOf(history.open).length).toBeLessThanOrEqual(4000);
  });

  test('a run that failed, or did not look, forgets nothing', () => {
    const { history: first } = noted(NO_HISTORY, seen('drift', { helper: 'update' }));
    const { history: failed } = noted(first, seen('error', {}, 1));
    const aside = noted(failed, { ...seen('in-sync', {}, 2), skipped: ['helper'] });
    expect([failed.open, aside.history.open]).toEqual([first.open, first.open]);
    // In sync is what was looked at, and not the machine.
    expect([failed.inSyncSince, aside.history.inSyncSince]).toEqual([null, null]);
    expect(aside.run).toMatchObject({ outcome: 'drift', inPart: true, wrong: 1 });
    const dark = noted(NO_HISTORY, seen('unknown', { secret: 'unknown' })).history;
    expect(noted(dark, { ...seen('in-sync'), skipped: ['secret'] }).run).toMatchObject({ outcome: 'unknown', inPart: true });
  });

  test('the same wrongs have the same digest, in whatever order', () => {
    const open = (...names: string[]) => Object.fromEntries(names.map((one) => [one, { since: 'x', what: one }]));
    expect(digestOf(open('a', 'b'))).toBe(digestOf(open('b', 'a')));
    expect(digestOf(open('a'))).not.toBe(digestOf(open('b')));
    expect(digestOf({})).toBe('');
  });
});

describe('the log of runs', () => {
  const run = (hour: number, outcome: PastRun['outcome'], rest: Partial<PastRun> = {}): PastRun => ({
    at: new Date(NOW + hour * HOUR).toISOString(),
    durationMs: 52,
    outcome,
    inPart: false,
    wrong: outcome === 'drift' ? 2 : 0,
    ...rest,
  });
  const logOf = async (runs: readonly PastRun[]) => {
    const { machine } = world();
    machine.placeFolder(STATE, 0o700);
    for (const one of runs) expect(await noteRun(machine, one)).toBeNull();
    return machine;
  };

  test('gives back what was written down, and says when all was last in sync, and when it was last known', async () => {
    const runs = [
      run(0, 'drift'),
      run(1, 'in-sync'),
      run(2, 'drift'),
      run(3, 'drift', { inPart: true }),
      run(4, 'unknown', { wrong: 1 }),
      run(5, 'error'),
    ];
    const machine = await logOf(runs);
    expect(runsOn(machine)).toEqual(runs);
    expect(await readRuns(machine)).toEqual({ last: runs[5], lastInSync: runs[1]?.at, lastSuccess: runs[2]?.at });
    expect(await readRuns(world().machine)).toEqual({ last: null, lastInSync: null, lastSuccess: null });
  });

  test('stays small, however many runs there are, and still knows since when', async () => {
    const machine = await logOf([
      run(0, 'in-sync'),
      run(1, 'drift'),
      ...Array.from({ length: 3000 }, (_, at) => run(2 + at, 'error')),
    ]);
    expect((machine.text(RUNS) ?? '').length).toBeLessThanOrEqual(16 * 1024);
    expect(await readRuns(machine)).toEqual({
      last: run(3001, 'error'),
      lastInSync: run(0, 'in-sync').at,
      lastSuccess: run(1, 'drift').at,
    });
    expect(runsOn(machine).length).toBeGreaterThanOrEqual(50);
  });

  test('a line that was cut off hides itself alone', async () => {
    const machine = await logOf([run(0, 'in-sync')]);
    for (const torn of ['2026-11-21T1', '\0\0\0', '2026-11-21T12:00:00.000Z drift, 1 wr', 'whatever\n']) {
      machine.place(RUNS, `${machine.text(RUNS)}${torn}`, 0o600);
      await noteRun(machine, run(1, 'in-sync'));
    }
    expect(runsOn(machine)).toEqual([run(0, 'in-sync'), ...Array(4).fill(run(1, 'in-sync'))]);
  });

  test('that cannot be written is a finding', async () => {
    const machine = await logOf([run(0, 'in-sync')]);
    await machine.chmod(RUNS, 0o400);
    expect(await noteRun(machine, run(1, 'in-sync'))).toMatchObject({ code: 'CL8002', file: RUNS });
  });
});
