/** How long something is past, in one short word: `3m`, `5h`, `12d`. */
export function ago(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 60) return `${minutes}m`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}h`;
  return `${Math.floor(minutes / 1440)}d`;
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A span like `90m`, `24h` or `7d`, in ms; null when it is none. */
export function span(text: string): number | null {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  return count === undefined || unit === undefined || Number(count) === 0 ? null : Number(count) * UNITS[unit]!;
}
