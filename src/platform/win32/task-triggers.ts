import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { isEvery } from '../../schedule/cron.ts';
import { type CalendarEntry, type Times, timesOfDay } from '../../schedule/times.ts';

const DAY = 1440;
/** The Task Scheduler takes no more triggers for a task: "Task Scheduler 2.0", ITriggerCollection. */
const MOST_TRIGGERS = 48;
/** Any day will do: a trigger begins to count there. A Sunday, and the first of a month. */
const SINCE = '2026-11-01';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** The triggers of a task, in the order of elements that the schema of Task Scheduler 2.0 has. Throws for times that they cannot say. */
export function taskTriggers(times: Times): string {
  if (times.kind === 'interval') return interval(times.minutes);
  const triggers = times.entries.flatMap((entry) => {
    const days = schedule(entry);
    return runsOf(timesOfDay(entry)).map((run) => trigger('CalendarTrigger', run.first, repetition(run), days));
  });
  if (triggers.length <= MOST_TRIGGERS) return triggers.join('');
  throw refused(`the Task Scheduler takes ${MOST_TRIGGERS} triggers for a task, and these times need ${triggers.length}`);
}

function interval(minutes: number): string {
  if (minutes % DAY !== 0) return trigger('TimeTrigger', 0, `<Repetition><Interval>PT${minutes}M</Interval></Repetition>`, '');
  const days = minutes / DAY;
  if (days > 365) throw refused('the Task Scheduler cannot run less often than every 365 days');
  return trigger('CalendarTrigger', 0, '', `<ScheduleByDay><DaysInterval>${days}</DaysInterval></ScheduleByDay>`);
}

function trigger(name: string, first: number, repeated: string, days: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const start = `${SINCE}T${two(Math.floor(first / 60))}:${two(first % 60)}:00`;
  return `<${name}>${repeated}<StartBoundary>${start}</StartBoundary><Enabled>true</Enabled>${days}</${name}>`;
}

/** Times at equal distances, as minutes since midnight. */
export interface Run {
  readonly first: number;
  /** 0 for a single time. */
  readonly gap: number;
  readonly count: number;
}

/** Takes the times apart into as few such runs as can be seen from the left. Two times are no run. */
export function runsOf(times: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (let at = 0; at < times.length; ) {
    const first = times[at] ?? 0;
    const gap = (times[at + 1] ?? first) - first;
    let count = 1;
    while (gap > 0 && times[at + count] === first + count * gap) count++;
    runs.push(count > 2 ? { first, gap, count } : { first, gap: 0, count: 1 });
    at += count > 2 ? count : 1;
  }
  return runs;
}

/** Ends half a gap after its last time, for whether a time at the very end counts is written nowhere; a whole day meets the next. */
function repetition({ gap, count }: Run): string {
  if (gap === 0) return '';
  const duration = gap * count === DAY ? 'P1D' : `PT${(count - 1) * gap * 60 + gap * 30}S`;
  return `<Repetition><Interval>PT${gap}M</Interval><Duration>${duration}</Duration></Repetition>`;
}

function schedule({ days, months, weekdays }: CalendarEntry): string {
  const [anyDay, anyMonth, anyWeekday] = [isEvery('days', days), isEvery('months', months), isEvery('weekdays', weekdays)];
  if (!anyDay && !anyWeekday)
    throw refused('the Task Scheduler cannot run on days that are restricted both in the month and in the week');
  if (anyDay && anyMonth && anyWeekday) return '<ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>';
  const week = `<DaysOfWeek>${weekdays.map((day) => `<${WEEKDAYS[day]} />`).join('')}</DaysOfWeek>`;
  if (anyDay && anyMonth) return `<ScheduleByWeek><WeeksInterval>1</WeeksInterval>${week}</ScheduleByWeek>`;
  const year = `<Months>${months.map((month) => `<${MONTHS[month - 1]} />`).join('')}</Months>`;
  if (!anyWeekday) {
    const weeks = ['1', '2', '3', '4', 'Last'].map((one) => `<Week>${one}</Week>`).join('');
    return `<ScheduleByMonthDayOfWeek><Weeks>${weeks}</Weeks>${week}${year}</ScheduleByMonthDayOfWeek>`;
  }
  const month = `<DaysOfMonth>${days.map((day) => `<Day>${day}</Day>`).join('')}</DaysOfMonth>`;
  return `<ScheduleByMonth>${month}${year}</ScheduleByMonth>`;
}

function refused(message: string): CodexLinkError {
  return new CodexLinkError(finding('CL8048', message));
}
