/** A moment as people are told it everywhere: on their own clock, to the minute, e.g. `2026-11-21 15:00`. */
export function localTime(milliseconds: number): string {
  const time = new Date(milliseconds);
  if (Number.isNaN(time.getTime())) return 'an unknown time';
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** The same for what is written down as ISO time. */
export function localTimeOf(iso: string): string {
  return localTime(Date.parse(iso));
}
