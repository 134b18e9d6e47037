import { isMap, isScalar, type Pair, parseDocument, Scalar, type YAMLMap } from 'yaml';

/** One scalar and what it is to be. */
export interface YamlEdit {
  /** Keys from the top of the file. */
  readonly path: readonly string[];
  readonly value: string | boolean;
}

/** The text cannot be edited in place; the message never quotes it, for a key may stand there. */
export class YamlRefusal extends Error {}

/**
 * Sets scalars in a YAML text and leaves every other byte as it is: comments, order, quotes, line ends. A key that is missing is put
 * before the first one of its map. Throws `YamlRefusal` for what is no YAML and for what cannot be edited so: an alias, an anchor, a map
 * where a scalar is wanted or the other way round.
 */
export function editYaml(text: string, edits: readonly YamlEdit[]): string {
  return edits.reduce(edited, text);
}

function edited(text: string, { path, value }: YamlEdit): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new YamlRefusal('it is not valid YAML');
  if (document.getIn(path) === value && document.hasIn(path)) return text;
  const after = isMap(document.contents)
    ? inMap(text, document.contents, path, value)
    : intoNothing(text, document.contents, path, value);
  const reread = parseDocument(after);
  // Whatever the layout was: an edit that changes anything else is none.
  if (reread.errors.length > 0 || !sameMeaning(reread.toJS(), changed(document.toJS(), path, value)))
    throw new YamlRefusal('its layout is not understood');
  return after;
}

function changed(content: unknown, [name, ...rest]: readonly string[], value: YamlEdit['value']): unknown {
  if (name === undefined) return value;
  const map = (content ?? {}) as Record<string, unknown>;
  return { ...map, [name]: changed(map[name], rest, value) };
}

function intoNothing(text: string, contents: unknown, path: readonly string[], value: YamlEdit['value']): string {
  if (contents !== null && !(isScalar(contents) && contents.value === null)) throw new YamlRefusal('its top is not a map');
  const start = text === '' || text.endsWith('\n') ? text : `${text}${lineEnd(text)}`;
  return `${start}${lines(path, value, '', lineEnd(text))}`;
}

function inMap(text: string, map: YAMLMap, path: readonly string[], value: YamlEdit['value']): string {
  const [name = '', ...rest] = path;
  const pair = map.items.find((one): one is Pair<Scalar, unknown> => isScalar(one.key) && String(one.key.value) === name);
  if (pair === undefined) return inserted(text, map, path, value);
  const { value: node } = pair;
  if (isMap(node) && rest.length > 0) return inMap(text, node, rest, value);
  const empty = node === null || (isScalar(node) && node.value === null);
  if (rest.length > 0 && empty) return below(text, pair, rest, value);
  if (rest.length > 0 || !(isScalar(node) || node === null)) throw new YamlRefusal(`${name} is not what it should be`);
  if (isScalar(node) && node.anchor !== undefined) throw new YamlRefusal(`${name} has an anchor`);
  const written = rangeOf(node);
  const [from, to] = written === null || written[0] === written[1] ? [endOfKey(text, pair), endOfKey(text, pair)] : written;
  const style = isScalar(node) ? node.type : undefined;
  const block = style === Scalar.BLOCK_LITERAL || style === Scalar.BLOCK_FOLDED;
  const space = from === to && !/\s/.test(text[from - 1] ?? ' ') ? ' ' : '';
  return `${text.slice(0, from)}${space}${scalar(value, style)}${block ? lineEnd(text) : ''}${text.slice(to)}`;
}

/** A new key before the first one of the map, with the same indentation. */
function inserted(text: string, map: YAMLMap, path: readonly string[], value: YamlEdit['value']): string {
  const start = rangeOf(map)?.[0] ?? 0;
  if (map.flow === true) {
    const content = `${flow(path, value)}${map.items.length > 0 ? ', ' : ' '}`;
    return `${text.slice(0, start + 1)} ${content}${text.slice(start + 1).trimStart()}`;
  }
  const first = map.items[0]?.key;
  const at = rangeOf(first)?.[0] ?? start;
  const line = text.lastIndexOf('\n', at - 1) + 1;
  const indent = text.slice(line, at);
  if (indent.trim() !== '') throw new YamlRefusal('a map begins in the middle of a line');
  return `${text.slice(0, line)}${lines(path, value, indent, lineEnd(text))}${text.slice(line)}`;
}

/** The first key of a map that has none yet: `name:` alone on its line. */
function below(text: string, pair: Pair<Scalar, unknown>, path: readonly string[], value: YamlEdit['value']): string {
  const keyAt = rangeOf(pair.key)?.[0] ?? 0;
  const indent = text.slice(text.lastIndexOf('\n', keyAt - 1) + 1, keyAt);
  if (indent.trim() !== '') throw new YamlRefusal('a map begins in the middle of a line');
  const end = text.indexOf('\n', keyAt);
  const line = end === -1 ? text : text.slice(0, end + 1);
  const written = rangeOf(pair.value);
  if (written !== null && written[0] !== written[1]) throw new YamlRefusal('a null is spelt out where a map is wanted');
  return `${line}${end === -1 ? lineEnd(text) : ''}${lines(path, value, `${indent}  `, lineEnd(text))}${text.slice(line.length)}`;
}

function lines(path: readonly string[], value: YamlEdit['value'], indent: string, newline: string): string {
  return path
    .map(
      (name, depth) => `${indent}${'  '.repeat(depth)}${name}:${depth === path.length - 1 ? ` ${scalar(value)}` : ''}${newline}`,
    )
    .join('');
}

function flow([name = '', ...rest]: readonly string[], value: YamlEdit['value']): string {
  return rest.length === 0 ? `${name}: ${scalar(value)}` : `${name}: { ${flow(rest, value)} }`;
}

/** In the quotes that stand there; without any where nothing could take it for something else than this text. */
function scalar(value: YamlEdit['value'], style?: string): string {
  if (typeof value === 'boolean') return String(value);
  if (style === Scalar.QUOTE_SINGLE) return `'${value.replaceAll("'", "''")}'`;
  const plain = /^[A-Za-z][\w-]*$|^\d+(\.\d+){3}$/.test(value) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(value);
  return plain && style !== Scalar.QUOTE_DOUBLE ? value : JSON.stringify(value);
}

function endOfKey(text: string, pair: Pair<Scalar, unknown>): number {
  return text.indexOf(':', rangeOf(pair.key)?.[1] ?? 0) + 1;
}

function rangeOf(node: unknown): [number, number] | null {
  const range = (node as { range?: [number, number, number] | null } | null)?.range;
  return range ? [range[0], range[1]] : null;
}

function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function sameMeaning(a: unknown, b: unknown): boolean {
  return JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, ordered(inner)]),
  );
}
