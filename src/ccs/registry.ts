import { join } from 'node:path';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { firstNickname, idOf } from './account-identity.ts';
import type { TokenFile } from './token-file.ts';

/** What CCS keeps of an account; fields that are not named here are kept as they are. */
export interface RegistryEntry {
  readonly email?: string;
  readonly nickname?: string;
  readonly tokenFile: string;
  readonly createdAt?: string;
  readonly lastUsedAt?: string;
  readonly paused?: boolean;
  readonly pausedAt?: string;
}

/** The accounts of the codex provider, by id, in CCS's order. */
export interface CodexRegistry {
  readonly default: string;
  readonly accounts: ReadonlyMap<string, RegistryEntry>;
}

/** accounts.json as it lies on the disk. CCS rebuilds a corrupt one from the token files as soon as any of its commands looks. */
export type RegistryFile =
  | { readonly state: 'missing' | 'corrupt' }
  | { readonly state: 'readable'; readonly root: Readonly<Record<string, unknown>>; readonly codex: CodexRegistry | null };

export function registryPath(cliproxy: string): string {
  return join(cliproxy, 'accounts.json');
}

/** Understands accounts.json. Throws `CodexLinkError` for what CCS neither rebuilds nor can work with. */
export function parseRegistry(text: string | null, path: string): RegistryFile {
  if (text === null) return { state: 'missing' };
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return { state: 'corrupt' };
  }
  if (!isMap(root)) return { state: 'corrupt' };
  const codex = isMap(root.providers) ? root.providers.codex : undefined;
  if (codex === undefined || codex === null) return { state: 'readable', root, codex: null };
  const accounts = isMap(codex) && isMap(codex.accounts) ? Object.entries(codex.accounts) : null;
  if (accounts === null) throw unusable(path, 'its codex section has no accounts');
  const wrong = accounts.find(([, entry]) => !isMap(entry) || typeof entry.tokenFile !== 'string');
  if (wrong !== undefined) throw unusable(path, `its entry ${wrong[0]} names no token file`);
  const chosen = (codex as Record<string, unknown>).default;
  return {
    state: 'readable',
    root,
    codex: { default: typeof chosen === 'string' ? chosen : '', accounts: new Map(accounts as [string, RegistryEntry][]) },
  };
}

/**
 * The accounts as CCS sees them: what is registered, without entries whose token file is gone, and every token in `auth/`, which is
 * never paused whatever the registry says. Source: CCS 7.79.1, cliproxy/accounts/registry.js, hydrateRegistryFromTokenFiles.
 * @param tokens of both folders
 * @param there names of further registered token files that exist
 * @param now ISO time, for what CCS would enter now
 */
export function hydrate(
  file: RegistryFile,
  tokens: readonly TokenFile[],
  there: ReadonlySet<string>,
  now: string,
): CodexRegistry {
  const active = tokens.filter((one) => one.place === 'auth');
  if (file.state === 'corrupt') {
    const paused = tokens.filter((one) => one.place === 'auth-paused' && !active.some(({ name }) => name === one.name));
    const rebuilt = populated(NOBODY, [...active, ...paused], now);
    return populated(rebuilt, active, now);
  }
  return populated(withoutStale((file.state === 'readable' && file.codex) || NOBODY, tokens, there), active, now);
}

/** The registry in CCS's own format, with these codex accounts; whatever else stands in it is kept. */
export function registryText(file: RegistryFile, codex: CodexRegistry): string {
  const root = file.state === 'readable' ? file.root : { version: 1, providers: {} };
  const providers = isMap(root.providers) ? root.providers : {};
  const section = isMap(providers.codex) ? providers.codex : {};
  const accounts = Object.fromEntries(codex.accounts);
  const changed = { ...root, providers: { ...providers, codex: { ...section, default: codex.default, accounts } } };
  return `${JSON.stringify(changed, null, 2)}\n`;
}

const NOBODY: CodexRegistry = { default: 'default', accounts: new Map() };

function withoutStale(codex: CodexRegistry, tokens: readonly TokenFile[], there: ReadonlySet<string>): CodexRegistry {
  const files = new Set([...tokens.map((one) => one.name), ...there]);
  const accounts = new Map([...codex.accounts].filter(([, { tokenFile }]) => files.has(tokenFile)));
  const isGone = codex.accounts.has(codex.default) && !accounts.has(codex.default);
  return { default: isGone ? ([...accounts.keys()][0] ?? 'default') : codex.default, accounts };
}

function populated(codex: CodexRegistry, tokens: readonly TokenFile[], now: string): CodexRegistry {
  const accounts = new Map(codex.accounts);
  let chosen = codex.default;
  const twinsOf = twins(tokens);
  for (const { name, modified, place, content } of tokens) {
    if (content.broken !== null || content.type !== 'codex') continue;
    const known = [...accounts].find(([, entry]) => entry.tokenFile === name);
    const email = content.email ?? known?.[1].email ?? null;
    const count = email === null ? 1 : twinsOf(email);
    const id = content.email === null && known !== undefined ? known[0] : idOf(name, email, count);
    if (known !== undefined && known[0] !== id) {
      if (!accounts.has(id)) accounts.set(id, known[1]);
      if (chosen === known[0]) chosen = id;
      accounts.delete(known[0]);
    }
    if (accounts.size === 0) chosen = id;
    const { paused: _paused, pausedAt, ...before }: Partial<RegistryEntry> = accounts.get(id) ?? {};
    accounts.set(id, {
      ...before,
      ...(email === null ? {} : { email }),
      nickname: before.nickname || (email === null ? id : firstNickname(name, email, count)),
      tokenFile: name,
      // CCS takes the file's time of birth, which a file system may not have.
      createdAt: before.createdAt || new Date(modified).toISOString(),
      lastUsedAt: before.lastUsedAt || new Date(modified).toISOString(),
      ...(place === 'auth-paused' ? { paused: true, pausedAt: pausedAt || now } : {}),
    });
  }
  return { default: chosen, accounts };
}

/** How many of the tokens have an e-mail, whatever its case. */
function twins(tokens: readonly TokenFile[]): (email: string) => number {
  const emails = tokens.flatMap(({ content }) =>
    content.broken === null && content.type === 'codex' && content.email !== null ? [content.email.toLowerCase()] : [],
  );
  return (email) => emails.filter((one) => one === email.trim().toLowerCase()).length || 1;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function unusable(path: string, why: string): CodexLinkError {
  return new CodexLinkError(
    finding('CL7023', `CCS cannot work with its registry of accounts: ${why}`, {
      file: path,
      fix: `move ${path} aside, then ccs cliproxy quota --provider codex`,
    }),
  );
}
