import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { codexPath } from '../support/programs.ts';
import { type Gateway, startGateway } from './gateway.mjs';

let home: FreshHome;
let gateway: Gateway | undefined;
beforeEach(() => {
  home = freshHome();
});
afterEach(async () => {
  await gateway?.close();
  home.dispose();
});

/** A provider on the gateway, with what it takes its key from. */
function provider(url: string, prefix: string, credentials: string): string {
  const head = 'model = "gpt-5.5"\nmodel_provider = "pool"\n\n[model_providers.pool]\nname = "Pool"\n';
  return `${head}base_url = "${url}${prefix}"\nwire_api = "responses"\n${credentials}\n`;
}

async function exec(codex: string) {
  const options = { cwd: home.work, env: home.env, extendEnv: false, reject: false, stdin: 'ignore', timeout: 30_000 } as const;
  const { exitCode, stdout } = await execa(codex, ['exec', '--skip-git-repo-check', 'say hi'], options);
  return [exitCode, stdout];
}

const codex = codexPath();
describe.skipIf(codex === null)('the real codex takes the stand-in for a gateway', { timeout: 60_000 }, () => {
  for (const version of ['6.9.45', '7.1.16', '7.2.140'] as const) {
    test(`${version}, with a helper that prints the key`, async () => {
      gateway = await startGateway({ version, apiKeys: ['pool-key'] });
      const helper = home.write('.codex/bin/token', '#!/bin/sh\nprintf %s pool-key\n', 0o700);
      home.write('.codex/config.toml', provider(gateway.url, '/v1', `\n[model_providers.pool.auth]\ncommand = "${helper}"`));
      expect(await exec(String(codex))).toEqual([0, 'hi from the pool']);
      const paths = new Set(gateway.requests.map(({ method, path, status, key }) => `${method} ${path} ${status} ${key}`));
      expect([...paths].sort()).toEqual(['GET /v1/models 200 valid', 'POST /v1/responses 200 valid']);
    });
  }

  test('with the key in .env', async () => {
    gateway = await startGateway({ apiKeys: ['pool-key'] });
    home.write('.codex/.env', 'POOL_KEY=pool-key\n', 0o600);
    home.write('.codex/config.toml', provider(gateway.url, '/v1', 'env_key = "POOL_KEY"'));
    expect(await exec(String(codex))).toEqual([0, 'hi from the pool']);
    expect(gateway.requests).toEqual([{ method: 'POST', path: '/v1/responses', status: 200, key: 'valid' }]);
  });
});
