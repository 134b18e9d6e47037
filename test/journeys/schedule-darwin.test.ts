/** The schedule on macOS, by the built program and the stand-in for launchctl. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { codexLink, codexLinkJson, writeYaml } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { makeMac } from '../support/mac.ts';

const PLIST = 'Library/LaunchAgents/codex-link.drift.plist';
let home: FreshHome;
beforeEach(() => {
  home = freshHome();
});
afterEach(() => home.dispose());

it('is loaded, changed, found unloaded, left for later where nobody is logged in, and removed', async () => {
  const mac = makeMac(home);
  const run = async (...args: string[]) => codexLink(home, [...args, '--os', 'darwin'], { env: mac.env });
  const status = async () => (await codexLinkJson(home, ['schedule', 'status', '--os', 'darwin'], { env: mac.env })).document;
  const want = (schedule: string) => writeYaml(home, `version: 1\ndrift: { schedule: ${schedule} }\n`);

  want('{ every: 1h }');
  expect((await run('schedule', 'install')).stderr).toBe('');
  expect(mac.state().agents['codex-link.drift']).toMatchObject({ path: home.path(PLIST), runs: 0 });
  expect(await status()).toMatchObject({ scheduler: 'launchd', status: 'in-sync', nextRun: expect.stringMatching(/:00:00/) });

  want('{ cron: "30 9 * * 1-5" }');
  expect((await run('schedule', 'install')).code).toBe(0);
  expect(home.read(PLIST)).toContain('<key>Weekday</key>');
  await mac.run('launchctl', ['bootout', `gui/${process.getuid?.()}/codex-link.drift`]);
  expect(await status()).toMatchObject({ status: 'update', reason: expect.stringContaining('has not loaded') });

  mac.change((state) => {
    state.session = 'none';
  });
  expect(await status()).toMatchObject({ status: 'in-sync' }); // its file is there, and nobody can tell more
  want('{ every: 15m }');
  expect(await status()).toMatchObject({ status: 'deferred' });
  const before = home.read(PLIST);
  expect([(await run('schedule', 'install')).code, home.read(PLIST)]).toEqual([1, before]);

  mac.change((state) => {
    state.session = 'aqua';
  });
  expect((await run('schedule', 'install')).code).toBe(0);
  expect((await run('schedule', 'remove')).code).toBe(0);
  expect([mac.state().agents, home.read(PLIST)]).toEqual([{}, null]);
});
