/**
 * What the real neighbours break, and what they add: the next run of drift, in the environment of cron, finds the one under its right name
 * and is silent about the other.
 */
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startGateway } from '../stand-ins/gateway.mjs';
import { makeCcsPool } from '../support/ccs-pool.ts';
import { codexLink, codexLinkJson, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { ccsxpPath, codexPath } from '../support/programs.ts';
import { ADDITIONS, type Auth, BREAKINGS, CONFIG, DOTENV } from './neighbours.ts';

const TOKEN = 'test-token-4711';
const missing = codexPath() === null || ccsxpPath() === null;
if (missing)
  console.warn('the real codex and ccsxp are not here: nothing was proven about drift beside them (npm ci in test/programs)');

describe.skipIf(missing).each<[Auth]>([['helper'], ['dotenv']])('drift beside real neighbours, auth: %s', (auth) => {
  const figures = { breaks: 0, found: 0, named: 0, additions: 0, falseAlarms: 0 };
  afterAll(() => console.info(`drift beside real neighbours, ${auth}: ${JSON.stringify(figures)}`));

  it('finds every break, and no addition', { timeout: 300_000 }, async () => {
    const home = freshHome();
    const gateway = await startGateway({ apiKeys: [TOKEN] });
    try {
      await makeCcsPool(home, { port: Number(new URL(gateway.url).port) });
      home.write('gateway-key', `${TOKEN}\n`, 0o600);
      home.write(CONFIG, '# mine\n\n[desktop]\ntheme = "dark"\n', 0o600);
      home.write(DOTENV, '# mine\n', 0o600);
      writeYaml(
        home,
        `version: 1
gateway: { url: "${gateway.url}", manager: none }
provider: { model: gpt-5.5, contextWindow: 272000, auth: ${auth} }
secret: { store: file, account: test, source: { file: ~/gateway-key } }
`,
      );
      const applied = async () => expect((await codexLink(home, ['apply', '--yes', '--exclude', 'verification'])).code).toBe(0);
      await applied();
      for (const { name, address, act, writer } of BREAKINGS.filter(({ only = auth }) => only === auth)) {
        await act(home);
        figures.breaks++;
        const { code, document } = await codexLinkJson(home, ['drift'], { env: cron(home) });
        const found = document.resources.find((one) => one.address === address);
        expect([name, code, found]).toEqual([name, 2, expect.objectContaining({ drifted: true, since: expect.any(String) })]);
        figures.found++;
        if (writer !== undefined) {
          expect([name, found?.writer]).toEqual([name, writer]);
          figures.named++;
        }
        await applied();
      }
      for (const { name, add, remove } of ADDITIONS) {
        for (const act of [add, remove]) {
          await act(home);
          figures.additions++;
          const { code, stdout } = await codexLink(home, ['drift'], { env: cron(home) });
          if (code !== 0) figures.falseAlarms++;
          expect([name, code, stdout]).toEqual([name, 0, '']);
        }
      }
    } finally {
      await gateway.close();
      home.dispose();
    }
  });
});

/** As a real cron daemon starts a program. */
function cron(home: FreshHome): Record<string, string> {
  return { HOME: home.home, LOGNAME: 'test', PATH: '/usr/bin:/bin', PWD: dirname(home.home), SHELL: '/bin/sh' };
}
