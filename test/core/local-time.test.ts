import { afterEach, describe, expect, test } from 'vitest';
import type { Generation } from '../../src/generations/generation.ts';
import { localTime, localTimeOf } from '../../src/local-time.ts';
import { historyText } from '../../src/report/history-text.ts';

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

describe.each([
  ['UTC', '2026-11-21 16:22'],
  ['Asia/Tokyo', '2026-11-22 01:22'],
  ['America/St_Johns', '2026-11-21 12:52'],
])('in %s', (where, shown) => {
  const at = '2026-11-21T16:22:23.229Z';

  test('a moment is told on the clock of whoever reads', () => {
    process.env.TZ = where;
    expect([localTimeOf(at), localTime(Date.parse(at))]).toEqual([shown, shown]);
  });

  test('and the history tells it as status does', () => {
    process.env.TZ = where;
    const one = { number: 1, at, command: 'apply', user: 'me', host: 'here', resources: [] } as unknown as Generation;
    expect(historyText([one])).toContain(`  ${shown}  apply`);
  });
});

test('what is no moment is said to be none', () => {
  expect(localTimeOf('yesterday')).toBe('an unknown time');
});
