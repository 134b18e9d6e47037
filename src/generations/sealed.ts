import { Secret } from '../secret.ts';

/**
 * A text with its secrets taken out: in their place stand keyed fingerprints, so that whoever has the secrets (the file as it is now)
 * can put them back, and nobody else.
 */
export type Sealed = string;

const PLACE = /\{\{secret:(raw|escaped):([0-9a-f]{16})\}\}/g;

/** Null when the text cannot be sealed so that it comes out again: then it must not be kept. */
export function seal(text: string, secrets: readonly string[], key: string): Sealed | null {
  if (text.search(PLACE) !== -1) return null;
  const spelled = new Map<string, string>();
  for (const value of secrets) {
    const fingerprint = new Secret(value).fingerprint(key);
    spelled.set(value, `{{secret:raw:${fingerprint}}}`);
    if (quoted(value) !== value) spelled.set(quoted(value), `{{secret:escaped:${fingerprint}}}`);
  }
  const sealed = replacedAll(text, spelled);
  return unseal(sealed, secrets, key) === text ? sealed : null;
}

/** The text with its secrets back in place; null when one of them is not among those given. */
export function unseal(sealed: Sealed, secrets: readonly string[], key: string): string | null {
  const known = byFingerprint(secrets, key);
  const places = [...sealed.matchAll(PLACE)];
  return places.every(([, , fingerprint]) => known.has(fingerprint ?? '')) ? unsealKnown(sealed, secrets, key) : null;
}

/** The text with those secrets back in place that are among those given; the others stay sealed. */
export function unsealKnown(sealed: Sealed, secrets: readonly string[], key: string): string {
  const known = byFingerprint(secrets, key);
  return sealed.replace(PLACE, (place, spelling: string, fingerprint: string) => {
    const value = known.get(fingerprint);
    return value === undefined ? place : spelling === 'raw' ? value : quoted(value);
  });
}

export function holdsSealed(text: string): boolean {
  return text.search(PLACE) !== -1;
}

function byFingerprint(secrets: readonly string[], key: string): ReadonlyMap<string, string> {
  return new Map(secrets.map((value) => [new Secret(value).fingerprint(key), value]));
}

/** For people. */
export function shownSealed(sealed: Sealed): string {
  return sealed.replace(PLACE, '(sensitive)');
}

/** All at once, longest first: a short secret, like a word, must not be looked for in what stands for another one. */
function replacedAll(text: string, replacements: ReadonlyMap<string, string>): string {
  if (replacements.size === 0) return text;
  const longestFirst = [...replacements.keys()].sort((a, b) => b.length - a.length);
  const any = new RegExp(longestFirst.map((one) => one.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
  return text.replace(any, (found) => replacements.get(found) ?? found);
}

/** As between double quotes in TOML. */
function quoted(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
