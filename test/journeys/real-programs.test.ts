/** The whole story on Linux with everything real that can be: codex, ccs, ccsxp, a Secret Service. Only the gateway is a stand-in. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CcsPool, makeCcsPool, runCcsxp } from '../support/ccs-pool.ts';
import { codexLink, codexLinkJson, type PlanDocument, statuses, writeYaml } from '../support/cli.ts';
import { askCodex } from '../support/codex-judge.ts';
import { codexTurn } from '../support/codex-turn.ts';
import { type Environment, type FreshHome, freshHome } from '../support/fresh-home.ts';
import { withKeyring } from '../support/keyring.ts';
import { KEYRING_COMMANDS, missingPackages } from '../support/system.ts';

/** A file as Codex, the App and a person leave it. */
const BEFORE = `# my Codex
model_reasoning_effort = "high"   # thinks longer

[desktop]
theme = "dark"

[projects."/home/me/code"]
trust_level = "trusted"

# keep this server
[mcp_servers.docs]
command = "npx"
args = [ "-y", "docs" ]
`;

describe.skipIf(missingPackages(KEYRING_COMMANDS).length > 0)('a machine with codex, ccs and a keyring', () => {
  let home: FreshHome;
  let pool: CcsPool;
  const yaml = () => `version: 1
gateway: { url: "http://127.0.0.1:${pool.port}" }
provider: { model: gpt-5.5, contextWindow: 272000 }
`;
  const inSync = /^In sync: \d+ resources, nothing to do( \(\d+ warnings?: codex-link plan -v\))?\.$/;

  beforeAll(async () => {
    home = freshHome();
    pool = await makeCcsPool(home);
  });
  afterAll(async () => {
    await pool.stop();
    home.dispose();
  });

  const session = (run: (env: Environment) => Promise<void>) => withKeyring(home, {}, run);
  const turn = (env: Environment) => codexTurn(home, env);

  it('goes from nothing to a Codex that talks through the gateway', async () => {
    writeYaml(home, yaml());
    home.write('.codex/config.toml', BEFORE);
    await session(async (env) => {
      const planned = await codexLinkJson(home, ['plan'], { env });
      expect(planned.code).toBe(0);
      expect(statuses(planned.document)).toMatchObject({
        secret: 'create',
        helper: 'create',
        gateway: 'update',
        provider: 'update',
        verification: 'run',
      });

      const applied = await codexLinkJson(home, ['apply', '--yes'], { env });
      expect(applied.stdout + applied.stderr).not.toContain('failed');
      expect(applied.code).toBe(0);
      expect(applied.document.verified).toBe(true);
      // What plan announced is what apply did.
      for (const one of applied.document.resources) {
        const announced = planned.document.resources.find(({ address }) => address === one.address);
        expect(one.status).toBe(announced?.status);
        expect(one.result).toBe(['create', 'update', 'run'].includes(one.status) ? 'done' : 'unchanged');
      }

      const again = await codexLink(home, ['plan'], { env });
      expect(again.stdout).toMatch(inSync);
      expect(again.code).toBe(0);

      const { exitCode, stdout } = await turn(env);
      expect(stdout).toContain('hi from the pool');
      expect(exitCode).toBe(0);
      expect(
        pool
          .requests()
          .filter(({ method, path }) => method === 'POST' && path === '/v1/responses')
          .at(-1),
      ).toMatchObject({ status: 200, key: 'valid' });
    });
    // Every line that was there is still there, in order.
    const after = home.read('.codex/config.toml') ?? '';
    expect(after.split('\n').filter((line) => BEFORE.split('\n').includes(line))).toEqual(
      expect.arrayContaining(BEFORE.split('\n')),
    );
  });

  it('finds what ccsxp did, names it, and heals it', async () => {
    await session(async (env) => {
      const before = home.read('.codex/config.toml');
      await runCcsxp(home);
      expect(home.read('.codex/config.toml')).not.toBe(before);
      expect((await askCodex(home, home.read('.codex/config.toml') ?? '')).accepted).toBe(false);

      const planned = await codexLinkJson(home, ['plan', '--detailed-exitcode'], { env });
      expect(planned.code).toBe(2);
      const provider = planned.document.resources.find(({ address }) => address === 'provider');
      expect(provider).toMatchObject({ status: 'update', cause: 'drift', writer: 'ccsxp' });

      expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
      expect(home.read('.codex/config.toml')).toBe(before); // the comments that ccsxp dropped included
      expect((await codexLink(home, ['plan'], { env })).stdout).toMatch(inSync);
      expect((await turn(env)).stdout).toContain('hi from the pool');
    });
  });

  it('starts the gateway again when it is gone', async () => {
    await session(async (env) => {
      await pool.stop();
      const planned = await codexLinkJson(home, ['plan'], { env });
      expect(statuses(planned.document)).toMatchObject({ gateway: 'update', provider: 'in-sync' });
      const applied = await codexLink(home, ['apply', '--yes'], { env });
      expect(applied.stderr).toBe('');
      expect(applied.code).toBe(0);
      expect((await codexLink(home, ['verify'], { env })).code).toBe(0);
    });
  });

  it('on the OAuth route a gateway that cannot be started is a step for a person, and the rest stays applied', async () => {
    await session(async (env) => {
      const away = await codexLink(home, ['use', 'openai'], { env });
      expect(away.code).toBe(0);
      // The two turns above, as the real Codex has kept them.
      expect(away.stdout).toContain(
        '2 conversations under cliproxy are hidden while openai is selected, and come back with cliproxy',
      );
      await pool.stop();
      const binary = '.ccs/cliproxy/bin/original/cli-proxy-api';
      const works = home.read(binary) ?? '';
      home.write(binary, '#!/bin/sh\nexit 3\n', 0o755);
      home.write('.codex/bin/cliproxy-token', 'broken', 0o700);
      const applied = await codexLinkJson(home, ['apply', '--yes'], { env });
      expect(applied.code).toBe(2);
      const results = Object.fromEntries(applied.document.resources.map((one) => [one.address, one.result]));
      expect(results).toMatchObject({ helper: 'done', gateway: 'manual', verification: 'done' });
      home.write(binary, works, 0o755);
      await pool.start();
      expect((await codexLink(home, ['use', 'auto'], { env })).code).toBe(0);
    });
  });

  it('lives beside ccsxp under an id of its own', async () => {
    const ccsxpWarning = ({ findings }: PlanDocument) => findings.filter(({ code }) => code === 'CL1015');
    await session(async (env) => {
      expect(ccsxpWarning((await codexLinkJson(home, ['plan'], { env })).document)).toHaveLength(1);

      writeYaml(home, yaml().replace('provider: {', 'provider: { id: codex-link,'));
      const planned = await codexLink(home, ['plan'], { env });
      expect(planned.stdout).toContain('2 conversations under cliproxy are hidden while codex-link is selected');
      expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
      // As if ccsxp had never been here: it then appends a table of its own.
      const mine = (home.read('.codex/config.toml') ?? '').replace(
        /\[model_providers\.cliproxy\][\s\S]*?(?=\n\[(?!model_providers\.cliproxy)|$)/,
        '',
      );
      expect(mine).not.toContain('[model_providers.cliproxy');
      home.write('.codex/config.toml', mine, 0o600);

      await runCcsxp(home);
      const both = home.read('.codex/config.toml') ?? '';
      expect(both).toContain('[model_providers.cliproxy]');
      expect(both.startsWith(mine.trimEnd())).toBe(true);
      await runCcsxp(home);
      expect(home.read('.codex/config.toml')).toBe(both);

      const again = await codexLinkJson(home, ['plan', '--detailed-exitcode'], { env });
      expect([again.code, again.document.outcome, ccsxpWarning(again.document)]).toEqual([0, 'in-sync', []]);
      expect((await askCodex(home, both)).accepted).toBe(true);
      const { stdout } = await turn(env);
      expect(stdout).toContain('hi from the pool');

      // Back to the id of ccsxp: what it left there is healed.
      writeYaml(home, yaml());
      expect((await codexLink(home, ['apply', '--yes'], { env })).code).toBe(0);
      expect((await codexLink(home, ['plan'], { env })).stdout).toMatch(inSync);
    });
  });

  it('does nothing to a machine that is in sync', async () => {
    await session(async (env) => {
      const { '.ccs/stand-in.jsonl': _log, ...before } = home.hashTree();
      for (const args of [['plan'], ['plan', '--json'], ['verify'], ['validate'], ['explain'], ['schema'], ['apply', '--yes']]) {
        expect((await codexLink(home, args, { env })).code, args.join(' ')).toBe(0);
      }
      const { '.ccs/stand-in.jsonl': _later, ...after } = home.hashTree();
      expect(after).toEqual(before);
    });
  });
});
