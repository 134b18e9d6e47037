/** The variables of launchd's desktop session, against the stand-ins for launchctl and security. */
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { agentText } from '../../../../src/platform/darwin/launch-agent.ts';
import { launchdEnvironment, sessionVariables } from '../../../../src/platform/darwin/session-environment.ts';
import { fileStore } from '../../../../src/platform/file-store.ts';
import { Secret } from '../../../../src/secret.ts';
import { codeOf, onMac } from './on-mac.ts';
import { missingParsers, parsed } from './property-list.ts';

const ITEM = { service: 'CLIPROXY_API_KEY', account: 'me' };
const VARIABLE = { name: 'CLIPROXY_API_KEY', item: ITEM };
const PLIST = 'Library/LaunchAgents/codex-link.environment.plist';

test('is set now and at every login, by an agent without a secret, and taken back', () =>
  onMac(async ({ machine, mac, home }) => {
    mac.hold({ ...ITEM, value: 'test-token' });
    expect(await launchdEnvironment.read(machine, VARIABLE)).toMatchObject({ value: null, present: false });
    await launchdEnvironment.write(machine, VARIABLE, new Secret('test-token'));
    const now = await launchdEnvironment.read(machine, VARIABLE);
    expect([now.value?.reveal(), now.flaw, now.present]).toEqual(['test-token', null, true]);
    expect(home.read(PLIST)).not.toContain('test-token');
    expect(mac.startsWith('test-token')).toEqual([]);

    await mac.login();
    await mac.idle();
    expect(mac.state().environment).toEqual({ CLIPROXY_API_KEY: 'test-token' });

    await launchdEnvironment.remove(machine, VARIABLE);
    await launchdEnvironment.remove(machine, VARIABLE);
    expect([mac.state().environment, mac.state().agents, home.read(PLIST)]).toEqual([{}, {}, null]);
  }));

test('without its agent it is lost at the next login, and another one is not ours', () =>
  onMac(async ({ machine, mac, home }) => {
    mac.hold({ ...ITEM, value: 'test-token' });
    await launchdEnvironment.write(machine, VARIABLE, new Secret('test-token'));
    home.write(PLIST, '<plist/>');
    expect((await launchdEnvironment.read(machine, VARIABLE)).flaw).toMatch(/is not the agent/);
    await machine.remove(home.path(PLIST));
    expect((await launchdEnvironment.read(machine, VARIABLE)).flaw).toMatch(/lost at the next login/);
  }));

test('an old value is put back while the store already holds the new one, and the store is left as it was', () =>
  onMac(async ({ machine, mac }) => {
    mac.hold({ ...ITEM, value: 'new' });
    await launchdEnvironment.write(machine, VARIABLE, new Secret('old'));
    expect([mac.state().environment.CLIPROXY_API_KEY, mac.held(ITEM.service, ITEM.account)]).toEqual(['old', 'new']);
    mac.forget(ITEM.service, ITEM.account);
    await launchdEnvironment.write(machine, VARIABLE, new Secret('older'));
    expect([mac.state().environment.CLIPROXY_API_KEY, mac.held(ITEM.service, ITEM.account)]).toEqual(['older', null]);
  }));

test('with the file store the agent reads the file', () =>
  onMac(async ({ machine, mac }) => {
    await fileStore.write(machine, ITEM, new Secret('test-of-the-file'));
    await launchdEnvironment.write(machine, { ...VARIABLE, store: fileStore }, new Secret('test-of-the-file'));
    expect(mac.state().environment).toEqual({ CLIPROXY_API_KEY: 'test-of-the-file' });
  }));

test('over ssh it is left to the desktop session', () =>
  onMac(async ({ machine, mac, home }) => {
    mac.hold({ ...ITEM, value: 'x' });
    mac.change((state) => void Object.assign(state, { session: 'elsewhere' }));
    for (const action of [
      () => launchdEnvironment.read(machine, VARIABLE),
      () => launchdEnvironment.write(machine, VARIABLE, new Secret('x')),
      () => launchdEnvironment.remove(machine, VARIABLE),
    ])
      expect(await codeOf(action())).toBe('CL3039 Deferred');
    expect(home.read(PLIST)).toBeNull();
  }));

test('an agent that launchd does not take is said', () =>
  onMac(async ({ machine, mac, home }) => {
    mac.hold({ ...ITEM, value: 'x' });
    home.write('Library/LaunchAgents', 'a file where a folder should be');
    expect(await codeOf(launchdEnvironment.write(machine, VARIABLE, new Secret('x')))).toBe('MachineError');
    expect(mac.state().environment).toEqual({});
  }));

test('of the session only the variables that are asked for are looked at', () =>
  onMac(async ({ machine, mac }) => {
    mac.change((state) => void Object.assign(state, { environment: { HTTP_PROXY: 'http://p:1', TEST_SECRET: 's"; export X;' } }));
    expect(await sessionVariables(machine, ['HTTP_PROXY', 'CODEX_HOME'])).toEqual([
      { name: 'HTTP_PROXY', value: 'http://p:1', place: null },
    ]);
  }));

describe.skipIf(missingParsers.length > 0)('the property list', () => {
  test.each([
    ['plain', ['/bin/sh', '-c', 'exit 0']],
    ['signs of XML', ['/bin/sh', '-c', 'a && b <c >d ]]> "e" \'f\'']],
    ['lines', ['/bin/sh', '-c', 'a\n  b\n']],
    ['letters', ['/Users/jürgen/日本']],
  ])('%s: two parsers read what was meant', async (_what, argv) => {
    expect(await parsed(agentText({ label: 'codex-link.test', argv }))).toEqual({
      Label: 'codex-link.test',
      ProgramArguments: argv,
      RunAtLoad: true,
    });
  });

  test.each(['<plist><dict>', agentText({ label: 'x', argv: [] }).replace('</array>', '')])(
    'the parsers refuse what is broken',
    async (text) => {
      await expect(parsed(text)).rejects.toThrow();
    },
  );

  test('as it is installed, with a script that both shells understand', () =>
    onMac(async ({ machine, mac, home }) => {
      mac.hold({ ...ITEM, value: 'test-token' });
      await launchdEnvironment.write(machine, VARIABLE, new Secret('test-token'));
      const { ProgramArguments } = (await parsed(home.read(PLIST) ?? '')) as { ProgramArguments: string[] };
      expect(ProgramArguments.slice(0, 2)).toEqual(['/bin/sh', '-c']);
      for (const shell of ['dash', 'zsh']) await execa(shell, ['-n'], { input: ProgramArguments[2] ?? '' });
    }));
});
