/**
 * One list of journeys, played on every OS that codex-link manages: the first apply, everything that can drift, and the way out. The
 * program is the built one and Codex is real; the gateway, and the programs of an OS that this machine is not, are stand-ins.
 */
import { chmodSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../stand-ins/gateway.mjs';
import { makeCcsPool } from '../support/ccs-pool.ts';
import { codexLink, codexLinkJson, statuses, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { ccsPath, codexPath } from '../support/programs.ts';
import { type AppOnStage, type Desktop, ITEM, type Stage } from '../support/stage.ts';
import { darwinStage } from '../support/stage-darwin.ts';
import { linuxStage } from '../support/stage-linux.ts';
import { win32Stage } from '../support/stage-win32.ts';

const STAGES: readonly Stage[] = [linuxStage, darwinStage, win32Stage];

const TOKEN = "test-token'with\\signs$`#%4711";
const CONFIG = '.codex/config.toml';
const IN_SYNC = /^In sync: \d+ resources, nothing to do/;
const BEFORE = '# mine\n[mcp_servers.docs] # keep\ncommand = "npx"\n';

describe.each(STAGES)('$name', (stage) => {
  let home: FreshHome;
  let gateway: Gateway;

  const { ending, hasMode } = stage.helper ?? { ending: '', hasMode: true };
  const HELPER = `.codex/bin/cliproxy-token${ending}`;

  const yaml = (provider = ', auth: helper', rest = '') => `version: 1
gateway: { url: "${gateway.url}", manager: none }
provider: { id: pool, model: gpt-5.5, contextWindow: 272000${provider} }
secret: { account: ${ITEM.account}, source: { env: TEST_GATEWAY_KEY } }
app: { quitTimeoutSeconds: 3 }
${rest}`;

  beforeEach(async () => {
    home = freshHome();
    gateway = await startGateway({ apiKeys: [TOKEN] });
    home.write(CONFIG, BEFORE, 0o600);
    writeYaml(home, yaml());
  });
  afterEach(async () => {
    await gateway.close();
    home.dispose();
  });

  /** A journey, and afterwards the promise that holds on every one: the token was nowhere among the arguments of a program. */
  const journey = (name: string, play: (desktop: Desktop, terminal: Terminal) => Promise<void>) =>
    it.skipIf(stage.missing !== null)(name, () =>
      stage.run(home, async (desktop) => {
        await play(desktop, terminalOf(desktop));
        expect(desktop.startsWith(TOKEN)).toEqual([]);
      }),
    );

  journey.each = (
    name: string,
    cases: readonly string[],
    play: (one: string, desktop: Desktop, terminal: Terminal) => Promise<void>,
  ) => {
    for (const one of cases) journey(name.replace('%s', one), (desktop, terminal) => play(one, desktop, terminal));
  };

  type Terminal = ReturnType<typeof terminalOf>;
  const terminalOf = (desktop: Desktop) => {
    const env = { ...desktop.env, TEST_GATEWAY_KEY: TOKEN };
    const type = (...args: string[]) => codexLink(home, [...args, ...stage.flags], { env });
    const json = (...args: string[]) => codexLinkJson(home, [...args, ...stage.flags], { env });
    const applied = async () => {
      const ran = await type('apply', '--yes');
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect(ran.stdout + ran.stderr).not.toContain(TOKEN);
    };
    const inSync = async () => expect((await type('plan')).stdout).toMatch(IN_SYNC);
    const turn = async () => {
      const args = ['exec', '--skip-git-repo-check', 'say hi'];
      const options = {
        cwd: home.work,
        env: desktop.env,
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
        timeout: 60_000,
      } as const;
      expect((await execa(codexPath() ?? 'codex', args, options)).stdout).toBe('hi from the pool');
    };
    return { type, json, applied, inSync, turn };
  };

  journey('the first apply, a turn of codex, and then nothing to do', async (desktop, { json, applied, inSync, turn }) => {
    const planned = await json('plan', '--detailed-exitcode');
    expect([planned.code, statuses(planned.document)]).toMatchObject([
      2,
      { secret: 'create', helper: 'create', provider: 'update' },
    ]);
    expect(await desktop.held()).toBeNull();
    await applied();
    expect(await desktop.held()).toBe(TOKEN);
    expect(planned.document).toMatchObject({ os: stage.name });
    await inSync();
    await turn();
    expect(gateway.requests.at(-1)).toMatchObject({ path: '/v1/responses', status: 200, key: 'valid' });
  });

  journey('everything that drifts is found, named and healed', async (desktop, { json, applied, inSync, turn }) => {
    await applied();
    const drifts: [string, string, string, () => void | Promise<void>][] = [
      ['the token was changed', 'secret', 'update', () => desktop.replace('another')],
      ['the token is gone', 'secret', 'create', () => desktop.replace(null)],
      ['the helper was edited', 'helper', 'update', () => void home.write(HELPER, '#!/bin/sh\necho other\n', 0o700)],
      ['the selector was moved', 'provider', 'update', () => edit('model_provider = "pool"', 'model_provider = "openai"')],
      ['the context window was changed', 'provider', 'update', () => edit('272000', '1000')],
      ['an env_key was added', 'provider', 'update', () => edit('wire_api', 'env_key = "X"\nwire_api')],
    ];
    if (hasMode) drifts.push(['the helper can be read by others', 'helper', 'update', () => chmodSync(home.path(HELPER), 0o755)]);
    const edit = (from: string, to: string) => void home.write(CONFIG, (home.read(CONFIG) ?? '').replace(from, to), 0o600);
    const good = home.read(CONFIG);
    for (const [what, address, status, breakIt] of drifts) {
      await breakIt();
      const { code, document } = await json('plan', '--detailed-exitcode');
      expect(code, what).toBe(2);
      expect(
        document.resources.find((one) => one.address === address),
        what,
      ).toMatchObject({ status, cause: 'drift' });
      await applied();
      expect([home.read(CONFIG), await desktop.held()], what).toEqual([good, TOKEN]);
    }
    await inSync();
    await turn();
  });

  journey('drift is silent, then says what differs, and what it cannot know', async (desktop, { type, applied }) => {
    await applied();
    expect(await type('drift')).toEqual({ code: 0, stdout: '', stderr: '' });
    const good = home.read(HELPER) ?? '';
    home.write(HELPER, 'other\n', 0o700);
    expect(await type('drift')).toMatchObject({ code: 2, stdout: expect.stringContaining('helper') });
    home.write(HELPER, good, 0o700);
    if (!stage.locks) return;
    await desktop.lock();
    if (desktop.lockedStatus === 'in-sync') expect(await type('drift')).toEqual({ code: 0, stdout: '', stderr: '' });
    else expect(await type('drift')).toMatchObject({ code: 3, stdout: expect.stringMatching(/secret[\s\S]*locked/) });
    await desktop.unlock();
    expect((await type('drift')).code).toBe(0);
  });

  journey('to OpenAI and back', async (_desktop, { type, applied, inSync, turn }) => {
    await applied();
    const linked = home.read(CONFIG);
    expect((await type('use', 'openai')).code).toBe(0);
    expect(home.read(CONFIG)).toContain('model_provider = "openai"');
    expect((await type('use', 'cliproxy')).code).toBe(0);
    expect(home.read(CONFIG)).toBe(linked);
    expect((await type('use', 'auto')).code).toBe(0);
    await inSync();
    await turn();
  });

  journey(
    'a locked store is neither absent nor asked, and what was applied stays',
    async (desktop, { type, json, applied, inSync }) => {
      if (!stage.locks) return;
      await applied();
      const before = home.read(CONFIG);
      await desktop.lock();
      const { document } = await json('plan');
      expect(statuses(document).secret).toBe(desktop.lockedStatus);
      if (desktop.lockedStatus === 'unknown')
        expect(document.resources.find(({ address }) => address === 'secret')?.reason).toMatch(/locked/);
      const ran = await type('apply', '--yes');
      expect(ran.code).toBe(desktop.lockedStatus === 'in-sync' ? 0 : 1);
      expect(ran.stdout + ran.stderr).not.toContain(TOKEN);
      expect(home.read(CONFIG)).toBe(before);
      await desktop.unlock();
      await inSync();
    },
  );

  if (stage.defers)
    journey(
      'what a locked store left undone is done at the next login, once',
      async (desktop, { type, json, applied, inSync }) => {
        if (desktop.login === null) throw new Error('nobody can log in on this stage');
        home.write('token', TOKEN, 0o600); // the person's terminal is gone by then, with its variables
        writeYaml(home, yaml().replace('{ env: TEST_GATEWAY_KEY }', `{ file: ${home.path('token')} }`));
        await desktop.lock();
        const planned = await json('plan');
        expect(statuses(planned.document).secret).toBe('deferred');
        const ran = await type('apply', '--yes');
        expect([ran.code, home.read(CONFIG)], ran.stdout + ran.stderr).toEqual([2, BEFORE]);
        expect(ran.stdout).toContain('by itself after the next login');
        await desktop.login();
        expect(await desktop.held()).toBe(TOKEN);
        await inSync();
        await desktop.replace('another');
        await desktop.login();
        expect(await desktop.held()).toBe('another');
        await applied();
      },
    );

  // The full doctor wants to look for updates, and cannot: the apply fails after everything was done.
  const doomed = (provider: string) => yaml(provider, 'verify: { doctor: full }\n');

  journey.each(
    'a failed apply leaves everything as it found it, with auth: %s',
    ['helper', 'env'],
    async (auth, desktop, { type }) => {
      const agents = () => Object.keys(home.hashTree()).filter((path) => /LaunchAgents\/./.test(path));
      const variable = async () => (desktop.variable === null ? null : desktop.variable(ITEM.service));
      writeYaml(home, doomed(`, auth: ${auth}`));
      for (const before of [null, 'test-of-mine']) {
        await desktop.replace(before);
        const ran = await type('apply', '--yes');
        expect(ran.code, ran.stdout).toBe(1);
        expect(ran.stderr).toMatch(/updates\.status[\s\S]*everything is as it was before/);
        expect([await desktop.held(), home.read(CONFIG), home.read(HELPER), await variable(), agents()]).toEqual([
          before,
          BEFORE,
          null,
          null,
          [],
        ]);
      }
    },
  );

  journey('a refused apply does not even begin', async (desktop, { type }) => {
    gateway.setKeys(['test-another-key']);
    expect((await type('apply', '--yes')).code).toBe(1);
    expect([await desktop.held(), home.read(CONFIG)]).toEqual([null, BEFORE]);
  });

  journey('destroy leaves no trace', async (desktop, { type, applied }) => {
    const before = home.read(CONFIG);
    await applied();
    expect((await type('destroy', '--yes')).code).toBe(0);
    expect([home.read(CONFIG), home.read(HELPER), await desktop.held()]).toEqual([before, null, null]);
    expect(Object.keys(home.hashTree()).filter((path) => /codex-link/.test(path) && !path.startsWith('.config'))).toEqual([]);
  });

  journey('auth: env reaches the session, is healed, and is taken back', async (desktop, { type, json, applied, inSync }) => {
    writeYaml(home, yaml(', auth: env'));
    await applied();
    if (desktop.variable !== null) expect(await desktop.variable(ITEM.service)).toBe(TOKEN);
    await inSync();
    writeYaml(home, yaml(', auth: dotenv'));
    expect(statuses((await json('plan')).document)).toMatchObject({ environment: 'delete', dotenv: 'create' });
    await applied();
    if (desktop.variable !== null) expect(await desktop.variable(ITEM.service)).toBeNull();
    await inSync();
    expect((await type('destroy', '--yes')).code).toBe(0);
    expect(home.read('.codex/.env')).toBeNull();
  });

  const withApp = (name: string, play: (app: AppOnStage, terminal: Terminal) => Promise<void>) => {
    if (!stage.hasApp) return;
    journey(name, async ({ app }, terminal) => {
      if (app === null) throw new Error('the stage has no App');
      await play(app, terminal);
    });
  };

  withApp('the App is restarted only when it runs and something changed', async (app, { json, applied, inSync }) => {
    app.install({ running: false });
    await applied();
    expect([app.isRunning(), app.launches()]).toEqual([false, 0]);
    app.install({ running: true });
    await inSync();
    expect([app.isRunning(), app.launches()]).toEqual([true, 0]);
    writeYaml(home, yaml().replace('272000', '100000'));
    expect(statuses((await json('plan')).document).app).toBe('run');
    await applied();
    expect([app.isRunning(), app.launches()]).toEqual([true, 1]);
  });

  withApp('an App that does not quit is never killed: exit 2, and the rest stays applied', async (app, { type }) => {
    app.install({ running: true });
    app.refuseToQuit();
    const ran = await type('apply', '--yes');
    expect([ran.code, app.isRunning(), app.launches()]).toEqual([2, true, 0]);
    expect(ran.stdout).toContain('quit Codex App yourself');
    expect(home.read(CONFIG)).toContain('model_provider = "pool"');
  });

  describe.skipIf(ccsPath() === null)('with a pool of the real ccs', () => {
    journey('rotate: the new key is in the store, and the old one stops working', async (desktop, { type, applied, inSync }) => {
      const pool = await makeCcsPool({ ...home, env: desktop.env });
      try {
        const rest = `verify: { allowWarnings: [updates.status] }\n`;
        const managed = yaml(undefined, rest).replace(/^gateway: .*$/m, `gateway: { url: "http://127.0.0.1:${pool.port}" }`);
        writeYaml(home, managed.replace('source: { env: TEST_GATEWAY_KEY }', 'source: ccs'));
        await pool.start();
        await applied();
        const old = (await desktop.held()) ?? '';
        const ran = await type('rotate', '--yes');
        expect(ran.code, ran.stdout + ran.stderr).toBe(0);
        const next = (await desktop.held()) ?? '';
        const asked = [next, old].map((key) =>
          fetch(`http://127.0.0.1:${pool.port}/v1/models`, { headers: { Authorization: `Bearer ${key}` } }),
        );
        expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 401]);
        expect([desktop.startsWith(next), desktop.startsWith(old)]).toEqual([[], []]);
        await inSync();
      } finally {
        await pool.stop();
      }
    });
  });
});
