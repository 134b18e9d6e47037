import { isScalar, isSeq, type Pair, parseDocument, type YAMLSeq } from 'yaml';
import type { Secret } from '../secret.ts';

/**
 * The text of the gateway's config with keys put before the others and keys taken out, every other byte as it was. Keys are written
 * between double quotes, one a line: when CCS writes the file anew it keeps only those that look so.
 * Source: CCS 7.79.1, cliproxy/config/generator.js
 */
export function withApiKeys(text: string, { add, remove }: { add: readonly Secret[]; remove: readonly Secret[] }): string {
  // As texts: a key of digits alone is a number to YAML.
  const document = parseDocument(text, { schema: 'failsafe' });
  const list = document.get('api-keys', true);
  const keys = keysOf(list);
  const missing = add.filter((key) => !keys.includes(key.reveal())).map((key) => key.reveal());
  const gone = remove.map((key) => key.reveal());
  if (missing.length === 0 && !keys.some((key) => gone.includes(key))) return text;
  if (isSeq(list) && !list.flow && list.items.length > 0) return byLines(text, list, missing, gone);
  const items = [...missing, ...keys.filter((key) => !gone.includes(key))].map((key) => {
    const scalar = document.createNode(key);
    scalar.type = 'QUOTE_DOUBLE';
    return scalar;
  });
  document.set('api-keys', document.createNode(items, { flow: false }));
  return document.toString({ lineWidth: 0 });
}

/** The text of CCS's config.yaml with this key for the gateway. */
export function withGatewayKey(text: string, key: Secret): string {
  const document = parseDocument(text, { schema: 'failsafe' });
  const path = ['cliproxy', 'auth', 'api_key'];
  const there = document.getIn(path, true);
  if (isScalar(there) && there.range) {
    const [from, to] = there.range;
    // An empty value has no place of its own: it begins where the colon ends.
    const space = from === to && text[from - 1] !== ' ' ? ' ' : '';
    return `${text.slice(0, from)}${space}${JSON.stringify(key.reveal())}${text.slice(to)}`;
  }
  for (let depth = 1; depth < path.length; depth++) {
    const at = path.slice(0, depth);
    const section = document.getIn(at);
    // `auth:` and nothing below it is a null, into which nothing can be set.
    if (section === null || section === '') document.setIn(at, document.createNode({}));
  }
  const scalar = document.createNode(key.reveal());
  scalar.type = 'QUOTE_DOUBLE';
  document.setIn(path, scalar);
  return document.toString({ lineWidth: 0 });
}

function keysOf(list: unknown): string[] {
  if (!isSeq(list)) return [];
  return list.items.flatMap((one) => (isScalar(one) && typeof one.value === 'string' ? [one.value] : []));
}

function byLines(text: string, list: YAMLSeq<unknown | Pair>, missing: readonly string[], gone: readonly string[]): string {
  const places = list.items.flatMap((one) => {
    if (!isScalar(one) || !one.range) return [];
    const from = text.lastIndexOf('\n', one.range[0] - 1) + 1;
    const end = text.indexOf('\n', one.range[1]);
    return [{ from, to: end === -1 ? text.length : end + 1, gone: gone.includes(String(one.value)) }];
  });
  const first = places[0];
  if (first === undefined) return text;
  const eol = text.slice(first.from, first.to).endsWith('\r\n') ? '\r\n' : '\n';
  const indent = /^[ \t]*/.exec(text.slice(first.from))?.[0] ?? '  ';
  let result = text;
  for (const place of places.toReversed()) if (place.gone) result = result.slice(0, place.from) + result.slice(place.to);
  const added = missing.map((key) => `${indent}- ${JSON.stringify(key)}${eol}`).join('');
  return result.slice(0, first.from) + added + result.slice(first.from);
}
