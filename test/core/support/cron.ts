import fc from 'fast-check';

const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/** Whether cron would run at this minute: read field by field from the text, with nothing of what the product makes of it. */
export function cronMatches(text: string, moment: Date): boolean {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = text.trim().split(/ +/);
  const week = moment.getDay();
  const byDay = has(day, moment.getDate(), 1);
  const byWeekday = has(weekday, week, 0) || (week === 0 && has(weekday, 7, 0));
  const either = !day.startsWith('*') && !weekday.startsWith('*');
  return (
    has(minute, moment.getMinutes(), 0) &&
    has(hour, moment.getHours(), 0) &&
    has(month, moment.getMonth() + 1, 1) &&
    (either ? byDay || byWeekday : byDay && byWeekday)
  );
}

function has(field: string, value: number, least: number): boolean {
  return field.split(',').some((part) => {
    const [range = '', step = '1'] = part.split('/');
    const [from = '', to = from] = range === '*' ? [String(least), '99'] : range.split('-');
    return value >= Number(from) && value <= Number(to) && (value - Number(from)) % Number(step) === 0;
  });
}

function field([least, most]: readonly [number, number]): fc.Arbitrary<string> {
  const number = fc.integer({ min: least, max: most });
  const step = fc.integer({ min: 1, max: 20 });
  const range = fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const part = fc.oneof(
    number.map(String),
    range,
    fc.tuple(range, step).map(([one, by]) => `${one}/${by}`),
    step.map((by) => `*/${by}`),
  );
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    part,
    fc.array(part, { minLength: 1, maxLength: 3 }).map((all) => all.join(',')),
  );
}

/** Cron expressions of every shape, days that never come included. */
export const cronText: fc.Arbitrary<string> = fc.tuple(...FIELDS.map(field)).map((fields) => fields.join(' '));

/** Rarely restricted in more than what matters, as people write them. */
export const ordinaryCron: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('0', '30', '*/15', '*/5', '7,37', '*', '10-50/20'),
    fc.constantFrom('*', '9-17', '0', '*/2', '8,12,18'),
    fc.constantFrom('*', '*', '1', '1,15', '*/2'),
    fc.constantFrom('*', '*', '1-6', '2'),
    fc.constantFrom('*', '*', '1-5', '0', '7', '6,7'),
  )
  .map((fields) => fields.join(' '));

/** Every minute from a moment on that is wanted. */
export function minutesOf(from: Date, days: number, wanted: (moment: Date) => boolean): number[] {
  const found: number[] = [];
  for (let minute = 0; minute < days * 1440; minute++) {
    const moment = new Date(from.getTime() + minute * 60_000);
    if (wanted(moment)) found.push(moment.getTime());
  }
  return found;
}
