/** What Windows does otherwise than Linux, whatever the route: an end before its time, files of CCS, an installation without its module. */
import { renameSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { statuses } from '../support/cli.ts';
import { missingForWine } from '../support/wine.ts';
import { CONFIG, DOTENV, IN_SYNC, Journey, NAME, TOKEN } from './journey.ts';

const BEFORE = '# mine\r\napproval_policy = "on-request"\r\n';
const NPM = 'AppData/Roaming/npm';

describe.skipIf(missingForWine().length > 0)('on this machine', () => {
  let journey: Journey;
  beforeAll(async () => {
    journey = await Journey.begin();
  });
  beforeEach(() => journey.reset());
  afterAll(() => journey?.end());

  it.each([900, 1300, 1700, 2300])(
    'ended by force after %i ms: every file is old or new, and the next apply goes on',
    async (ms) => {
      const { windows } = journey;
      windows.write(CONFIG, BEFORE);
      journey.yaml();
      const running = journey.link('apply', '--yes');
      await new Promise((done) => setTimeout(done, ms));
      // With the Codex that it may have started: that one would go on using the copy of the configuration.
      for (const program of ['node.exe', 'codex.exe']) await windows.run('taskkill', ['/F', '/IM', program]);
      await running;
      const config = windows.read(CONFIG) ?? '';
      expect(config === BEFORE || config.includes('env_key = "CLIPROXY_API_KEY"'), config).toBe(true);
      expect([null, `${NAME}=${TOKEN}\n`]).toContain(windows.read(DOTENV));
      const next = await journey.link('apply', '--yes');
      expect(next.stderr).toBe('');
      expect(next.code).toBe(0);
      expect((await journey.link('plan')).stdout).toMatch(IN_SYNC);
      // The private folder of a Codex may stay until the next use, or an hour: here a Codex lingers, and numbers are given out again at once.
      expect(Object.keys(journey.tree()).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    },
  );

  it("a pool of CCS: found through npm's script, and its files are not called open to others", async () => {
    const { windows } = journey;
    const account = { email: 'alice@example.com', nickname: 'alice', tokenFile: 'codex-alice@example.com.json' };
    const token = {
      type: 'codex',
      access_token: 'fake',
      refresh_token: 'fake',
      email: account.email,
      expired: '2099-12-31T23:59:59Z',
    };
    const registry = { version: 1, providers: { codex: { default: account.email, accounts: { [account.email]: account } } } };
    windows.write('.ccs/config.yaml', 'version: 8\r\n');
    windows.write('.ccs/cliproxy/accounts.json', JSON.stringify(registry));
    windows.write(`.ccs/cliproxy/auth/${account.tokenFile}`, JSON.stringify(token));
    const folder = `${NPM}/node_modules/@kaitranntt/ccs`;
    windows.write(`${folder}/package.json`, JSON.stringify({ name: '@kaitranntt/ccs', version: '7.79.1' }));
    windows.write(`${folder}/dist/ccs.js`, '');
    windows.installGlobally('ccs', '@kaitranntt/ccs/dist/ccs.js');
    try {
      journey.yaml('', 'accounts: [{ email: alice@example.com, default: true }]');
      const { document } = await journey.json('plan');
      expect(statuses(document)).toMatchObject({ 'accounts/alice@example.com': 'in-sync', ccs: 'in-sync' });
      expect(document.resources.find(({ address }) => address === 'ccs')?.reason).toContain('7.79.1');
      expect(document.findings.map(({ code }) => code)).not.toContain('CL7020');
    } finally {
      for (const name of ['ccs', 'ccs.cmd', 'node_modules/@kaitranntt'])
        rmSync(windows.path(`${NPM}/${name}`), { recursive: true });
    }
  });

  it('without the native module the key is kept in a file, and that is said', async () => {
    const { windows } = journey;
    const module = windows.path(`${NPM}/node_modules/codex-link/node_modules`);
    renameSync(module, `${module}.away`);
    try {
      journey.yaml();
      const applied = await journey.json('apply', '--yes');
      expect(applied.document).toMatchObject({ verified: true });
      expect(applied.document.findings.map(({ code }) => code)).toContain('CL3013');
      expect(windows.read(`.config/codex-link/${NAME}.token`)).toBe(`${TOKEN}\n`);
    } finally {
      renameSync(`${module}.away`, module);
    }
    // What a run has chosen stays chosen, also when the module comes back.
    expect((await journey.link('plan')).stdout).toMatch(IN_SYNC);
  });
});
