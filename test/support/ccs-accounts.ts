/** Hand-made accounts in a CCS folder, with tokens that mean nothing. */
import type { FreshHome } from './fresh-home.ts';

export const AT = '2026-11-01T00:00:00.000Z';

/** The content of a token file. */
export function madeUpToken(email: string | null, more: object = {}): string {
  const expired = '2099-12-31T23:59:59Z';
  const tokens = { access_token: 'made-up', refresh_token: 'made-up', expired };
  return JSON.stringify({ type: 'codex', ...tokens, ...(email === null ? {} : { email }), ...more });
}

/** What accounts.json says of one account. */
export function entryOf(email: string, tokenFile = `codex-${email}.json`, more: object = {}): object {
  return { email, nickname: email.split('@')[0], tokenFile, createdAt: AT, lastUsedAt: AT, ...more };
}

/** The text of accounts.json, as CCS writes it. */
export function registryOf(chosen: string, accounts: Record<string, object>, otherProviders: object = {}): string {
  return `${JSON.stringify({ version: 1, providers: { codex: { default: chosen, accounts }, ...otherProviders } }, null, 2)}\n`;
}

export function putToken(
  home: FreshHome,
  place: 'auth' | 'auth-paused',
  email: string,
  name = `codex-${email}.json`,
  more: object = {},
): void {
  home.write(`.ccs/cliproxy/${place}/${name}`, madeUpToken(email, more), 0o600);
}

export function putRegistry(home: FreshHome, text: string): void {
  home.write('.ccs/cliproxy/accounts.json', text, 0o600);
}
