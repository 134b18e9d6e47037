// The program that reaches the Credential Manager of Windows: `node credential.js check` or
// `read|write|remove SERVICE ACCOUNT`.
// A program of its own, because a native module has no place in a process that also runs where there is none. The value comes on standard
// input and goes to standard output, never in argv. Exit codes: 0 done, 1 there is no such item, 2 it failed, 3 the module is missing,
// 64 wrong usage.
import { createRequire } from 'node:module';

/** Characters that one item holds: CRED_MAX_CREDENTIAL_BLOB_SIZE is 5 * 512 bytes, and they are kept as UTF-16. */
const MOST = 1280;

/** What is used of @napi-rs/keyring 2.1. */
interface Keyring {
  /** The item gets the name `USER.SERVICE`. Not used: `withTarget` with a name of one's own, which empties the item (2.1.2). */
  readonly Entry: new (
    service: string,
    user: string,
  ) => Entry;
}

interface Entry {
  /** Null when there is no such item. */
  getPassword(): string | null;
  setPassword(value: string): void;
  /** False when there is no such item. */
  deleteCredential(): boolean;
}

process.exitCode = await main(process.argv.slice(2));

async function main([verb = '', service = '', account = '', ...more]: readonly string[]): Promise<number> {
  const isKnown =
    verb === 'check' ? service === '' : ['read', 'write', 'remove'].includes(verb) && service !== '' && account !== '';
  if (!isKnown || more.length > 0) return ended(64, 'usage: credential.js check | read|write|remove SERVICE ACCOUNT');
  const keyring = load();
  if (typeof keyring === 'string') return ended(3, keyring);
  if (verb === 'check') return 0;
  try {
    return await perform(new keyring.Entry(service, account), verb as 'read' | 'write' | 'remove');
  } catch (error) {
    return ended(2, (error as Error).message);
  }
}

async function perform(entry: Entry, verb: 'read' | 'write' | 'remove'): Promise<number> {
  switch (verb) {
    case 'read': {
      const value = entry.getPassword();
      if (value === null) return 1;
      process.stdout.write(value);
      return 0;
    }
    case 'write': {
      const value = await input();
      if (!/^[ -~]+$/.test(value)) return ended(2, 'the value is not printable ASCII on one line');
      if (value.length > MOST) return ended(2, `the value is longer than ${MOST} characters`);
      entry.setPassword(value);
      return entry.getPassword() === value ? 0 : ended(2, 'the Credential Manager holds something else than was written');
    }
    case 'remove':
      return entry.deleteCredential() ? 0 : 1;
  }
}

/**
 * The module, or why there is none. Not the package @napi-rs/keyring, which chooses among a dozen of them, but the one that it would
 * choose: npm installs that on Windows only.
 */
function load(): Keyring | string {
  if (process.platform !== 'win32') return 'only Windows has a Credential Manager';
  const name = `@napi-rs/keyring-win32-${process.arch}-msvc`;
  try {
    return createRequire(import.meta.url)(name) as Keyring;
  } catch (error) {
    return `the optional package ${name} cannot be loaded: ${(error as Error).message.split('\n')[0]}`;
  }
}

async function input(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function ended(code: number, why: string): number {
  process.stderr.write(`${why}\n`);
  return code;
}
