/** Keys, flags, headers and variables whose values nobody but their owner should see. */
const SENSITIVE_NAME = /(token|secret|password|passwd|passphrase|api_?-?key|access_?-?key|authorization|credential)/i;
/** Those that only name a variable or a place, or count something. Names of variables, like `env_key`, are no secrets. */
const NO_VALUE =
  /(^env_|_env_var$|^env_http_headers$|_(env|file|path|dir|url|uri|name|type|kind|store|provider|endpoint|limit|count|timeout|ttl)$|_tokens?_)/i;
/** In addresses names are shorter. */
const SENSITIVE_PARAMETER = /^(key|sig|signature|auth|pwd|pass|code|jwt|sas)$/i;

export function isSensitiveName(name: string): boolean {
  return SENSITIVE_NAME.test(name) && !NO_VALUE.test(name.replaceAll('-', '_'));
}

/** The secrets within a text that is none itself: in an address, behind a flag, after the name of a header. */
export function embeddedSecrets(text: string): string[] {
  if (!/[=:@]|earer|asic/.test(text)) return []; // as most texts
  return [...inAddresses(text), ...inAssignment(text)].filter(isWorthHiding);
}

/** The secrets in a list of arguments, where a flag and its value may stand apart: `--token`, `abc`. */
export function secretsInArguments(list: readonly unknown[]): string[] {
  return list.flatMap((one, index) => {
    const [flag, value] = [one, list[index + 1]];
    if (typeof flag !== 'string' || typeof value !== 'string' || !/^--?[A-Za-z]/.test(flag) || value.startsWith('-')) return [];
    return isSensitiveName(flag.replace(/^-+/, '')) && isWorthHiding(value) ? [value] : [];
  });
}

/** `https://user:password@host`, `https://token@host`, `?api_key=…`; of a list of addresses, each. */
function inAddresses(text: string): string[] {
  const users = [...text.matchAll(/[a-z][a-z0-9+.-]{0,20}:\/\/([^\s/?#@]{1,400})@/gi)].flatMap(([, user = '']) => {
    const colon = user.indexOf(':');
    const [name, password] = [user.slice(0, colon), user.slice(colon + 1)];
    if (colon === -1) return user.length >= 16 ? [user] : [];
    // A word that stands everywhere, like postgres, is hidden in its place only: a diff without words says nothing.
    return password.length < 6 || password === name ? [`${user}@`] : [password];
  });
  const parameters = [...text.matchAll(/[?&;#]([A-Za-z_][\w.-]{0,60})=([^&;#\s"']{1,2000})/g)].flatMap(
    ([, name = '', value = '']) => (isSensitiveName(name) || SENSITIVE_PARAMETER.test(name) ? [value] : []),
  );
  return [...users, ...parameters];
}

/** `--api-key=…`, `API_KEY=…` as after `docker run -e`, `Authorization: Bearer …` as after `--header`. */
function inAssignment(text: string): string[] {
  const assigned = /^-{0,2}([A-Za-z][\w.-]{0,80})\s*[=:]\s*(?:(?:Bearer|Basic|Token)\s+)?(\S.*)$/is.exec(text);
  const [, name = '', value = ''] = assigned ?? [];
  const bearer = /\b(?:Bearer|Basic)\s+([A-Za-z0-9._~+/=-]{8,})/.exec(text)?.[1];
  return [...(isSensitiveName(name) && !value.startsWith('//') ? [value.trim()] : []), ...(bearer === undefined ? [] : [bearer])];
}

/** Not what stands for a value from elsewhere, and not words and numbers that a diff is full of. */
function isWorthHiding(value: string): boolean {
  if (value.length < 4 || /^(\$\{[^}]*\}|\$\w+|%\w+%|\{\{.*\}\}|<[^>]*>|\*+)$/.test(value)) return false;
  return !/^(\d{1,7}|true|false|none|null|auto|basic|bearer|oauth2?|keychain|keyring|prompt|required|optional)$/i.test(value);
}
