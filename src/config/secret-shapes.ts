/** Shapes that only keys and tokens have. Each is linear in the text, and none is anchored, so that they also serve for comments. */
const unmistakable: readonly (readonly [RegExp, string])[] = [
  // With a capital letter: hosts in Slovakia are called sk-something too.
  [/\bsk-(?=[a-z0-9_-]{0,200}[A-Z])[A-Za-z0-9_-]{20,}/, 'an API key (sk-…)'],
  [/\b(gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})/, 'a GitHub token'],
  [/\bglpat-[A-Za-z0-9_-]{16,}/, 'a GitLab token'],
  [/\bxox[abeprs]-[A-Za-z0-9-]{10,}/, 'a Slack token'],
  [/\bAKIA[0-9A-Z]{16}\b/, 'an AWS access key'],
  [/\bAIza[0-9A-Za-z_-]{30,}/, 'a Google API key'],
  [/\beyJ[A-Za-z0-9_-]{16,}/, 'a JSON Web Token (eyJ…)'],
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/, 'a private key'],
  [/\bhttps?:\/\/hooks\.slack\.com\/services\/\S+/i, "a webhook's URL, which is a secret"],
];

/** Also secrets, but words that may stand in prose: looked for in values only. */
const inValues: readonly (readonly [RegExp, string])[] = [
  [/\bsk-[A-Za-z0-9_-]{8,}/, 'an API key (sk-…)'],
  [/\bgh[pousr]_[A-Za-z0-9]{6,}/, 'a GitHub token'],
  [/\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+/, 'a JSON Web Token (eyJ…)'],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]{6,}/, 'an Authorization header (Bearer …)'],
  [/\bBasic\s+[A-Za-z0-9+/]{8,}=/, 'an Authorization header (Basic …)'],
  [/\bccs-internal-managed\b/, 'the key that CCS gives its gateway by default'],
  [/\bhttps?:\/\/[^/\s?#]*@/i, 'a URL with a user or password in it'],
  [/\b[a-z][a-z0-9+.-]{0,20}:\/\/[^/\s?#:@]*:[^/\s?#@]+@/i, 'a URL with a password in it'],
];

/** Something of each shape above: most texts have none of it, and one quick look saves all the others on every start. */
const unmistakableHint = /sk-|gh[pousr]_|github_pat_|glpat-|xox|AKIA|AIza|eyJ|PRIVATE KEY|[Ss][Ll][Aa][Cc][Kk]\./;
const inValuesHint = /@|Bearer|Basic|ccs-internal/;

/** Unmistakable secrets in a whole file, in order; the first hundred, which is enough to see what is wrong. */
export function unmistakableSecrets(text: string): readonly { index: number; end: number; what: string }[] {
  if (!unmistakableHint.test(text)) return [];
  return unmistakable
    .flatMap(([shape, what]) =>
      [...text.matchAll(new RegExp(shape, `${shape.flags}g`))].slice(0, 100).map((match) => {
        return { index: match.index, end: match.index + match[0].length, what };
      }),
    )
    .sort((a, b) => a.index - b.index)
    .slice(0, 100);
}

/** What kind of secret the text looks like, as a noun phrase; null when it looks like none. Never contains the text itself. */
export function secretShape(text: string): string | null {
  if (text.length < 8) return null;
  if (unmistakableHint.test(text)) {
    for (const [shape, what] of [...unmistakable, ...inValues]) if (shape.test(text)) return what;
  } else if (inValuesHint.test(text)) {
    for (const [shape, what] of inValues) if (shape.test(text)) return what;
  }
  return looksRandom(text) ? 'a long random text, like a key' : null;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const pathLike = /^(\/|~|\.{1,2}[/\\]|[A-Za-z]:[/\\])/;

/**
 * Keys change between small letters, capitals and digits all the time; names, words, addresses and dates do so rarely. Paths are left
 * alone (a Nix store path has a hash in it), and so are UUIDs, which name things.
 */
function looksRandom(text: string): boolean {
  if (text.length < 24 || text.length > 10_000 || pathLike.test(text)) return false;
  for (const [run] of text.matchAll(/[A-Za-z0-9_+/=-]{24,}/g)) {
    if (uuid.test(run)) continue;
    const symbols = run.replace(/[^A-Za-z0-9]/g, '');
    if (symbols.length < 24 || (symbols.match(/[0-9]/g) ?? []).length < 3) continue;
    if (new Set(symbols).size >= 10 && classChanges(symbols) / symbols.length >= 0.3) return true;
  }
  return false;
}

function classChanges(text: string): number {
  let changes = 0;
  for (let index = 1; index < text.length; index++) {
    if (characterClass(text.charCodeAt(index)) !== characterClass(text.charCodeAt(index - 1))) changes++;
  }
  return changes;
}

const characterClass = (code: number) => (code <= 57 ? 'digit' : code <= 90 ? 'capital' : 'small');

const secretNames = new Set([
  ...['value', 'secret', 'token', 'accesstoken', 'authtoken', 'bearertoken', 'key', 'apikey', 'gatewaykey', 'password', 'passwd'],
  ...['pass', 'passphrase', 'bearer', 'credential', 'credentials', 'literal', 'authorization', 'clientsecret'],
]);

/** True for a key whose value could only be a literal secret: value, token, apiKey, password and the like. */
export const isSecretName = (key: string) => secretNames.has(key.toLowerCase().replace(/[-_ ]/g, ''));
