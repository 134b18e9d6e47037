/** How requests are spread over the accounts, as one of the two files says it. */
export interface Routing {
  readonly strategy: string;
  readonly sessionAffinity: boolean;
  readonly sessionAffinityTtl: string;
}

/**
 * The strategy by its full name; a name that the gateway does not know as it stands.
 * Source: CLIProxyAPI 7.2.140, internal/api/handlers/management/config_basic.go; the weighted kind is not in 6.9.45 and 7.1.16.
 */
export function strategyName(text: string): string {
  const name = text.trim().toLowerCase();
  if (['', 'round-robin', 'roundrobin', 'rr'].includes(name)) return 'round-robin';
  if (['fill-first', 'fillfirst', 'ff'].includes(name)) return 'fill-first';
  if (['weighted-round-robin', 'weightedroundrobin', 'wrr'].includes(name)) return 'weighted-round-robin';
  return text.trim();
}

/**
 * What CCS will make of the strategy in its own config.yaml: only `fill-first` in full is that, everything else becomes round-robin when
 * it writes the gateway's file. Source: CCS 7.79.1, cliproxy/config/generator.js. A name that it would lose so stays, to be seen.
 */
export function savedStrategyName(text: string): string {
  const name = strategyName(text);
  return name === 'fill-first' ? text : name;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a duration of Go, like `1h30m`; null for what is none. */
export function durationMs(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((one) => one[0]).join('') !== text.trim()) return null;
  return parts.reduce((sum, [, number = '', unit = '']) => sum + Number(number) * (UNITS_MS[unit] ?? 0), 0);
}

/** Whether two durations are as long: `60m` and `1h`. */
export function sameDuration(a: string, b: string): boolean {
  const [first, second] = [durationMs(a), durationMs(b)];
  // Sums of fractions differ in the last bits.
  return first === null || second === null ? a.trim() === b.trim() : Math.abs(first - second) < 1e-6;
}
