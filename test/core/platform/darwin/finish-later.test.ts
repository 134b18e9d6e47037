/** The agent that finishes an apply at the next login, run by the stand-in for launchd. */
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { finishAtLogin } from '../../../../src/platform/darwin/finish-later.ts';
import { onMac } from './on-mac.ts';
import { missingParsers, parsed } from './property-list.ts';

const PLIST = 'Library/LaunchAgents/codex-link.finish.plist';
const SCRIPT = '.local/state/codex-link/finish.sh';

test('runs the command once, where and with what it was given, says how it ended and is gone', () =>
  onMac(async ({ machine, mac, home }) => {
    const path = home.write("it's mine/run", `#!/bin/sh\nprintf '%s|' "$PWD" "$PLACE" "$@" >>"$HOME/ran"\nexit 2\n`, 0o755);
    await finishAtLogin.arrange(machine, { argv: [path, 'apply', "a'b c"], cwd: home.work, env: { PLACE: "it's $HERE" } });
    await mac.login();
    await mac.idle();
    await mac.login();
    await mac.idle();
    expect(home.read('ran')).toBe(`${home.work}|it's $HERE|apply|a'b c|`);
    expect(JSON.parse(home.read('.local/state/codex-link/finish.json') ?? '')).toMatchObject({ exitCode: 2, attempts: 1 });
    expect([home.read(PLIST), Object.keys(mac.state().agents)]).toEqual([null, []]);
  }));

test('is taken back', () =>
  onMac(async ({ machine, home }) => {
    await finishAtLogin.withdraw(machine);
    await finishAtLogin.arrange(machine, { argv: ['/bin/true'], cwd: '/', env: {} });
    expect([home.read(PLIST), home.read(SCRIPT)]).not.toContain(null);
    await finishAtLogin.withdraw(machine);
    expect([home.read(PLIST), home.read(SCRIPT)]).toEqual([null, null]);
  }));

describe.skipIf(missingParsers.length > 0)('its files', () => {
  test('two parsers read the property list, and both shells the script', () =>
    onMac(async ({ machine, home }) => {
      await finishAtLogin.arrange(machine, { argv: ['/bin/true', '&<>"\''], cwd: '/', env: { A: '&\n"' } });
      expect(await parsed(home.read(PLIST) ?? '')).toEqual({
        Label: 'codex-link.finish',
        ProgramArguments: ['/bin/sh', home.path(SCRIPT)],
        RunAtLoad: true,
      });
      for (const shell of ['dash', 'zsh']) await execa(shell, ['-n', home.path(SCRIPT)]);
    }));
});
