import { type Findings, pathText } from './findings.ts';
import { nearest } from './nearest.ts';
import { secretShape, unmistakableSecrets } from './secret-shapes.ts';
import type { Path, Place, Source, Tree, TreeMap } from './tree.ts';

const instead =
  'remove it and replace the key if it was real; state where it comes from instead: `source: ccs`, `keep`, `prompt`, `{ env: NAME }`, `{ file: PATH }`, `{ command: [..] }` or `{ generate: 32 }`';

/**
 * Finds keys, tokens and passwords in the values and comments of a file. A finding never contains the value. `root` is null where the text
 * is no YAML.
 */
export function refuseLiteralSecrets(root: TreeMap | null, source: Source, findings: Findings): void {
  const told: Place[] = [];
  const refuse = (place: Place, message: string, fix: string) => {
    told.push(place);
    findings.at(place, 'CL2040', message, fix);
  };
  if (root !== null) visit(root, [], refuse);
  refuseInText(source, told, refuse);
}

type Refuse = (place: Place, message: string, fix: string) => void;

function visit(tree: Tree, path: Path, refuse: Refuse): void {
  if (tree.kind === 'list') for (const [index, item] of tree.items.entries()) visit(item, [...path, index], refuse);
  else if (tree.kind === 'map') {
    for (const [name, entry] of tree.entries) {
      const what = secretShape(name);
      if (what !== null) refuse(entry.key, `${pathText(path) || 'the file'} has a key that looks like ${what}`, instead);
      visit(entry.value, [...path, name], refuse);
    }
  } else if (tree.kind === 'scalar' && typeof tree.value === 'string' && tree.value !== '') {
    visitText(tree.value, tree.place, path, refuse);
  }
}

const sources = ['ccs', 'keep', 'prompt'];
const sourceMaps = ['env', 'file', 'command', 'generate'];

function visitText(text: string, place: Place, path: Path, refuse: Refuse): void {
  const name = pathText(path);
  const sections = path[0] === 'overrides' ? path.slice(3) : path;
  if (sections.join('.') === 'secret.source') {
    if (sources.includes(text)) return;
    const keyword = nearest(text, [...sources, ...sourceMaps]);
    const hint = keyword === null ? '' : `; did you mean ${sources.includes(keyword) ? keyword : `{ ${keyword}: … }`}?`;
    const message = `${name}: this is none of ccs, keep and prompt, and a literal secret never stands in this file${hint}`;
    refuse(place, message, instead);
    return;
  }
  const credential = credentialOf(sections);
  if (credential !== null) {
    refuse(place, `${name}: ${credential} would be a literal secret in this file and in config.toml`, routeFix);
    return;
  }
  // What names a machine, a user or an account may look like anything.
  if ((path[0] === 'overrides' && path[2] === 'when') || sections.at(-1) === 'email') return;
  const what = secretShape(text);
  if (what !== null) refuse(place, `${name}: the value looks like ${what}; a literal secret never stands in this file`, instead);
}

const routeFix = 'remove it: codex-link hands the gateway key to Codex by `provider.auth`, from where `secret.source` says';

/** What the provider setting at the path carries, when it is a credential by its very name. */
function credentialOf(path: Path): string | null {
  if (path[0] !== 'provider' || path[1] !== 'settings') return null;
  const field = String(path[2]);
  if (field === 'experimental_bearer_token') return 'a bearer token';
  const name = String(path[3] ?? '').toLowerCase();
  if (field === 'http_headers' && credentialHeaders.has(name)) return `the header ${path[3]}`;
  if (field === 'query_params' && credentialParameters.has(name)) return `the parameter ${path[3]}`;
  return null;
}

const credentialHeaders = new Set([
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'x-auth-token',
]);
/** CLIProxyAPI takes its key from `key` and `auth_token` too. */
const credentialParameters = new Set(['key', 'auth_token', 'api_key', 'api-key', 'apikey', 'token', 'access_token']);

/** Looks through the whole text, comments included, for what can only be a secret. */
function refuseInText(source: Source, told: readonly Place[], refuse: Refuse): void {
  for (const { index, end, what } of unmistakableSecrets(source.text)) {
    if (told.some((place) => place.source === source && place.offset <= index && index <= place.end)) continue;
    refuse(
      { source, offset: index, end },
      `there is ${what} in the text, perhaps in a comment; a literal secret never stands in this file`,
      instead,
    );
  }
}
