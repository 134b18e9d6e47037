/** What a cron expression says. Each list is sorted and holds every value that the field allows. */
export interface CronTimes {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  /** 1 is January. */
  readonly months: readonly number[];
  /** 0 is Sunday, 6 Saturday. */
  readonly weekdays: readonly number[];
  /** Whether one of the two kinds of day is enough; else a day has to be allowed by both. */
  readonly eitherDay: boolean;
}

/** The values that each field can have. */
export const RANGES = {
  minutes: [0, 59],
  hours: [0, 23],
  days: [1, 31],
  months: [1, 12],
  weekdays: [0, 6],
} as const satisfies Record<string, readonly [number, number]>;

export type FieldName = keyof typeof RANGES;

const FIELDS: readonly { readonly key: FieldName; readonly name: string }[] = [
  { key: 'minutes', name: 'minute' },
  { key: 'hours', name: 'hour' },
  { key: 'days', name: 'day of the month' },
  { key: 'months', name: 'month' },
  { key: 'weekdays', name: 'day of the week' },
];

/** The most days that a month has, from January on. */
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads five cron fields, or says in words what is wrong with them. Days follow Vixie cron, as crontab(5) has it: when both the day of the month
 * and the day of the week are restricted one of them is enough, where a field that begins with `*` does not count as restricted.
 */
export function parseCron(text: string): CronTimes | string {
  const texts = text.trim().split(/ +/);
  if (texts.length !== FIELDS.length) return `${JSON.stringify(text)} does not have five fields`;
  const lists: Partial<Record<FieldName, readonly number[]>> = {};
  for (const [index, { key, name }] of FIELDS.entries()) {
    const values = fieldValues(key, texts[index] ?? '', name);
    if (typeof values === 'string') return values;
    lists[key] = values;
  }
  const { minutes, hours, days, months, weekdays } = lists as Record<FieldName, readonly number[]>;
  const eitherDay = !texts[2]?.startsWith('*') && !texts[4]?.startsWith('*');
  const comes = eitherDay || months.some((month) => (days[0] ?? 1) <= (LONGEST[month - 1] ?? 31));
  if (!comes) return `the day ${texts[2]} never comes in the months ${texts[3]}`;
  return { minutes, hours, days, months, weekdays, eitherDay };
}

function fieldValues(key: FieldName, text: string, name: string): readonly number[] | string {
  const [least, most] = key === 'weekdays' ? [0, 7] : RANGES[key]; // 7 is Sunday too
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const shown = JSON.stringify(part);
    const match = /^(?:(\*)|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:\/([0-9]{1,2}))?$/.exec(part);
    if (match === null) return `the ${name} ${shown} is malformed; write *, 5, 1-5, */15 or a list of these`;
    const [from, to] = [match[2] ?? least, match[3] ?? match[2] ?? most].map(Number) as [number, number];
    if (from < least || to > most || from > to) return `the ${name} ${shown} is outside of ${least}-${most}`;
    const step = match[4] === undefined ? 1 : Number(match[4]);
    if (step === 0) return `the ${name} ${shown} has a step of 0`;
    // Some crons go on from there to the end, Debian's passes the step over in silence.
    if (match[4] !== undefined && match[1] === undefined && match[3] === undefined)
      return `the ${name} ${shown} means different things to different crons; write ${from}-${RANGES[key][1]}/${step}, or ${from}`;
    for (let value = from; value <= to; value += step) values.add(key === 'weekdays' ? value % 7 : value);
  }
  return [...values].sort((a, b) => a - b);
}

/** True when the field allows every value it can have. */
export function isEvery(key: FieldName, values: readonly number[]): boolean {
  const [least, most] = RANGES[key];
  return values.length === most - least + 1;
}
