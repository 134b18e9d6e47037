import type { Parsed } from '../toml/read.ts';

export function text(value: Parsed | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** A whole number that JSON can say; null for anything else. */
export function whole(value: Parsed | undefined): number | null {
  return typeof value === 'bigint' && value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}
