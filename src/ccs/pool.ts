import { join } from 'node:path';
import { type Machine, readBytes } from '../machine/machine.ts';
import { variantOf } from './account-identity.ts';
import { type Hold, holdOn, readHoldNotes } from './holds.ts';
import { type CodexRegistry, hydrate, parseRegistry, type RegistryEntry, type RegistryFile, registryPath } from './registry.ts';
import { readTokenFiles, type TokenFile } from './token-file.ts';

/** The codex accounts of CCS as CCS itself sees them. */
export interface Pool {
  /** CCS's folder of its gateway, with the registry and the token folders. */
  readonly cliproxy: string;
  readonly registry: RegistryFile;
  /** The bytes of the registry, for writing it only while nobody else has. */
  readonly bytes: Uint8Array | null;
  /** What CCS would have in its hands after reading, in the form of the registry. */
  readonly view: CodexRegistry;
  readonly accounts: readonly PoolAccount[];
  /** Files in the token folders that no account has: broken ones, and paused ones that the registry does not name. */
  readonly strays: readonly TokenFile[];
}

export interface PoolAccount {
  /** CCS's id of today. It changes when an account with the same e-mail comes, goes, is paused or resumed. */
  readonly id: string;
  /** The name that lasts: the e-mail, or `email#variant` while another account has the same e-mail. */
  readonly name: string;
  readonly email: string | null;
  readonly nickname: string;
  /** Name of the token file: what an account is known by through all changes of its id. */
  readonly tokenFile: string;
  readonly isDefault: boolean;
  /** What CCS says of it. */
  readonly paused: boolean;
  /** Whether the gateway sees it: its token file is in `auth/`. */
  readonly inRotation: boolean;
  /** False while the registry does not say the same as CCS shows: its commands, which change the registry, then fail or do nothing. */
  readonly registered: boolean;
  /** Null when the registered file is no token file by its name. */
  readonly token: TokenFile | null;
  readonly hold: Hold | null;
}

/**
 * Reads it from files alone. Throws `CodexLinkError` for a registry that CCS cannot work with, and `MachineError` for what cannot be
 * read; a single token that cannot be read is a matter of its account.
 */
export async function readPool(machine: Machine, ccsFolder: string): Promise<Pool> {
  const cliproxy = join(ccsFolder, 'cliproxy');
  const path = registryPath(cliproxy);
  const [bytes, active, paused, notes] = await Promise.all([
    readBytes(machine, path),
    readTokenFiles(machine, cliproxy, 'auth'),
    readTokenFiles(machine, cliproxy, 'auth-paused'),
    readHoldNotes(machine, cliproxy),
  ]);
  const registry = parseRegistry(bytes === null ? null : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), path);
  const tokens = [...active, ...paused];
  const known = (registry.state === 'readable' && registry.codex?.accounts) || new Map<string, RegistryEntry>();
  const there = await elsewhere(machine, cliproxy, known, tokens);
  const view = hydrate(registry, tokens, there, new Date(machine.now()).toISOString());
  const files = new Set([...view.accounts.values()].map((one) => one.tokenFile));
  const accounts = [...view.accounts].map(([id, entry]): PoolAccount => {
    const token = tokens.find((one) => one.name === entry.tokenFile) ?? null;
    const isPaused = entry.paused === true;
    return {
      id,
      name: nameOf(entry, [...view.accounts.values()]) ?? id,
      email: entry.email ?? null,
      nickname: entry.nickname ?? '',
      tokenFile: entry.tokenFile,
      isDefault: id === view.default,
      paused: isPaused,
      inRotation: token?.place === 'auth',
      registered: known.get(id)?.tokenFile === entry.tokenFile && (known.get(id)?.paused === true) === isPaused,
      token,
      hold: isPaused ? holdOn(notes, id, entry.pausedAt ?? null, machine.now()) : null,
    };
  });
  return { cliproxy, registry, bytes, view, accounts, strays: tokens.filter((one) => !files.has(one.name) && isOurs(one)) };
}

/** Which account a name in the YAML means: an id, the lasting name of one, or an e-mail, whatever the case. */
export type Lookup =
  | { readonly kind: 'found'; readonly account: PoolAccount }
  | { readonly kind: 'missing' }
  /** The names to choose from. */
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] };

export function lookUp(pool: Pool, wanted: string): Lookup {
  const sought = wanted.toLowerCase();
  const found = [
    (one: PoolAccount) => fullName(one) === wanted,
    (one: PoolAccount) => fullName(one).toLowerCase() === sought,
    (one: PoolAccount) => one.id.toLowerCase() === sought && sought.includes('#'),
    (one: PoolAccount) => one.email?.toLowerCase() === sought,
  ].map((matches) => pool.accounts.filter(matches));
  const [account, ...others] = found.find((one) => one.length > 0) ?? [];
  if (account !== undefined && others.length === 0) return { kind: 'found', account };
  // A variant that is not there: what has the same e-mail may be meant, and may not.
  const alike = pool.accounts.filter((one) => one.email?.toLowerCase() === sought.split('#')[0]);
  return alike.length === 0 ? { kind: 'missing' } : { kind: 'ambiguous', names: alike.map((one) => fullName(one)) };
}

/** The name with its variant, whether or not another account has the same e-mail. */
function fullName({ id, email, tokenFile }: PoolAccount): string {
  const variant = email === null ? null : variantOf(tokenFile, email);
  return email === null ? id : variant === null ? email : `${email}#${variant}`;
}

function nameOf({ email, tokenFile }: RegistryEntry, all: readonly RegistryEntry[]): string | null {
  if (email === undefined) return null;
  const alone = all.filter((one) => one.email?.toLowerCase() === email.toLowerCase()).length === 1;
  const variant = alone ? null : variantOf(tokenFile, email);
  return variant === null ? email : `${email}#${variant}`;
}

/** Token files that the registry names and that stand where no token file is looked for, by their name in the registry. */
async function elsewhere(
  machine: Machine,
  cliproxy: string,
  known: ReadonlyMap<string, RegistryEntry>,
  tokens: readonly TokenFile[],
): Promise<Set<string>> {
  const seen = new Set(tokens.map((one) => one.name));
  const others = [...new Set([...known.values()].map((one) => one.tokenFile))].filter((name) => !seen.has(name));
  const found = await Promise.all(
    others.map(async (name) => {
      const places = await Promise.all(['auth', 'auth-paused'].map((place) => machine.stat(join(cliproxy, place, name))));
      return places.some((one) => one !== null);
    }),
  );
  return new Set(others.filter((_name, index) => found[index]));
}

/** Broken files may be anybody's; those of other providers are not looked at. */
function isOurs({ name, content }: TokenFile): boolean {
  return content.broken === null ? content.type === 'codex' : name.startsWith('codex-');
}
