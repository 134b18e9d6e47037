import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { launchAgentPlist } from '../../../src/platform/darwin/schedule-plist.ts';
import { cronBlock } from '../../../src/platform/linux/crontab-block.ts';
import { serviceUnit, unitWord } from '../../../src/platform/linux/systemd-units.ts';
import type { Job } from '../../../src/platform/scheduler.ts';
import { taskEssence, taskXml, utf16, windowsWord } from '../../../src/platform/win32/task-definition.ts';
import { runsOf, taskTriggers } from '../../../src/platform/win32/task-triggers.ts';
import { refuseCharacters } from '../../../src/schedule/characters.ts';
import { parseCron } from '../../../src/schedule/cron.ts';
import { timesOf } from '../../../src/schedule/times.ts';
import { findCommand } from '../../support/system.ts';
import { cronMatches, cronText, minutesOf, ordinaryCron } from '../support/cron.ts';
import { inFolder } from '../support/real.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

const python = findCommand('python3');
const valid = (text: string) => typeof parseCron(text) !== 'string';
const crons = fc.oneof(ordinaryCron, cronText).filter(valid);
const FROM = new Date(Date.UTC(2027, 1, 26));
const DAYS = 12;

/** Words that a path may have, and that some quoting gets wrong. */
const AWKWARD = [
  'plain',
  'two words',
  "it's",
  '"quoted"',
  '100%',
  '%h',
  '$HOME',
  '`id`',
  'back\\slash',
  'end\\',
  'é漢',
  '&<>',
  '~',
  '#',
  '!',
  '*',
  'a\'b"c d\\\\',
];
const word = fc.oneof(fc.constantFrom(...AWKWARD), fc.string({ minLength: 1, unit: fc.constantFrom(...' aé"\'\\$%&<>#~`!*;|') }));
const words = fc.array(word, { minLength: 1, maxLength: 4 });

function job(schedule: Parameters<typeof timesOf>[0], argv: readonly string[] = ['/usr/bin/node', '/x'], environment = {}): Job {
  return { argv, environment, times: timesOf(schedule) };
}

/** What it gives, or null when it refuses the times. */
function unlessRefused<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (String(error).includes('CL8048')) return null;
    throw error;
  }
}

/** A command line as CommandLineToArgvW takes it apart: backslashes count only before a quotation mark. */
function windowsArguments(line: string): string[] {
  const found: string[] = [];
  let at = 0;
  while (at < line.length) {
    while (line[at] === ' ') at++;
    if (at >= line.length) break;
    let text = '';
    let quoted = false;
    for (; at < line.length && (quoted || line[at] !== ' '); at++) {
      const slashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0;
      if (line[at + slashes] === '"') {
        text += '\\'.repeat(Math.floor(slashes / 2));
        at += slashes;
        if (slashes % 2 === 1) text += '"';
        else quoted = !quoted;
      } else {
        text += '\\'.repeat(slashes);
        at += slashes;
        if (at < line.length && (quoted || line[at] !== ' ')) text += line[at];
        else at--;
      }
    }
    found.push(text);
  }
  return found;
}

describe('every word arrives as it is', () => {
  test('through cron, which cuts at a percent sign, and the shell', () => {
    fc.assert(
      fc.property(words, (argv) => {
        const block = cronBlock(job({ every: '1h' }, ['/usr/bin/printf', '%s\\0', ...argv], { CODEX_HOME: argv[0] ?? '' }));
        const line = block.split('\n')[1] ?? '';
        expect(line.startsWith('0 * * * * ')).toBe(true);
        const field = line.slice('0 * * * * '.length);
        expect(/(?<!\\)%/.test(field)).toBe(false);
        const command = field.replaceAll('\\%', '%'); // as cron does, wherever it stands
        expect(execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' })).toBe(argv.map((one) => `${one}\0`).join(''));
        const told = execFileSync(
          '/bin/sh',
          ['-c', command.replace(/ '?\/usr\/bin\/printf.*/, ' /usr/bin/printenv CODEX_HOME')],
          { encoding: 'utf8' },
        );
        expect(told).toBe(`${argv[0]}\n`);
      }),
      { numRuns: 40 },
    );
  });

  test('through a unit file: what systemd takes off is what was put on', () => {
    fc.assert(
      fc.property(word, (text) => {
        const inside = unitWord(text).slice(1, -1);
        expect(inside.replaceAll('%%', '').includes('%')).toBe(false);
        expect(inside.replace(/\\(["\\])/g, '$1').replaceAll('%%', '%')).toBe(text);
        expect(/(^|[^\\])(\\\\)*"/.test(inside)).toBe(false);
      }),
    );
  });

  test('through a command line of Windows', () => {
    fc.assert(
      fc.property(words, (argv) => {
        expect(windowsArguments(argv.map(windowsWord).join(' '))).toEqual(argv);
      }),
    );
    expect(['', 'a', 'a b', 'a\\', 'a b\\', 'a"b', 'C:\\x y\\z.js'].map(windowsWord)).toEqual([
      '""',
      'a',
      '"a b"',
      'a\\',
      '"a b\\\\"',
      '"a\\"b"',
      '"C:\\x y\\z.js"',
    ]);
  });

  test('but for what nothing gets through', () => {
    expect(() => refuseCharacters(job({ every: '1h' }, ['/a\nb']))).toThrow(/CL8041.*"\/a\\nb": it holds a control character/);
    expect(() => refuseCharacters(job({ every: '1h' }, ['/a'], { CODEX_HOME: 'x\r' }))).toThrow(/CL8041/);
    expect(() => refuseCharacters(job({ every: '1h' }, ['C:\\100%']), ['%'])).toThrow(/holds "%"/);
    expect(() => refuseCharacters(job({ every: '1h' }, AWKWARD))).not.toThrow();
    expect(() => cronBlock(job({ every: '1h' }, ['x'.repeat(1000)]))).toThrow(/CL8041.*too long for cron/);
  });
});

test('a dollar sign in a unit is kept by a colon, which is there for nothing else: systemd before 244 does not know it', () => {
  const start = (argv: readonly string[]) => /^ExecStart=(.*)$/m.exec(serviceUnit(job({ every: '1h' }, argv)))?.[1];
  expect(start(['/a b', '${HOME}'])).toBe(':"/a b" "${HOME}"');
  expect(start(['/a b', 'c'])).toBe('"/a b" "c"');
});

const analyze = findCommand('systemd-analyze');
test.skipIf(analyze === null)('systemd has nothing to say about the units', async () => {
  await inFolder((folder) => {
    for (const argv of [['/bin/true'], ['/bin/true', ...AWKWARD]]) {
      const file = join(folder, 'codex-link-drift.service');
      writeFileSync(file, serviceUnit(job({ every: '1h' }, argv, { CODEX_HOME: '/a "b" $c %d' })));
      const { status, stdout, stderr } = spawnSync(analyze ?? '', ['--user', 'verify', file], {
        encoding: 'utf8',
        env: { XDG_RUNTIME_DIR: folder },
      });
      expect([status, stdout, stderr]).toEqual([0, '', '']);
    }
  });
});

describe('a crontab', () => {
  test.each([
    ['7m', '7 minutes'],
    ['2d', '2 days'],
    ['25h', '1500 minutes'],
  ])('cannot say every %s', (every, text) => {
    expect(() => cronBlock(job({ every }))).toThrow(`CL8048: cron cannot run every ${text}`);
  });
  test('gets the expression as it stands in the YAML', () => {
    expect(cronBlock(job({ cron: ' */5  9-17 *  * 1-5 ' })).split('\n')[1]).toBe("*/5 9-17 * * 1-5 '/usr/bin/node' '/x'");
  });
});

interface Plist {
  readonly ProgramArguments: readonly string[];
  readonly EnvironmentVariables?: Readonly<Record<string, string>>;
  readonly StartInterval?: number;
  readonly StartCalendarInterval?: readonly Partial<Record<'Month' | 'Day' | 'Weekday' | 'Hour' | 'Minute', number>>[];
  readonly ProcessType: string;
  readonly LowPriorityIO: boolean;
  readonly StandardOutPath: string;
}

/** Reads many property lists at once: an interpreter takes longer to start than to read. */
function readPlists(texts: readonly string[]): Plist[] {
  const script = 'import plistlib,json,sys\nprint(json.dumps([plistlib.loads(one.encode()) for one in json.load(sys.stdin)]))';
  return JSON.parse(execFileSync(python ?? '', ['-c', script], { input: JSON.stringify(texts), encoding: 'utf8' })) as Plist[];
}

describe.skipIf(python === null)('a LaunchAgent', () => {
  const plist = (schedule: Parameters<typeof timesOf>[0], argv?: readonly string[], environment?: Record<string, string>) =>
    launchAgentPlist('codex-link.drift', job(schedule, argv, environment), '/Users/me/Library/Logs/codex-link/drift.log');

  test('is read by another parser as it was meant', () => {
    const [read] = readPlists([plist({ every: '1h' }, AWKWARD, { CODEX_HOME: '/a & b' })]);
    expect(read).toEqual({
      Label: 'codex-link.drift',
      ProgramArguments: AWKWARD,
      EnvironmentVariables: { CODEX_HOME: '/a & b' },
      StartCalendarInterval: [{ Minute: 0 }],
      ProcessType: 'Background',
      LowPriorityIO: true,
      StandardOutPath: '/Users/me/Library/Logs/codex-link/drift.log',
      StandardErrorPath: '/Users/me/Library/Logs/codex-link/drift.log',
    });
  });

  test.skipIf(findCommand('xmllint') === null)('is XML', () => {
    execFileSync('xmllint', ['--noout', '--nonet', '-'], {
      input: plist({ cron: '*/7 1-9 * * 1' }, AWKWARD),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  });

  test.each([
    [{ every: '1m' }, 60],
    [{ cron: '* * * * *' }, 60],
    [{ every: '7m' }, 420],
  ])('%j has no calendar', (schedule, seconds) => {
    expect(readPlists([plist(schedule)])[0]).toMatchObject({ StartInterval: seconds });
  });

  test.each([
    [{ every: '2d' }, 'every 2 days'],
    [{ cron: '*/3 * 1 * 1' }, 'are 1440'] as const,
    [{ cron: '*/2 9-17 */2 1-6 *' }, 'more than 500'],
    [{ cron: '0 0 */2 * 1' }, 'both in the month and in the week'],
  ])('%j is refused', (schedule, why) => {
    if (why === 'are 1440') return expect(readPlists([plist(schedule)])[0]?.StartCalendarInterval?.length).toBe(40);
    expect(() => plist(schedule)).toThrow(why);
  });

  test('fires when cron would: each dict taken for itself, what it leaves out being anything', () => {
    const samples = fc.sample(crons, 60);
    const made = samples.flatMap((text) => {
      const one = unlessRefused(() => plist({ cron: text }));
      return one === null ? [] : [{ text, one }];
    });
    expect(made.length).toBeGreaterThan(10);
    const read = readPlists(made.map(({ one }) => one));
    for (const [index, { text }] of made.entries()) {
      const moments = read[index]?.StartCalendarInterval ?? [{}];
      const fires = (at: Date) =>
        moments.some(
          ({ Month, Day, Weekday, Hour, Minute }) =>
            (Month ?? at.getMonth() + 1) === at.getMonth() + 1 &&
            (Day ?? at.getDate()) === at.getDate() &&
            (Weekday ?? at.getDay()) === at.getDay() &&
            (Hour ?? at.getHours()) === at.getHours() &&
            (Minute ?? at.getMinutes()) === at.getMinutes(),
        );
      expect([text, minutesOf(FROM, 4, fires)]).toEqual([text, minutesOf(FROM, 4, (at) => cronMatches(text, at))]);
    }
  }, 60_000);
});

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** When triggers fire, worked out anew: from each start on through its repetition, on each of its days. In milliseconds, sorted. */
function firings(triggers: string, from: Date, days: number): number[] {
  const found = new Set<number>();
  const end = from.getTime() + days * 86_400_000;
  for (const [, one = ''] of triggers.matchAll(/<CalendarTrigger>(.*?)<\/CalendarTrigger>/g)) {
    const value = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(one)?.[1] ?? '';
    const [hour = 0, minute = 0] = (/T(\d\d):(\d\d)/.exec(value('StartBoundary')) ?? []).slice(1).map(Number);
    const interval = Number(/^PT(\d+)M$/.exec(value('Interval'))?.[1] ?? 0);
    const lasts = value('Duration') === 'P1D' ? 1440 : Number(/^PT(\d+)S$/.exec(value('Duration'))?.[1] ?? 0) / 60;
    for (let day = -1; day < days; day++) {
      const start = new Date(from.getTime() + day * 86_400_000);
      if (!isDay(one, start)) continue;
      for (let after = 0; after === 0 || (interval > 0 && after < lasts); after += interval || 1) {
        const moment = start.getTime() + (hour * 60 + minute + after) * 60_000;
        if (moment >= from.getTime() && moment < end) found.add(moment);
      }
    }
  }
  return [...found].sort((a, b) => a - b);
}

function isDay(trigger: string, at: Date): boolean {
  const [month, weekday] = [MONTHS[at.getMonth()], WEEKDAYS[at.getDay()]];
  if (trigger.includes('<ScheduleByDay>')) return true;
  if (trigger.includes('<ScheduleByWeek>')) return trigger.includes(`<${weekday} />`);
  if (!trigger.includes(`<${month} />`)) return false;
  if (trigger.includes('<DaysOfMonth>')) return trigger.includes(`<Day>${at.getDate()}</Day>`);
  return trigger.includes(`<${weekday} />`) && trigger.includes('<Week>4</Week><Week>Last</Week>');
}

describe('a task of Windows', () => {
  const xml = (schedule: Parameters<typeof timesOf>[0], argv: readonly string[] = ['C:\\node.exe', 'C:\\x.js']) =>
    taskXml(job(schedule, argv), 'PC & Co\\me', 'C:\\Windows\\System32\\conhost.exe');

  test('fires when cron would', () => {
    let made = 0;
    fc.assert(
      fc.property(crons, (text) => {
        const triggers = unlessRefused(() => taskTriggers(timesOf({ cron: text })));
        if (triggers === null) return;
        made++;
        expect(firings(triggers, FROM, DAYS)).toEqual(minutesOf(FROM, DAYS, (at) => cronMatches(text, at)));
      }),
      { numRuns: 80 },
    );
    expect(made).toBeGreaterThan(20);
  }, 60_000);

  test('takes times apart into equal distances, and no two make a distance', () => {
    expect(runsOf([0, 15, 30, 45])).toEqual([{ first: 0, gap: 15, count: 4 }]);
    expect(runsOf([7, 9])).toEqual([7, 9].map((first) => ({ first, gap: 0, count: 1 })));
    const times = fc.uniqueArray(fc.nat(1439), { minLength: 1 }).map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(times, (all) => {
        const back = runsOf(all).flatMap(({ first, gap, count }) =>
          Array.from({ length: count }, (_, index) => first + index * gap),
        );
        expect(back).toEqual(all);
      }),
    );
  });

  test.each([
    [
      { every: '7m' },
      '<TimeTrigger><Repetition><Interval>PT7M</Interval></Repetition><StartBoundary>2026-11-01T00:00:00</StartBoundary><Enabled>true</Enabled></TimeTrigger>',
    ],
    [
      { every: '2d' },
      '<CalendarTrigger><StartBoundary>2026-11-01T00:00:00</StartBoundary><Enabled>true</Enabled><ScheduleByDay><DaysInterval>2</DaysInterval></ScheduleByDay></CalendarTrigger>',
    ],
    [
      { every: '1h' },
      '<CalendarTrigger><Repetition><Interval>PT60M</Interval><Duration>P1D</Duration></Repetition><StartBoundary>2026-11-01T00:00:00</StartBoundary><Enabled>true</Enabled><ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger>',
    ],
  ])('%j', (schedule, text) => expect(taskTriggers(timesOf(schedule))).toBe(text));

  test.each([
    [{ every: '400d' }, '365 days'],
    [{ cron: '1,2,4,7,11,16 */2 * * *' }, '48 triggers'],
    [{ cron: '0 0 */2 * 1' }, 'both in the month and in the week'],
  ])('%j is refused', (schedule, why) => expect(() => taskTriggers(timesOf(schedule))).toThrow(why));

  test.skipIf(findCommand('xmllint') === null || python === null)(
    'is XML in UTF-16 to two parsers, and says the same to both',
    async () => {
      await inFolder((folder) => {
        const file = join(folder, 'task.xml');
        const argv = ['C:\\Program Files\\nodejs\\node.exe', 'C:\\é & <x>\\"y".js'];
        writeFileSync(file, utf16(xml({ cron: '*/10 9-17 * * 1-5' }, argv)));
        execFileSync('xmllint', ['--noout', '--nonet', file]);
        const script =
          'import sys,json,xml.etree.ElementTree as t\nn="{http://schemas.microsoft.com/windows/2004/02/mit/task}"\nr=t.parse(sys.argv[1]).getroot()\nprint(json.dumps([[c.tag.replace(n,"") for c in r],r.find(f".//{n}Arguments").text,r.find(f".//{n}UserId").text,[r.find(f".//{n}Settings/{n}{k}").text for k in ("Hidden","StartWhenAvailable","ExecutionTimeLimit")],r.find(f".//{n}LogonType").text]))';
        const read = JSON.parse(execFileSync(python ?? '', ['-c', script, file], { encoding: 'utf8' })) as unknown[];
        expect(read[0]).toEqual(['RegistrationInfo', 'Triggers', 'Principals', 'Settings', 'Actions']); // the order of the schema
        expect(windowsArguments(String(read[1]))).toEqual(['--headless', ...argv]);
        expect(read.slice(2)).toEqual(['PC & Co\\me', ['true', 'true', 'PT10M'], 'InteractiveToken']);
      });
    },
  );

  test('is the same when Windows has added to it and lost letters, and not when somebody has changed it', () => {
    const ours = xml({ every: '1h' }, ['C:\\é\\node.exe']);
    const essence = (text: string) => JSON.stringify(taskEssence(text));
    const asWindowsSaysIt = ours
      .replace('<RegistrationInfo>', '<RegistrationInfo>\r\n    <URI>\\codex-link\\drift of me</URI>')
      .replace(/<UserId>.*<\/UserId>/, '<UserId>S-1-5-21-1</UserId>')
      .replaceAll('><', '>\r\n  <')
      .replace('é', '?');
    expect(essence(asWindowsSaysIt)).toBe(essence(ours));
    for (const [what, by] of [
      ['PT60M', 'PT30M'],
      ['node.exe', 'evil.exe'],
      ['<Enabled>true</Enabled><Hidden>', '<Enabled>false</Enabled><Hidden>'],
      ['--headless', '--server'],
      [/Written by codex-link, ..../, 'Written by codex-link, 0000'],
    ] as const)
      expect(essence(ours.replace(what, by))).not.toBe(essence(ours));
    expect(essence(xml({ every: '1h' }, ['C:\\ü\\node.exe']))).not.toBe(essence(ours)); // the mark knows
    expect(taskEssence('ERROR: The system cannot find the file specified.')).toBeNull();
  });
});
