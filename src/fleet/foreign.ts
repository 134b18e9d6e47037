/** Careful looks into JSON that somebody else wrote: whatever is not as expected is as good as not there. */

/** No text of a report is longer; what is cut ends in an ellipsis. */
const LONGEST = 600;

export type Foreign = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Foreign {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that is a text with something in it. */
export function text(of: Foreign, name: string, longest = LONGEST): string | null {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  return typeof value === 'string' && value.trim() !== '' ? cut(value, longest) : null;
}

/** A member that is a list of objects, at most `most` of them. */
export function records(of: Foreign, name: string, most: number): readonly Foreign[] {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  return Array.isArray(value) ? value.slice(0, most).filter(isRecord) : [];
}

/** Any value on one line. */
export function shown(value: unknown): string {
  return value === undefined || value === null ? 'none' : cut(typeof value === 'string' ? value : JSON.stringify(value), 200);
}

/** A member that is a moment, in ms since the epoch. */
export function moment(of: Foreign, name: string): number | null {
  const value = text(of, name, 40);
  const at = value === null ? Number.NaN : Date.parse(value);
  return Number.isFinite(at) ? at : null;
}

/** What is cut is copied: a slice would hold on to the whole of what may be megabytes. */
function cut(value: string, longest: number): string {
  return value.length <= longest ? value : Buffer.from(`${value.slice(0, longest - 1)}…`, 'utf16le').toString('utf16le');
}
