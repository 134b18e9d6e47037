/**
 * A real password store for a test: a gpg key of its own and `pass init`, both in the throw-away home. Needs the packages that
 * `missingPackages(PASS_COMMANDS)` names.
 */
import { mkdirSync } from 'node:fs';
import { execa } from 'execa';
import type { Environment, FreshHome } from './fresh-home.ts';

const ADDRESS = 'tester@example.invalid';

export interface PasswordStore {
  readonly env: Environment;
  pass(args: readonly string[], input?: string): Promise<{ exitCode?: number; stdout: string; stderr: string }>;
  /** Ends the agent, and with it all that it remembers. */
  endAgent(): Promise<void>;
  /** Whether an agent runs for this store. */
  hasAgent(): Promise<boolean>;
}

/**
 * @param passphrase of the key; empty for none
 * @param env where the store and gpg's folder are, for places other than the usual ones
 */
export async function passwordStore(home: FreshHome, passphrase = '', env: Environment = home.env): Promise<PasswordStore> {
  const run = (file: string, args: readonly string[], input?: string) =>
    execa(file, args, {
      env,
      extendEnv: false,
      reject: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
  const store: PasswordStore = {
    env,
    pass: (args, input) => run('pass', args, input),
    endAgent: async () => void (await run('gpgconf', ['--kill', 'gpg-agent'])),
    // Asked without starting one.
    hasAgent: async () => (await run('gpg-connect-agent', ['--no-autostart', 'getinfo pid', '/bye'])).stdout.startsWith('D '),
  };
  mkdirSync(env.GNUPGHOME ?? home.path('.gnupg'), { recursive: true, mode: 0o700 });
  const key = ['--batch', '--pinentry-mode', 'loopback', '--passphrase', passphrase, '--quick-gen-key', ADDRESS];
  const made = await run('gpg', [...key, 'default', 'default', 'never']);
  if (made.exitCode !== 0) throw new Error(`gpg made no key: ${made.stderr}`);
  const initialised = await store.pass(['init', ADDRESS]);
  if (initialised.exitCode !== 0) throw new Error(`pass init failed: ${initialised.stderr}`);
  await store.endAgent();
  return store;
}
