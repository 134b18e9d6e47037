/** Drift from cron against a real Secret Service: found at its usual place, and not known, never drift, when it cannot be asked. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';
import { withKeyring } from '../support/keyring.ts';
import { KEYRING_COMMANDS, missingPackages } from '../support/system.ts';

const TOKEN = 'test-token-4711';
const RUNTIME = `/run/user/${process.getuid?.()}`;
const SILENT = { code: 0, stdout: '', stderr: '' };

let home: FreshHome;
let gateway: Gateway;
let cron: Environment;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
  cron = { HOME: home.home, LOGNAME: 'test', PATH: '/usr/bin:/bin', PWD: home.work, SHELL: '/bin/sh' };
  home.write('gateway-key', `${TOKEN}\n`, 0o600);
  writeYaml(
    home,
    `version: 1
gateway: { url: "${gateway.url}", manager: none }
secret: { store: auto, account: tester, source: { file: ~/gateway-key } }
verify: { doctor: off }
drift: { heal: safe, fallback: openai }
`,
  );
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

/** Puts the bus of the test where a login puts the session's; only where nobody has one. Says whether it could. */
async function atItsUsualPlace(bus: string, run: () => Promise<void>): Promise<boolean> {
  const link = join(RUNTIME, 'bus');
  const made = !existsSync(RUNTIME);
  if (process.getuid?.() !== 0 || existsSync(link)) return false;
  mkdirSync(RUNTIME, { recursive: true, mode: 0o700 });
  symlinkSync(bus, link);
  try {
    await run();
  } finally {
    rmSync(link);
    if (made && readdirSync(RUNTIME).length === 0) rmdirSync(RUNTIME);
  }
  return true;
}

const missing = missingPackages(KEYRING_COMMANDS);
describe.skipIf(missing.length > 0)('drift and the keyring', () => {
  it('in sync, locked, gone, and back again', async () => {
    await withKeyring(home, {}, async (env, keyring) => {
      expect((await codexLink(home, ['apply', '--yes', '--exclude', 'verification'], { env })).code).toBe(0);
      const known = { ...cron, XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR ?? '' };
      const drift = (of: Environment, ...args: string[]) => codexLink(home, ['drift', ...args], { env: of });
      expect(await drift(known)).toEqual(SILENT);
      await atItsUsualPlace(join(known.XDG_RUNTIME_DIR, 'bus'), async () => expect(await drift(cron)).toEqual(SILENT));

      await keyring.lock();
      const before = home.hashTree('.codex');
      const began = Date.now();
      for (let run = 0; run < 4; run++) {
        const { code, document } = await codexLinkJson(home, ['drift'], { env: known });
        const secret = document.resources.find((one) => one.address === 'secret');
        expect([code, document.outcome, secret?.status, secret?.reason]).toEqual([
          3,
          'unknown',
          'unknown',
          'the keyring is locked',
        ]);
      }
      expect((Date.now() - began) / 4).toBeLessThan(5000); // no dialog was waited for
      expect(await keyring.isLocked()).toBe(true);
      expect((await drift(known, '--changed-only')).stdout).toMatch(/^Not known on .*secret/s);
      expect((await drift(known, '--changed-only')).stdout).toBe('');
      expect(home.hashTree('.codex')).toEqual(before);

      const nowhere = await codexLinkJson(home, ['drift'], { env: { ...cron, XDG_RUNTIME_DIR: home.path('nowhere') } });
      expect([nowhere.code, nowhere.document.outcome]).toEqual([3, 'unknown']);
      await keyring.unlock();
      expect(await drift(known)).toEqual(SILENT);
    });
  });
});
