import { readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CcsPool, makeCcsPool, runCcsxp } from './ccs-pool.ts';
import { ccsxpTable } from './ccsxp.ts';
import { askCodex } from './codex-judge.ts';
import { type FreshHome, freshHome } from './fresh-home.ts';
import { ccsPath, codexPath } from './programs.ts';

let home: FreshHome;
let pool: CcsPool | undefined;
beforeEach(() => {
  home = freshHome();
  pool = undefined;
});
afterEach(async () => {
  await pool?.stop();
  home.dispose();
});

describe.skipIf(ccsPath() === null || codexPath() === null)('the real CCS', { timeout: 60_000 }, () => {
  test('starts the stand-in, changes its routing, knows its account, stops it', async () => {
    pool = await makeCcsPool(home);
    await pool.start();
    const config = readFileSync(pool.configFile, 'utf8');
    expect(config).toContain('api-keys:\n  - "ccs-internal-managed"\n');
    expect(config).toMatch(/secret-key: \$2a\$10\$\S{53}\n/);
    const models = (key: string) => fetch(`http://127.0.0.1:${pool?.port}/v1/models`, { headers: { 'X-Api-Key': key } });
    expect((await models('ccs-internal-managed')).status).toBe(200);
    expect((await pool.ccs('cliproxy', 'routing', 'set', 'fill-first')).stdout).toContain('live-and-config');
    expect(pool.requests().at(-1)).toEqual({
      method: 'PUT',
      path: '/v0/management/routing/strategy',
      status: 200,
      key: 'valid',
    });
    await pool.ccs('cliproxy', 'pause', 'alice', '--provider', 'codex');
    expect(Object.keys(home.hashTree('.ccs/cliproxy/auth-paused'))).toEqual(['codex-alice@example.com.json']);
    await pool.stop();
    await expect(models('x')).rejects.toThrow();
  });

  test('says the reason when it cannot start', async () => {
    pool = await makeCcsPool(home);
    home.write('.ccs/cliproxy/bin/original/cli-proxy-api', '#!/bin/sh\nexit 3\n', 0o755);
    await expect(pool.start()).rejects.toThrow('CLIProxy failed to start within 5s');
  });

  // CCS 7.79.1 writes the new key into config.yaml, whatever the port; the gateway on another port reads config-<port>.yaml.
  test('puts a new key where a gateway on another port does not see it', async () => {
    pool = await makeCcsPool(home);
    await pool.start();
    await pool.ccs('tokens', '--api-key', 'new-key');
    expect(home.read('.ccs/config.yaml')).toContain('    api_key: new-key\n');
    expect(home.read('.ccs/cliproxy/config.yaml')).toContain('port: 8317\n');
    expect(home.read('.ccs/cliproxy/config.yaml')).toContain('  - "new-key"\n');
    expect(readFileSync(pool.configFile, 'utf8')).not.toContain('new-key');
    // CCS writes the file anew with the new key, and at once calls the gateway, which writes what it has in memory over it.
    expect((await pool.ccs('cliproxy', 'routing', 'set', 'fill-first')).stdout).toContain('live-and-config');
    expect(readFileSync(pool.configFile, 'utf8')).toContain('api-keys:\n  - "ccs-internal-managed"\n');
    await pool.stop();
    await pool.ccs('cliproxy', 'routing', 'set', 'round-robin');
    expect(readFileSync(pool.configFile, 'utf8')).toContain('api-keys:\n  - "new-key"\n');
  });
});

describe.skipIf(ccsPath() === null || codexPath() === null)('the real ccsxp', { timeout: 60_000 }, () => {
  const OTHERS = '# by hand\nmodel = "gpt-5.5" # the good one\n';
  test('appends its provider where there is none, once, and keeps the rest', async () => {
    pool = await makeCcsPool(home);
    home.write('.codex/config.toml', `${OTHERS}\n\n`);
    for (const _time of [1, 2]) {
      const { exitCode, stdout } = await runCcsxp(home);
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining('codex-cli 0.169.0')]);
      expect(home.read('.codex/config.toml')).toBe(`${OTHERS}\n${ccsxpTable(pool.port)}`);
    }
    expect(statSync(home.path('.codex/config.toml')).mode & 0o777).toBe(0o600);
  });

  test('breaks the whole config where the provider of that name has an auth command', async () => {
    pool = await makeCcsPool(home);
    const ours = [
      `${OTHERS}model_provider = "cliproxy"`,
      '',
      '[model_providers.cliproxy]',
      'name = "CLIProxy"',
      `base_url = "http://127.0.0.1:${pool.port}/v1"`,
      'wire_api = "responses"',
      '',
      '[model_providers.cliproxy.auth]',
      'command = "/usr/bin/true"',
      '',
    ].join('\n');
    expect(await askCodex(home, ours)).toEqual({ accepted: true, message: null });
    await runCcsxp(home);
    const after = home.read('.codex/config.toml') ?? '';
    expect(after).not.toContain('by hand');
    expect(after).toContain('env_key = "CLIPROXY_API_KEY"');
    expect(after).toContain('[model_providers.cliproxy.auth]');
    expect((await askCodex(home, after)).message).toContain('provider auth cannot be combined with env_key');
  });
});
