/** The other ways to hand Codex the key on Windows, as far as Wine has what they need. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { statuses } from '../support/cli.ts';
import { missingForWine } from '../support/wine.ts';
import { CONFIG, DOTENV, IN_SYNC, Journey, NAME, TOKEN } from './journey.ts';

describe.skipIf(missingForWine().length > 0)('routes', () => {
  let journey: Journey;
  beforeAll(async () => {
    journey = await Journey.begin();
  });
  beforeEach(() => journey.reset());
  afterAll(() => journey?.end());

  const inRegistry = async () => (await journey.windows.run('reg', ['query', 'HKCU\\Environment'])).stdout;

  it('env: the next session has the variable, and codex.exe with it; destroyed, it is gone', async () => {
    journey.yaml(', auth: env');
    const applied = await journey.json('apply', '--yes');
    expect(applied.stderr).toBe('');
    expect(applied.code).toBe(0);
    expect(statuses(applied.document)).toMatchObject({ environment: 'create', provider: 'create' });
    expect(await inRegistry()).toMatch(new RegExp(`^ {4}${NAME} {4}REG_SZ {4}${TOKEN}\\r?$`, 'm'));
    expect(journey.windows.read(DOTENV)).toBe(null);
    expect(journey.tree()['.cache']).toBe(undefined); // the file that the registry took it from
    expect((await journey.link('plan')).stdout).toMatch(IN_SYNC);
    expect((await journey.turn()).stdout.trim()).toBe('hi from the pool');

    // Somebody's setx.
    await journey.windows.run('reg', ['add', 'HKCU\\Environment', '/v', NAME, '/d', 'another', '/f']);
    expect(statuses((await journey.json('plan')).document)).toMatchObject({ environment: 'update' });
    expect((await journey.link('apply', '--yes')).code).toBe(0);
    expect(await inRegistry()).toContain(TOKEN);

    const destroyed = await journey.link('destroy', '--yes', '--purge');
    expect(destroyed.stderr).toBe('');
    expect(await inRegistry()).not.toContain(NAME);
    expect(journey.windows.read(CONFIG)).toBe(null);
  });

  it('env: a key with everything that a registry file would take for its own', async () => {
    const key = 'a"b\\c%PATH%;d=e\'f';
    await journey.gateway.close();
    const windows = journey.windows;
    journey.yaml(', auth: env');
    const { code } = await windows.codexLink(['apply', '--yes', '--target', 'environment', '--target', 'secret'], {
      env: { TEST_GATEWAY_KEY: key },
    });
    expect(code).toBe(0);
    expect(await inRegistry()).toContain(key);
    await journey.end();
    journey = await Journey.begin();
  });

  it('dotenv to env: the key leaves .env', async () => {
    journey.yaml();
    expect((await journey.link('apply', '--yes')).code).toBe(0);
    expect(journey.windows.read(DOTENV)).toContain(TOKEN);
    journey.yaml(', auth: env');
    expect((await journey.link('apply', '--yes')).code).toBe(0);
    expect(journey.windows.read(DOTENV)).toBe(null);
    expect(await inRegistry()).toContain(TOKEN);
  });

  it('helper: a PowerShell that does nothing and exits 0 is not taken for a helper that works', async () => {
    journey.yaml(', auth: helper');
    const before = journey.tree();
    const applied = await journey.json('apply', '--yes');
    expect(applied.code).toBe(1);
    expect(applied.document.findings.map(({ code }) => code)).toContain('CL5001');
    expect(Object.keys(journey.tree()).filter((name) => !/^\.local/.test(name))).toEqual(
      Object.keys(before).filter((name) => !/^\.local/.test(name)),
    );
    expect((await journey.credential('read')).code).toBe(1);
  });

  it('helper: codex.exe gets the token from the Credential Manager through it', async () => {
    await journey.windows.replacing('WindowsPowerShell/v1.0/powershell.exe', 'powershell.c', async () => {
      journey.yaml(', auth: helper');
      const applied = await journey.json('apply', '--yes');
      expect(applied.stderr).toBe('');
      expect(applied.document).toMatchObject({ verified: true });
      expect(statuses(applied.document)).toMatchObject({ secret: 'create', helper: 'create', provider: 'create' });
      expect(journey.windows.read(CONFIG)).toMatch(/args = \[.*"-File", "C:\/users\/.*\/\.codex\/bin\/cliproxy-token\.ps1"\]/);
      expect((await journey.link('plan')).stdout).toMatch(IN_SYNC);
      const { stdout } = await journey.turn();
      expect(stdout.trim()).toBe('hi from the pool');
      expect(journey.gateway.requests.at(-1)).toMatchObject({ path: '/v1/responses', status: 200, key: 'valid' });
      journey.windows.write('.codex/bin/cliproxy-token.ps1', 'exit 0\r\n');
      expect(statuses((await journey.json('plan')).document)).toMatchObject({ helper: 'update' });
      expect((await journey.link('apply', '--yes')).code).toBe(0);
      const destroyed = await journey.link('destroy', '--yes', '--purge');
      expect(destroyed.stderr).toBe('');
      expect(journey.windows.read('.codex/bin/cliproxy-token.ps1')).toBe(null);
    });
  });

  it('helper, portable: the same bytes for every user, and codex.exe finds it', async () => {
    await journey.windows.replacing('WindowsPowerShell/v1.0/powershell.exe', 'powershell.c', async () => {
      journey.yaml(', auth: helper, portable: true');
      expect((await journey.link('apply', '--yes')).stderr).toBe('');
      const config = journey.windows.read(CONFIG) ?? '';
      expect(config).toContain('"./bin/cliproxy-token.ps1"');
      expect(config).not.toContain('users');
      expect((await journey.turn()).stdout.trim()).toBe('hi from the pool');
    });
  });
});
