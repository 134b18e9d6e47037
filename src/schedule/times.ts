import type { DesiredDrift } from '../config/desired.ts';
import { type CronTimes, type FieldName, isEvery, parseCron, RANGES } from './cron.ts';

export type ScheduleWish = NonNullable<DesiredDrift['schedule']>;

/** Times of which all five lists hold: a moment counts when each of its parts is in its list. */
export type CalendarEntry = Readonly<Record<FieldName, readonly number[]>>;

/** When something is to run, in the form that every scheduler's own form is made from. */
export type Times =
  | {
      readonly kind: 'calendar';
      /** One of them is enough. Local time. */
      readonly entries: readonly CalendarEntry[];
      /** The same as lines of a crontab, without the command. */
      readonly cron: readonly string[];
    }
  /** So many minutes after the last run, whatever the clock says. */
  | { readonly kind: 'interval'; readonly minutes: number };

const ALL: CalendarEntry = {
  minutes: range('minutes'),
  hours: range('hours'),
  days: range('days'),
  months: range('months'),
  weekdays: range('weekdays'),
};

const DAY = 1440;
const ORDER: readonly FieldName[] = ['minutes', 'hours', 'days', 'months', 'weekdays'];
/** A 29th of February that has to be a certain weekday comes after 40 years at the latest: 28, and the 8 around a year like 2100. */
const FAR_DAYS = 41 * 366;

/**
 * The times of `drift.schedule`. An interval that divides a day, or is a week, becomes times of the clock, so that a machine that starts anew
 * does not begin to count anew. Throws for a cron expression that the checks of codex-link.yaml refuse.
 */
export function timesOf(wish: ScheduleWish): Times {
  if ('cron' in wish) {
    const cron = parseCron(wish.cron);
    if (typeof cron === 'string') throw new Error(cron);
    return { kind: 'calendar', entries: entriesOf(cron), cron: [wish.cron.trim().split(/ +/).join(' ')] };
  }
  const minutes = minutesOf(wish.every);
  const entries = DAY % minutes === 0 ? dividingTheDay(minutes) : minutes === 7 * DAY ? [{ ...at(0), weekdays: [0] }] : null;
  return entries === null ? { kind: 'interval', minutes } : { kind: 'calendar', entries, cron: entries.map(cronOf) };
}

/** How people say it. */
export function timesText(wish: ScheduleWish): string {
  return 'cron' in wish ? `cron ${wish.cron}` : `every ${wish.every}`;
}

function minutesOf(every: string): number {
  const unit = { m: 1, h: 60, d: DAY }[every.slice(-1)] ?? 1;
  return Number(every.slice(0, -1)) * unit;
}

function entriesOf({ eitherDay, ...lists }: CronTimes): readonly CalendarEntry[] {
  if (!eitherDay || isEvery('days', lists.days) || isEvery('weekdays', lists.weekdays))
    return [eitherDay ? anyDay(lists) : lists];
  return [
    { ...lists, weekdays: ALL.weekdays },
    { ...lists, days: ALL.days },
  ];
}

/** One of the two allows every day, and one is enough. */
function anyDay(lists: CalendarEntry): CalendarEntry {
  return { ...lists, days: ALL.days, weekdays: ALL.weekdays };
}

function at(time: number): CalendarEntry {
  return { ...ALL, minutes: [time % 60], hours: [Math.floor(time / 60)] };
}

/** Minutes of the hour that go with the same hours make one entry. */
function dividingTheDay(minutes: number): readonly CalendarEntry[] {
  const hours = new Map<number, number[]>();
  for (let time = 0; time < DAY; time += minutes) hours.set(time % 60, [...(hours.get(time % 60) ?? []), Math.floor(time / 60)]);
  const together = new Map<string, number[]>();
  for (const [minute, list] of hours) together.set(list.join(), [...(together.get(list.join()) ?? []), minute]);
  return [...together].map(([list, minute]) => ({
    ...ALL,
    minutes: minute.sort((a, b) => a - b),
    hours: list.split(',').map(Number),
  }));
}

function cronOf(entry: CalendarEntry): string {
  return ORDER.map((key) => cronField(key, entry[key])).join(' ');
}

function cronField(key: FieldName, values: readonly number[]): string {
  if (isEvery(key, values)) return '*';
  const [least, most] = RANGES[key];
  const step = (values[1] ?? 0) - (values[0] ?? 0);
  const regular = values.length > 2 && values[0] === least && values.every((value, index) => value === least + index * step);
  return regular && (values.at(-1) ?? 0) + step > most ? `*/${step}` : values.join(',');
}

function range(key: FieldName): readonly number[] {
  const [least, most] = RANGES[key];
  return Array.from({ length: most - least + 1 }, (_, index) => least + index);
}

/** The next moments in local time, in milliseconds since the epoch; fewer than asked for when there are no more. */
export function nextRuns(entries: readonly CalendarEntry[], after: number, count: number): number[] {
  const start = new Date(after);
  const found: number[] = [];
  for (let ahead = 0; ahead < FAR_DAYS && found.length < count; ahead++) {
    const day = new Date(start.getFullYear(), start.getMonth(), start.getDate() + ahead);
    const today = entries.filter(
      ({ days, months, weekdays }) =>
        days.includes(day.getDate()) && months.includes(day.getMonth() + 1) && weekdays.includes(day.getDay()),
    );
    const moments = today.flatMap(({ hours, minutes }) =>
      hours.flatMap((hour) =>
        minutes.flatMap((minute) => {
          const moment = new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour, minute);
          return moment.getHours() === hour && moment.getTime() > after ? [moment.getTime()] : []; // not in the hour that is left out
        }),
      ),
    );
    found.push(...[...new Set(moments)].sort((a, b) => a - b));
  }
  return found.slice(0, count);
}

/** The times of the day of an entry, as minutes since midnight, sorted. */
export function timesOfDay({ hours, minutes }: CalendarEntry): number[] {
  return hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute)).sort((a, b) => a - b);
}

/** The shortest time between two runs on one day or over midnight, in minutes. */
export function shortestGap(times: Times): number {
  if (times.kind === 'interval') return times.minutes;
  const all = [...new Set(times.entries.flatMap(timesOfDay))].sort((a, b) => a - b);
  const gaps = all.map((time, index) => (all[index + 1] ?? (all[0] ?? 0) + DAY) - time);
  return Math.min(DAY, ...gaps);
}
