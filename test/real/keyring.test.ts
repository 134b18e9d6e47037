/** The built program against a real Secret Service in every state that it can be in. */
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { codexLink, codexLinkJson, statuses, writeYaml } from '../support/cli.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';
import { type Keyring, withKeyring } from '../support/keyring.ts';
import { KEYRING_COMMANDS, missingPackages } from '../support/system.ts';

const TOKEN = 'test-token\'with "signs$`#%'.replace(' ', '');
const HELPER = '.codex/bin/cliproxy-token';

let home: FreshHome;
let gateway: Gateway;
const yaml = (store = 'auto') => `version: 1
gateway: { url: "${gateway.url}", manager: none }
secret: { store: ${store}, account: tester, source: { env: TEST_GATEWAY_KEY } }
verify: { doctor: off }
`;

beforeEach(async () => {
  home = freshHome();
  gateway = await startGateway({ apiKeys: [TOKEN] });
});
afterEach(async () => {
  await gateway.close();
  home.dispose();
});

const withToken = (env: Environment): Environment => ({ ...env, TEST_GATEWAY_KEY: TOKEN });
const session = (run: (env: Environment, keyring: Keyring) => Promise<void>) =>
  withKeyring(home, {}, (env, keyring) => run(withToken(env), keyring));
/** As Codex does on a machine whose session bus stands at its usual place. */
const runHelper = (env: Environment) =>
  execa(home.path(HELPER), {
    env: { HOME: home.home, PATH: '/usr/bin:/bin', ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
const lookup = async (env: Environment) =>
  (
    await execa('secret-tool', ['lookup', 'service', 'CLIPROXY_API_KEY', 'account', 'tester'], {
      env,
      extendEnv: false,
      reject: false,
    })
  ).stdout;

describe.skipIf(missingPackages(KEYRING_COMMANDS).length > 0)('the Secret Service', () => {
  it('keeps the token, gives it to the helper, notices and heals a change and a loss', async () => {
    writeYaml(home, yaml());
    await session(async (env) => {
      expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
      expect(await lookup(env)).toBe(TOKEN);
      // Neither USER nor the address of the bus: only the place where it usually stands.
      const { stdout, exitCode } = await runHelper({ XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR ?? '' });
      expect({ stdout, exitCode }).toEqual({ stdout: TOKEN, exitCode: 0 });

      await execa('secret-tool', ['store', '--label=x', 'service', 'CLIPROXY_API_KEY', 'account', 'tester'], {
        env,
        extendEnv: false,
        input: 'test-other',
      });
      const changed = await codexLinkJson(home, ['plan'], { env });
      expect(changed.document.resources.find(({ address }) => address === 'secret')).toMatchObject({
        status: 'update',
        cause: 'drift',
      });
      expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
      expect(await lookup(env)).toBe(TOKEN);

      await execa('secret-tool', ['clear', 'service', 'CLIPROXY_API_KEY', 'account', 'tester'], { env, extendEnv: false });
      expect(statuses((await codexLinkJson(home, ['plan'], { env })).document)).toMatchObject({ secret: 'create' });
      expect((await runHelper({ XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR ?? '' })).stderr).toContain('holds no token, or is locked');
    });
  });

  it('locked is not absent: unknown, said, and left alone', async () => {
    writeYaml(home, yaml());
    await session(async (env, keyring) => {
      expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
      await keyring.lock();
      const planned = await codexLinkJson(home, ['plan', '--detailed-exitcode'], { env });
      expect(planned.code).toBe(3);
      expect(statuses(planned.document)).toMatchObject({ secret: 'unknown' });
      expect(planned.document.findings.map(({ code }) => code)).toContain('CL3003');
      expect((await codexLink(home, ['plan'], { env })).code).toBe(0);
      const applied = await codexLink(home, ['apply', '--yes'], { env });
      expect(applied.code).toBe(1);
      expect(applied.stderr).toContain('nothing was changed');

      const began = Date.now();
      const helper = await runHelper({ XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR ?? '' });
      expect(helper.exitCode).toBe(1);
      expect(helper.stdout).toBe('');
      expect(helper.stderr).toContain('locked');
      expect(Date.now() - began).toBeLessThan(5000);

      // The way out that needs no keyring.
      expect((await codexLink(home, ['use', 'openai'], { env })).code).toBe(0);
      await keyring.unlock();
      expect((await codexLink(home, ['use', 'auto'], { env })).code).toBe(0);
    });
  });

  it('no bus: what was put into the keyring is unknown there, never moved to a file', async () => {
    writeYaml(home, yaml());
    await session(async (env) => {
      expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
      const planned = await codexLinkJson(home, ['plan'], { env: withToken(home.env) });
      expect(statuses(planned.document)).toMatchObject({ secret: 'unknown' });
      expect(planned.document.findings.map(({ code }) => code)).toContain('CL3002');
    });
    expect(home.read('.config/codex-link/CLIPROXY_API_KEY.token')).toBeNull();
  });

  it('a machine without a keyring gets the file', async () => {
    writeYaml(home, yaml());
    expect((await codexLink(home, ['apply', '--yes'], { env: withToken(home.env) })).code).toBe(0);
    expect(home.read('.config/codex-link/CLIPROXY_API_KEY.token')).toBe(`${TOKEN}\n`);
    expect((await runHelper({})).stdout).toBe(TOKEN);
  });

  it('plan starts no keyring where none runs', async () => {
    writeYaml(home, yaml('secret-service'));
    const script = `"$0" "$1" plan --json; dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets`;
    const program = new URL('../../dist/codex-link.js', import.meta.url).pathname;
    const { stdout } = await execa('dbus-run-session', ['--', 'sh', '-c', script, process.execPath, program], {
      env: withToken(home.env),
      extendEnv: false,
      cwd: home.work,
      stdin: 'ignore',
    });
    expect(stdout).toContain('has no keyring running');
    expect(stdout).toContain('boolean false');
  });
});
