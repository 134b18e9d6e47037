import { expect, test } from 'vitest';
import { finding } from '../../../src/diagnostics/diagnostics.ts';
import { crontab } from '../../../src/platform/linux/crontab.ts';
import { type ScheduleStanding, scheduleJson, scheduleText } from '../../../src/report/schedule.ts';
import { plain } from '../../../src/report/terminal.ts';
import { verdict } from '../../../src/resources/resource.ts';
import { problems } from '../support/schemas.ts';

const NOW = new Date(2026, 10, 21, 12, 0).getTime();
const MINUTE = 60_000;
const standing = (differently: Partial<ScheduleStanding> = {}): ScheduleStanding => ({
  wanted: 'every 1h',
  scheduler: crontab,
  installed: true,
  verdict: verdict('in-sync', 'the crontab looks for drift, every 1h'),
  argv: ['/usr/bin/node', '/usr/bin/codex-link', 'drift'],
  runs: { next: NOW + 60 * MINUTE, last: NOW - MINUTE, exitCode: 2 },
  lastDrift: { at: new Date(NOW - MINUTE).toISOString(), durationMs: 60, outcome: 'drift', inPart: false, wrong: 1 },
  inSyncSince: null,
  findings: [],
  ...differently,
});
const OFF = { wanted: null, scheduler: null, installed: false, argv: null, runs: null, lastDrift: null };

test('the document is as published, for everything that there may be', () => {
  const all = [
    standing(),
    standing({ ...OFF, verdict: verdict('unmanaged', 'drift.schedule is off') }),
    standing({
      scheduler: null,
      runs: null,
      findings: [finding('CL8042', 'nothing here')],
      verdict: verdict('manual', 'nothing here'),
    }),
    standing({ runs: { next: null, last: null, exitCode: null }, verdict: verdict('deferred', 'not from here') }),
  ];
  for (const one of all) expect(problems('schedule', scheduleJson(one), true)).toEqual([]);
});

test.each<[string, Partial<ScheduleStanding>, string[]]>([
  [
    'in order',
    {},
    ['schedule  every 1h, by the crontab', 'next run  2026-11-21 13:00, in 60 min', 'last run  2026-11-21 11:59, drift, exit 2'],
  ],
  ['off', { ...OFF, verdict: verdict('unmanaged', 'drift.schedule is off') }, ['schedule  off', 'last run  never']],
  ['far', { runs: { next: NOW + 40 * 60 * MINUTE, last: null, exitCode: null } }, ['in 40 h', '11:59, drift\n']],
  ['not known', { runs: { next: null, last: null, exitCode: null } }, ['next run  not known']],
  ['wrong', { verdict: verdict('update', 'it is not started') }, ['now       update: it is not started']],
  ['started in vain', { lastDrift: null }, ['last run  2026-11-21 11:59, exit 2, but drift did not get as far as looking']],
  ['with a finding', { findings: [finding('CL8046', 'no cron daemon is running here')] }, ['warning CL8046  no cron daemon']],
])('for people: %s', (_what, differently, lines) => {
  const text = scheduleText(standing(differently), plain, NOW);
  for (const line of lines) expect(text).toContain(line);
});
