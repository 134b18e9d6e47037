/** How the real Codex keeps conversations by provider, and what becomes of one whose provider has no table any more. */
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conversations } from '../../src/codex/conversations.ts';
import { realMachine } from '../core/support/real.ts';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { codexPath } from '../support/programs.ts';

const codex = codexPath();

describe.skipIf(codex === null)('conversations', () => {
  let home: FreshHome;
  let gateway: Gateway;
  beforeAll(async () => {
    home = freshHome();
    gateway = await startGateway({ apiKeys: ['key'] });
  });
  afterAll(async () => {
    await gateway.close();
    home.dispose();
  });

  const select = (id: string) =>
    home.write(
      '.codex/config.toml',
      `model = "gpt-5.5"\nmodel_provider = "${id}"\n[model_providers.${id}]\nname = "Pool"\nbase_url = "${gateway.url}/v1"\nenv_key = "POOL_KEY"\n`,
    );
  const exec = (...args: string[]) =>
    execa(String(codex), ['exec', '--skip-git-repo-check', ...args], {
      cwd: home.work,
      env: { ...home.env, POOL_KEY: 'key' },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: 60_000,
    });
  const counted = async () => Object.fromEntries((await conversations(realMachine(home.home)))?.byProvider ?? []);

  it('are counted under the provider that they were started with', async () => {
    expect(await counted()).toEqual({});
    select('first');
    await exec('say hi');
    await exec('say hi again');
    select('second');
    await exec('say hi');
    expect(await counted()).toEqual({ first: 2, second: 1 });
  });

  /** The ids of all conversations, oldest first. */
  const ids = () =>
    Object.keys(home.hashTree('.codex/sessions'))
      .flatMap((path) => /rollout-.*T[\d-]{8}-(.*)\.jsonl$/.exec(path)?.[1] ?? [])
      .sort();

  it('are hidden while another provider is selected, and come back with theirs', async () => {
    const before = ids();
    select('third');
    await exec('resume', '--last', 'go on');
    expect(ids()).toHaveLength(before.length + 1); // it found none, and began a new one
    select('second');
    await exec('resume', '--last', 'go on');
    expect(ids()).toHaveLength(before.length + 1);
    expect(await counted()).toEqual({ first: 2, second: 1, third: 1 });
  });

  it('cannot be opened without the table of their provider', async () => {
    const [first = ''] = ids();
    select('second');
    const { exitCode, stderr } = await exec('resume', first, 'go on');
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/model provider .first., which is no longer configured/);
  });
});
