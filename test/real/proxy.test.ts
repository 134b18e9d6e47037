/** Which NO_PROXY lets the real Codex reach a gateway on this machine past a proxy, and whether we say the same. */
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { covers } from '../../src/codex/proxy.ts';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { freePort } from '../support/ccs-pool.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { codexPath } from '../support/programs.ts';

const codex = codexPath();

describe.skipIf(codex === null)('past a proxy', () => {
  let home: FreshHome;
  let gateway: Gateway;
  let proxy: string;
  beforeAll(async () => {
    home = freshHome();
    gateway = await startGateway({ apiKeys: ['key'] });
    proxy = `http://127.0.0.1:${await freePort()}`; // where nobody listens
  });
  afterAll(async () => {
    await gateway.close();
    home.dispose();
  });

  /** Whether doctor reaches the gateway under that name. */
  async function reaches(host: string, variables: Readonly<Record<string, string>>, dotenv = ''): Promise<boolean> {
    const url = gateway.url.replace('127.0.0.1', host);
    home.write('.codex/.env', dotenv, 0o600);
    home.write(
      '.codex/config.toml',
      `model_provider = "pool"\n[model_providers.pool]\nname = "Pool"\nbase_url = "${url}/v1"\nenv_key = "POOL_KEY"\n`,
    );
    const env = { ...home.env, POOL_KEY: 'key', ...variables };
    const { stdout } = await execa(String(codex), ['doctor', '--network-only', '--json'], {
      cwd: home.work,
      env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: 30_000,
    });
    const report = JSON.parse(stdout) as { checks: Record<string, { status: string }> };
    return report.checks['network.provider_reachability']?.status === 'ok';
  }

  it.each([
    ['127.0.0.1', ''],
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', ' corp.example , 127.0.0.1 '],
    ['127.0.0.1', '127.0.0.0/8'],
    ['127.0.0.1', '127.0.0.2'],
    ['127.0.0.1', 'localhost'],
    ['127.0.0.1', '*'],
    ['localhost', 'localhost'],
    ['localhost', '127.0.0.1'],
    ['localhost', '*'],
    ['localhost', 'host'],
    ['127.0.0.1', '*,127.0.0.1'],
    ['localhost', '.localhost'],
  ])('%s with NO_PROXY=%j', async (host, exceptions) => {
    expect(await reaches(host, { HTTP_PROXY: proxy, NO_PROXY: exceptions })).toBe(covers(exceptions, host));
  });

  it('a proxy for everything counts too, and what .env says goes over the environment', async () => {
    expect(await reaches('127.0.0.1', { ALL_PROXY: proxy })).toBe(false);
    expect(await reaches('127.0.0.1', { HTTP_PROXY: proxy }, 'NO_PROXY=127.0.0.1,localhost\n')).toBe(true);
    expect(await reaches('127.0.0.1', { HTTP_PROXY: proxy, NO_PROXY: '127.0.0.1' }, 'NO_PROXY=other\n')).toBe(false);
    expect(await reaches('127.0.0.1', { HTTPS_PROXY: proxy })).toBe(true);
  });
});
