// Part of the stand-in for CLIProxyAPI: reads its config.yaml, in the shape CCS generates it, and writes the one scalar the real
// program writes back. A few lines instead of a YAML package, so that the stand-in runs from a plain folder with nothing beside it.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * @typedef {object} GatewayConfig
 * @property {number} port
 * @property {string} host
 * @property {string[]} apiKeys
 * @property {string} secretKey
 * @property {boolean} allowRemote
 * @property {string} authDir
 * @property {string} routingStrategy
 * @property {string} sessionAffinity
 * @property {string} sessionAffinityTtl
 */

/** Removes quotes, or a trailing comment from an unquoted scalar. @param {string} text @returns {string} */
function scalar(text) {
  const trimmed = text.trim();
  if (trimmed.startsWith('"')) {
    const end = trimmed.match(/^"(?:[^"\\]|\\.)*"/);
    return end ? JSON.parse(end[0]) : trimmed;
  }
  if (trimmed.startsWith("'")) {
    const end = trimmed.match(/^'((?:[^']|'')*)'/);
    return end ? end[1].replaceAll("''", "'") : trimmed;
  }
  return trimmed.replace(/(^|\s)#.*$/, '').trim();
}

/**
 * What no YAML parser takes, as far as a few lines can tell: a line that is neither a key nor an item, or brackets and quotes that do not
 * close. Good enough for a file that somebody is in the middle of editing.
 * @param {string} line
 */
function isBroken(line) {
  const value = line.match(/^\s*(?:- )?[\w-]+:(?:\s+(.*))?$/) ?? line.match(/^\s*-(?:\s+(.*))?$/);
  if (!value) return true;
  const text = (value[1] ?? '').replace(/\s#.*$/, '').trim();
  const closing = { '[': ']', '{': '}', '"': '"', "'": "'" }[text[0] ?? ''];
  return closing !== undefined && (text.length < 2 || !text.endsWith(closing));
}

/**
 * Top-level scalars, one level of nested scalars (as `parent.child`), and lists of scalars.
 * @param {string} text
 * @returns {{values: Map<string, string>, lists: Map<string, string[]>}}
 */
export function readKnownYaml(text) {
  const values = new Map();
  const lists = new Map();
  let parent = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(#|$)/.test(line)) continue;
    if (isBroken(line)) throw new Error('invalid YAML');
    const item = line.match(/^\s*-\s+(.*)$/);
    if (item) {
      const list = lists.get(parent) ?? [];
      list.push(scalar(item[1] ?? ''));
      lists.set(parent, list);
      continue;
    }
    const pair = line.match(/^(\s*)([\w-]+):\s*(.*)$/);
    if (!pair) continue;
    const [, indent = '', name = '', rest = ''] = pair;
    const key = indent === '' ? name : `${parent}.${name}`;
    if (indent === '') parent = name;
    const flow = rest.match(/^\[(.*)\]\s*(#.*)?$/);
    if (flow) {
      const items = (flow[1] ?? '').split(',').map(scalar);
      lists.set(key, items.filter(Boolean));
    } else {
      values.set(key, scalar(rest));
    }
  }
  return { values, lists };
}

/** Throws for what is no YAML. @param {string} text the content of config.yaml @returns {GatewayConfig} */
export function parseConfig(text) {
  const { values, lists } = readKnownYaml(text);
  return {
    port: Number(values.get('port') ?? 8317),
    host: values.get('host') ?? '',
    apiKeys: lists.get('api-keys') ?? [],
    secretKey: values.get('remote-management.secret-key') ?? '',
    allowRemote: values.get('remote-management.allow-remote') === 'true',
    authDir: values.get('auth-dir') ?? '',
    routingStrategy: values.get('routing.strategy') ?? '',
    sessionAffinity: values.get('routing.session-affinity') ?? '',
    sessionAffinityTtl: values.get('routing.session-affinity-ttl') ?? '',
  };
}

/** config_access/provider.go normalizeKeys: trimmed, without empty and repeated ones. @param {string[]} keys @returns {string[]} */
export function normalizeKeys(keys) {
  return [...new Set(keys.map((key) => key.trim()).filter(Boolean))];
}

/** @param {string} value */
export function looksHashed(value) {
  return /^\$2[aby]\$/.test(value);
}

/**
 * A string in the form of a bcrypt hash. Node has no bcrypt, and for the tests the form is what matters: the real program too replaces
 * the plain secret in the file by a value nobody can compare (config.go, LoadConfigOptional).
 * @param {string} secret
 * @param {string} [salt] 22 characters
 * @returns {string}
 */
export function hashSecret(secret, salt = randomBytes(24).toString('base64').replaceAll('+', '.').slice(0, 22)) {
  const digest = createHash('sha256').update(salt).update(secret).digest('base64').replaceAll('+', '.').slice(0, 31);
  return `$2a$10$${salt}${digest}`;
}

/** @param {string} hash @param {string} provided */
export function matchesHash(hash, provided) {
  return looksHashed(hash) && hashSecret(provided, hash.slice(7, 29)) === hash;
}

/**
 * Replaces one nested scalar in place and leaves every other byte as it is.
 * @param {string} file
 * @param {string} parent
 * @param {string} name
 * @param {string} value
 */
export function writeNestedScalar(file, parent, name, value) {
  const text = readFileSync(file, 'utf8');
  const pattern = new RegExp(`^(${parent}:[^\\n]*\\n(?:(?:[ \\t]+[^\\n]*)?\\n)*?[ \\t]+${name}:[ \\t]*)[^\\n]*`, 'm');
  writeFileSync(
    file,
    text.replace(pattern, (_line, head) => `${head}${value}`),
  );
}

/**
 * What a change through /v0/management writes: all that the program holds in memory goes over what stands in the file, so that an edit
 * of the last 150 ms is lost (internal/config, SaveConfigPreserveComments). Values that the file lacks and that are empty are left out.
 * @param {string} file
 * @param {GatewayConfig} config
 */
export function persist(file, config) {
  const nested = [
    ['remote-management', 'allow-remote', String(config.allowRemote)],
    ['remote-management', 'secret-key', config.secretKey],
    ['routing', 'strategy', config.routingStrategy],
    ['routing', 'session-affinity', config.sessionAffinity],
    ['routing', 'session-affinity-ttl', config.sessionAffinityTtl],
  ];
  for (const [parent = '', name = '', value = ''] of nested) if (value !== '') writeNestedScalar(file, parent, name, value);
  let text = readFileSync(file, 'utf8');
  const keys = config.apiKeys.map((key) => `  - ${JSON.stringify(key)}\n`).join('');
  text = text.replace(/^api-keys:\n(?:[ \t]+-[^\n]*\n)*/m, () => `api-keys:\n${keys}`);
  const host = /^host:.*$/m;
  if (host.test(text)) text = text.replace(host, () => `host: ${JSON.stringify(config.host)}`);
  else if (config.host !== '') text += `host: ${JSON.stringify(config.host)}\n`;
  writeFileSync(file, text);
}
