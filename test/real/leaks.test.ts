/** A canary token through the commands under strace: it must not show up in any argv, in the environment of a child, or in output. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCcsPool } from '../support/ccs-pool.ts';
import { writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { withKeyring } from '../support/keyring.ts';
import { filesWith, holds, traced } from '../support/leaks.ts';
import { KEYRING_COMMANDS, missingPackages } from '../support/system.ts';

const CANARY = 'test-canary-9f3a7c51e2';

let home: FreshHome;
beforeEach(() => {
  home = freshHome();
});
afterEach(() => home.dispose());

describe.skipIf(missingPackages([...KEYRING_COMMANDS, 'strace']).length > 0)('the canary', () => {
  it.each([
    ['keyring', 'auto', 'helper', ['.local/share/keyrings/login.keyring']],
    ['file', 'file', 'helper', ['.config/codex-link/CLIPROXY_API_KEY.token']],
    ['dotenv', 'file', 'dotenv', ['.config/codex-link/CLIPROXY_API_KEY.token', '.codex/.env']],
  ])('%s: is only where it belongs', async (_name, store, auth, allowed) => {
    const pool = await makeCcsPool(home);
    await pool.ccs('--version');
    home.write(
      '.ccs/config.yaml',
      `version: 13\ncliproxy_server:\n  local:\n    port: ${pool.port}\ncliproxy:\n  auth:\n    api_key: ${CANARY}\n`,
      0o600,
    );
    writeYaml(
      home,
      `version: 1\ngateway: { url: "http://127.0.0.1:${pool.port}" }\nprovider: { auth: ${auth} }\nsecret: { store: ${store}, source: { env: CANARY_VARIABLE } }\n`,
    );
    try {
      await pool.start(); // strace would wait for a gateway that was started under it
      await withKeyring(home, {}, async (session) => {
        const env = { ...session, CANARY_VARIABLE: CANARY, CLIPROXY_API_KEY: CANARY };
        const run = async (name: string, ...args: string[]) => {
          const { code, output, children } = await traced(home, env, ...args);
          expect(holds(output, CANARY), `output of ${name}`).toBe(false);
          expect(
            children.filter((one) => holds(one, CANARY)),
            `children of ${name}`,
          ).toEqual([]);
          return code;
        };
        expect(await run('plan', 'plan', '-v')).toBe(0);
        expect(await run('apply', 'apply', '--yes', '--json')).toBe(0);
        expect(await run('again', 'plan', '--json')).toBe(0);
        expect(await run('verify', 'verify')).toBe(0);
        expect(await run('openai', 'use', 'openai')).toBe(0);
        expect(await run('auto', 'use', 'auto')).toBe(0);
        home.write('.codex/config.toml', 'not = = toml');
        expect(await run('broken', 'apply', '--yes')).toBe(1);
      });
    } finally {
      await pool.stop();
    }
    // CCS keeps its own copies; the keyring's file is encrypted, but it may be there.
    const found = filesWith(CANARY, home.home).filter((path) => !path.startsWith('.ccs/'));
    expect(found.filter((path) => !allowed.includes(path))).toEqual([]);
  });

  it('a rotation shows neither key, and leaves the old one nowhere', async () => {
    const pool = await makeCcsPool(home, { hearsReplacedConfig: true }); // strace would wait for one that was restarted under it
    await pool.ccs('--version');
    const local = `version: 13\ncliproxy_server:\n  local:\n    port: ${pool.port}\n`;
    home.write('.ccs/config.yaml', `${local}cliproxy:\n  auth:\n    api_key: ${CANARY}\n`, 0o600);
    writeYaml(home, `version: 1\ngateway: { url: "http://127.0.0.1:${pool.port}" }\nsecret: { store: file }\n`);
    try {
      await pool.start();
      expect((await traced(home, home.env, 'apply', '--yes')).code).toBe(0);
      const { code, output, children } = await traced(home, home.env, 'rotate', '--yes', '--json', '-v');
      const key = home.read('.config/codex-link/CLIPROXY_API_KEY.token')?.trim() ?? '';
      expect([code, key.length]).toEqual([0, 43]);
      for (const secret of [CANARY, key]) {
        expect(holds(output, secret)).toBe(false);
        expect(children.filter((one) => holds(one, secret))).toEqual([]);
      }
      expect(filesWith(CANARY, home.home)).toEqual([]);
      expect(filesWith(key, home.home).filter((path) => !path.startsWith('.ccs/'))).toEqual([
        '.config/codex-link/CLIPROXY_API_KEY.token',
      ]);
    } finally {
      await pool.stop();
    }
  });
});
