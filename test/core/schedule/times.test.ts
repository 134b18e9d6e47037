import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { onCalendar, timerUnit } from '../../../src/platform/linux/systemd-units.ts';
import { parseCron } from '../../../src/schedule/cron.ts';
import { nextRuns, shortestGap, timesOf } from '../../../src/schedule/times.ts';
import { findCommand } from '../../support/system.ts';
import { cronMatches, cronText, minutesOf, ordinaryCron } from '../support/cron.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});
const FROM = Date.UTC(2027, 1, 20, 11, 17);
const valid = (text: string) => typeof parseCron(text) !== 'string';
const entriesOf = (cron: string) => {
  const times = timesOf({ cron });
  if (times.kind !== 'calendar') throw new Error('a cron expression is a calendar');
  return times.entries;
};

describe('a cron expression', () => {
  test.each([
    ['0 * * *', 'five fields'],
    ['60 * * * *', 'minute "60" is outside of 0-59'],
    ['* 24 * * *', 'hour "24"'],
    ['* * 0 * *', 'day of the month "0"'],
    ['* * * 13 *', 'month "13"'],
    ['* * * * 8', 'day of the week "8"'],
    ['5-1 * * * *', 'outside'],
    ['*/0 * * * *', 'step of 0'],
    ['1--2 * * * *', 'malformed'],
    ['5/15 * * * *', 'write 5-59/15, or 5'],
    ['0 0 31 2 *', 'never comes'],
    ['0 0 31 4,6,9,11 */2', 'never comes'],
  ])('%s is refused: %s', (text, why) => expect(parseCron(text)).toContain(why));

  test.each(['0 0 29 2 *', '0 0 31 2 1', '0 0 31 */3 *', '0 0 30 4-6 *'])('%s comes, if rarely', (text) =>
    expect(nextRuns(entriesOf(text), FROM, 1).length).toBe(1),
  );

  test('runs when cron itself would run it: read in two ways, minute for minute', () => {
    fc.assert(
      fc.property(fc.oneof(cronText, ordinaryCron).filter(valid), (text) => {
        const expected = minutesOf(new Date(FROM + 60_000), 40, (moment) => cronMatches(text, moment));
        expect(nextRuns(entriesOf(text), FROM, expected.length + 1).slice(0, expected.length)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  const analyze = findCommand('systemd-analyze');
  test.skipIf(analyze === null)('runs when systemd says that its OnCalendar comes', () => {
    fc.assert(
      fc.property(fc.oneof(cronText, ordinaryCron).filter(valid), (text) => {
        for (const entry of entriesOf(text)) {
          const args = ['calendar', '--iterations=4', '--base-time=2027-02-20 11:17:00 UTC', onCalendar(entry)];
          const told = execFileSync(analyze ?? '', args, { encoding: 'utf8', env: { TZ: 'UTC', LANG: 'C' } });
          const moments = [...told.matchAll(/(?:Next elapse|Iter\. #\d): \w{3} (\S+) (\S+) UTC/g)];
          const expected = moments.map(([, day, time]) => Date.parse(`${day}T${time}Z`));
          expect(nextRuns([entry], FROM, expected.length)).toEqual(expected);
          expect(expected.length > 0 || nextRuns([entry], FROM, 1).length === 0).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('an interval', () => {
  test.each([
    ['1m', ['* * * * *'], 1],
    ['15m', ['*/15 * * * *'], 15],
    ['60m', ['0 * * * *'], 60],
    ['1h', ['0 * * * *'], 60],
    ['2h', ['0 */2 * * *'], 120],
    ['24h', ['0 0 * * *'], 1440],
    ['1d', ['0 0 * * *'], 1440],
    ['7d', ['0 0 * * 0'], 1440],
    ['90m', ['0 */3 * * *', '30 1,4,7,10,13,16,19,22 * * *'], 90],
    ['40m', ['0,40 */2 * * *', '20 1,3,5,7,9,11,13,15,17,19,21,23 * * *'], 40],
  ])('%s that divides a day is said by the clock: %j', (every, cron, gap) => {
    const times = timesOf({ every });
    expect(times).toMatchObject({ kind: 'calendar', cron });
    expect(shortestGap(times)).toBe(gap);
  });

  test.each(['7m', '50m', '5h', '2d', '25h', '9999999m'])('%s is counted', (every) => {
    const unit = { m: 1, h: 60, d: 1440 }[every.slice(-1)] ?? 0;
    expect(timesOf({ every })).toEqual({ kind: 'interval', minutes: Number(every.slice(0, -1)) * unit });
  });

  test('by the clock runs at equal distances, over midnight too, and its lines of cron mean the same', () => {
    for (let minutes = 1; minutes <= 1440; minutes++) {
      if (1440 % minutes !== 0) continue;
      const times = timesOf({ every: `${minutes}m` });
      if (times.kind !== 'calendar') throw new Error(`${minutes} divides a day`);
      const runs = nextRuns(times.entries, Date.UTC(2027, 1, 19, 23, 59), 2 * (1440 / minutes));
      const gaps = runs.map((run, index) => (runs[index + 1] ?? run + minutes * 60_000) - run);
      expect(new Set(gaps)).toEqual(new Set([minutes * 60_000]));
      expect(times.cron.length).toBeLessThanOrEqual(24);
      const lines = minutesOf(new Date(Date.UTC(2027, 1, 20)), 2, (at) => times.cron.some((line) => cronMatches(line, at)));
      expect(lines).toEqual(runs);
    }
  });
});

test('in the hour that a change of the clocks leaves out nothing runs, and nothing twice', () => {
  process.env.TZ = 'Europe/Berlin';
  try {
    const day = nextRuns(entriesOf('30 * * * *'), Date.parse('2027-03-27T22:59:00Z'), 30); // 28 March, 2:00 becomes 3:00
    expect(day.slice(0, 5).map((one) => new Date(one).getHours())).toEqual([0, 1, 3, 4, 5]);
    expect(new Set(day).size).toBe(30);
  } finally {
    process.env.TZ = 'UTC';
  }
});

test('a delay is no more than a tenth of the time between two runs, and never more than five minutes', () => {
  const delay = (every: string) => /RandomizedDelaySec=(\d+)s/.exec(timerUnit(timesOf({ every })))?.[1];
  expect(['1m', '7m', '15m', '1h', '1d'].map(delay)).toEqual(['6', '42', '90', '300', '300']);
});

test('what systemd would forget at a logout is refused', () => {
  expect(timerUnit(timesOf({ every: '5h' }))).toContain('OnStartupSec=300min\nOnUnitActiveSec=300min\n');
  expect(() => timerUnit(timesOf({ every: '2d' }))).toThrow(/CL8048: a systemd timer cannot run every 2 days/);
});
