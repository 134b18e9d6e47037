/**
 * How CCS names the accounts of the codex pool, from e-mail and name of the token file.
 * Source: CCS 7.79.1, cliproxy/accounts/email-account-identity.js and registry.js.
 */

/** What is left of the name of a token file beside `codex-` and the e-mail, e.g. `a1b2c3d4-team`; null when nothing is. */
export function variantOf(tokenFile: string, email: string): string | null {
  const base = tokenFile.replace(/\.json$/i, '');
  const rest = base.toLowerCase().startsWith('codex-') ? base.slice('codex-'.length) : base;
  const at = rest.toLowerCase().indexOf(email.toLowerCase());
  if (at === -1) {
    const whole = cleaned(rest);
    return whole !== '' && whole !== cleaned(email) ? whole : null;
  }
  return [cleaned(rest.slice(0, at)), cleaned(rest.slice(at + email.length))].filter((one) => one !== '').join('-') || null;
}

/** The id that CCS gives an account: its e-mail, and with a twin in `auth/` the variant behind a `#`. */
export function idOf(tokenFile: string, email: string | null, twins: number): string {
  if (email === null) return 'default';
  const variant = twins > 1 ? variantOf(tokenFile, email) : null;
  return variant === null ? email : `${email}#${variant}`;
}

/** The nickname that CCS gives an account until somebody renames it. */
export function firstNickname(tokenFile: string, email: string, twins: number): string {
  const base = (email.split('@')[0] ?? '').replace(/\s+/g, '').slice(0, 50) || 'default';
  const variant = twins > 1 ? variantOf(tokenFile, email) : null;
  return variant === null ? base : `${base}-${variant}`.slice(0, 50);
}

/** The e-mail in the name of a token file whose content has none. */
export function emailInName(tokenFile: string): string | null {
  const base = tokenFile.replace(/\.json$/i, '');
  const rest = base.startsWith('codex-') ? base.slice('codex-'.length) : base;
  return /^[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}$/i.test(rest) ? rest : null;
}

function cleaned(part: string): string {
  return part
    .trim()
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/gi, '')
    .replace(/[^a-z0-9._-]+/gi, '-')
    .replace(/-+/g, '-')
    .toLowerCase();
}
