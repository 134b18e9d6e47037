import { readdirSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FreshHome, freshHome } from './fresh-home.ts';
import { withKeyring } from './keyring.ts';
import { KEYRING_COMMANDS, missingPackages } from './system.ts';

let home: FreshHome;
beforeEach(() => {
  home = freshHome();
});
afterEach(() => home.dispose());

describe('a fresh home', () => {
  test('is empty but for .codex, and a change shows in its hashes', () => {
    expect(home.hashTree()).toEqual({ '.codex': expect.stringMatching(/^folder/) });
    home.write('.codex/config.toml', 'a = 1\n', 0o600);
    const before = home.hashTree();
    expect(before['.codex/config.toml']).toMatch(/^file 600 [0-9a-f]{64}$/);
    home.write('.codex/config.toml', 'a = 2\n', 0o600);
    expect(home.hashTree()).not.toEqual(before);
    expect([home.read('.codex/config.toml'), home.read('nothing')]).toEqual(['a = 2\n', null]);
  });
});

describe.skipIf(missingPackages(KEYRING_COMMANDS).length > 0)('a keyring', () => {
  const attributes = ['service', 'CODEX_LINK_TEST', 'account', 'me'];

  test('keeps a secret, in the next session too, and leaves no process behind', async () => {
    await withKeyring(home, {}, async (env) => {
      await execa('secret-tool', ['store', '--label=x', ...attributes], { env, extendEnv: false, input: 'hidden' });
    });
    const runtime = await withKeyring(home, {}, async (env) => {
      const { stdout } = await execa('secret-tool', ['lookup', ...attributes], { env, extendEnv: false });
      expect(stdout).toBe('hidden');
      return env.XDG_RUNTIME_DIR;
    });
    const { stdout } = await execa('ps', ['axeww', '-o', 'stat=,args=']); // with their environment
    const alive = stdout.split('\n').filter((line) => !line.startsWith('Z') && line.includes(String(runtime)));
    expect(alive).toEqual([]);
    expect(readdirSync(String(home.env.TMPDIR))).toEqual([]);
  });

  test('can be locked: a lookup fails in silence, a store says why', async () => {
    await withKeyring(home, {}, async (env, keyring) => {
      await execa('secret-tool', ['store', '--label=x', ...attributes], { env, extendEnv: false, input: 'hidden' });
      await keyring.lock();
      expect(await keyring.isLocked()).toBe(true);
      await keyring.unlock();
      expect((await execa('secret-tool', ['lookup', ...attributes], { env, extendEnv: false })).stdout).toBe('hidden');
    });
    await withKeyring(home, { locked: true }, async (env) => {
      const options = { env, extendEnv: false, reject: false, input: 'other' } as const;
      const lookup = await execa('secret-tool', ['lookup', ...attributes], options);
      expect([lookup.exitCode, lookup.stdout, lookup.stderr]).toEqual([1, '', '']);
      const store = await execa('secret-tool', ['store', '--label=x', ...attributes], options);
      expect([store.exitCode, store.stderr]).toEqual([1, expect.stringContaining('locked collection')]);
    });
  });
});
