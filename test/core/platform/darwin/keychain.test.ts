/** The login keychain, against the stand-in for `security`; what it does with any exit code, against a machine in memory. */
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { MemoryMachine } from '../../../../src/machine/memory.ts';
import { ReadOnlyMachine } from '../../../../src/machine/read-only.ts';
import { keychain } from '../../../../src/platform/darwin/keychain.ts';
import { addLine } from '../../../../src/platform/darwin/keychain-line.ts';
import { posixHelper } from '../../../../src/platform/posix-helper.ts';
import { shellWord } from '../../../../src/platform/shell.ts';
import { Secret } from '../../../../src/secret.ts';
import { findCommand, missingPackages } from '../../../support/system.ts';
import { codeOf, onMac } from './on-mac.ts';

const ITEM = { service: 'CLIPROXY_API_KEY', account: 'me' };
const TOKEN = 'test-token\'with"signs\\$`#%';

test('an item is written, read, replaced and removed, and nobody is asked', () =>
  onMac(async ({ machine, mac }) => {
    expect(await keychain.unavailable(machine)).toBeNull();
    expect(await keychain.read(machine, ITEM)).toBeNull();
    await keychain.write(machine, ITEM, new Secret('first'));
    expect(mac.items()).toMatchObject([{ ...ITEM, trusted: ['/usr/bin/security'] }]);
    await keychain.write(machine, ITEM, new Secret(TOKEN));
    expect((await keychain.read(machine, ITEM))?.reveal()).toBe(TOKEN);
    await keychain.remove(machine, ITEM);
    await keychain.remove(machine, ITEM);
    expect([mac.items(), mac.state().dialogs]).toEqual([[], []]);
    expect(mac.startsWith(TOKEN)).toEqual([]);
    // An update says -U and a new item does not; the trap of -T is never stepped into.
    expect(mac.starts().filter(({ argv }) => argv.includes('-T') || argv.includes('-A') || argv.includes('-v'))).toEqual([]);
  }));

test('reading is reading', () =>
  onMac(async ({ machine, mac }) => {
    mac.hold({ ...ITEM, value: 'token' });
    const readOnly = new ReadOnlyMachine(machine);
    expect((await keychain.read(readOnly, ITEM))?.reveal()).toBe('token');
    expect(await keychain.unavailable(readOnly)).toBeNull();
    expect(await codeOf(keychain.write(readOnly, ITEM, new Secret('x')))).toBe('MachineError');
    expect(await codeOf(keychain.remove(readOnly, ITEM))).toBe('MachineError');
    expect(mac.held(ITEM.service, ITEM.account)).toBe('token');
  }));

test.each(['plain', 'with space', `quo"te's`, 'back\\slash\\', '-a', '', 'ünïcode', '$HOME `id` #'])('an account %j', (account) =>
  onMac(async ({ machine, mac }) => {
    const item = { service: 'S "x" \\', account };
    await keychain.write(machine, item, new Secret('token'));
    expect((await keychain.read(machine, item))?.reveal()).toBe('token');
    await keychain.write(machine, item, new Secret('next'));
    expect(mac.items()).toHaveLength(1);
    await keychain.remove(machine, item);
    expect(mac.items()).toEqual([]);
  }),
);

describe('the line for security -i', () => {
  test('has the value in hex, -U for an update only, and its end', () => {
    expect(addLine(ITEM, new Secret('Az~'), false)).toBe('add-generic-password -a "me" -s "CLIPROXY_API_KEY" -X 417a7e\n');
    expect(addLine(ITEM, new Secret('Az~'), true)).toBe('add-generic-password -a "me" -s "CLIPROXY_API_KEY" -X 417a7e -U\n');
  });

  test.each([
    ['a value of the longest kind', 'x'.repeat(1280), 'me', true],
    ['a value that would be cut', 'x'.repeat(2000), 'me', false],
    ['an account that makes it so', 'x'.repeat(1280), 'm'.repeat(1500), false],
    ['a line break, which would begin another command', 'x', 'm\nquit', false],
    ['a NUL', 'x', 'm\0', false],
  ])('%s', (_what, value, account, fits) => {
    const make = () => addLine({ service: 's', account }, new Secret(value), false);
    if (fits) expect(Buffer.byteLength(make())).toBeLessThan(4095);
    else expect(make).toThrow('CL3036');
  });
});

describe('what can be wrong', () => {
  const lockedOverSsh = { locked: true, session: 'elsewhere' } as const;

  test('locked over ssh is deferred, neither absent nor a reason for a dialog', () =>
    onMac(async ({ machine, mac }) => {
      mac.change((state) => void Object.assign(state, lockedOverSsh));
      expect(await codeOf(keychain.write(machine, ITEM, new Secret('x')))).toBe('CL3031 Deferred');
      mac.hold({ ...ITEM, value: 'token' });
      expect(await codeOf(keychain.read(machine, ITEM))).toBe('CL3031 Deferred');
      expect(await codeOf(keychain.write(machine, ITEM, new Secret('x')))).not.toBeNull();
      expect(await codeOf(keychain.remove(machine, ITEM))).toBe('CL3031 Deferred');
      expect([await keychain.unavailable(machine), mac.state().dialogs]).toEqual([null, []]);
      expect(mac.held(ITEM.service, ITEM.account)).toBe('token');
    }));

  test('an item of another program over ssh is told from a locked keychain', () =>
    onMac(async ({ machine, mac }) => {
      mac.hold({ ...ITEM, value: 'token', trusted: ['/usr/local/bin/node'] });
      mac.change((state) => void Object.assign(state, { session: 'elsewhere' }));
      expect(await codeOf(keychain.read(machine, ITEM))).toBe('CL3033');
    }));

  test('no keychain at all', () =>
    onMac(async ({ machine, mac }) => {
      mac.change((state) => void Object.assign(state, { noKeychain: true }));
      expect(await keychain.unavailable(machine)).toMatchObject({ code: 'CL3035' });
      expect(await codeOf(keychain.write(machine, ITEM, new Secret('x')))).toBe('CL3035');
    }));

  test('the same service under another account is worth telling, whether ours is there or not', () =>
    onMac(async ({ machine, mac }) => {
      expect(await keychain.advice?.(machine, ITEM)).toEqual([]);
      mac.hold({ ...ITEM, account: "some'body", value: 'theirs' });
      const [found] = (await keychain.advice?.(machine, ITEM)) ?? [];
      expect(found).toMatchObject({ code: 'CL3037', severity: 'info' });
      expect(found?.fix).toContain(`-a 'some'\\''body'`);
      mac.hold({ ...ITEM, value: 'ours' });
      expect(await keychain.advice?.(machine, ITEM)).toHaveLength(1);
      mac.forget(ITEM.service, "some'body");
      expect(await keychain.advice?.(machine, ITEM)).toEqual([]);
    }));

  const answering = (exit: Partial<{ code: number; timedOut: boolean; stdout: string }>) => {
    const machine = new MemoryMachine({ os: 'darwin' });
    machine.place('/usr/bin/security', '', 0o755);
    machine.programs.set('/usr/bin/security', () => ({ code: 0, stdout: '', stderr: '', timedOut: false, ...exit }));
    return machine;
  };

  test.each<[number, string]>([
    [1, 'CL3034'],
    [2, 'CL3034'],
    [29, 'CL3034'],
    [30, 'CL3034'],
    [36, 'CL3031 Deferred'],
    [37, 'CL3035'],
    [42, 'CL3034'],
    [45, 'CL3034'],
    [49, 'CL3035'],
    [50, 'CL3035'],
    [51, 'CL3033'],
    [52, 'CL3034'],
    [53, 'CL3034'],
    [99, 'CL3034'],
    [128, 'CL3032'],
  ])('exit code %i is %s', async (code, expected) => {
    expect(await codeOf(keychain.read(answering({ code }), ITEM))).toBe(expected);
  });

  test('a dialog that nobody answers', async () => {
    expect(await codeOf(keychain.read(answering({ timedOut: true }), ITEM))).toBe('CL3032');
  });

  test.each([
    [44, false],
    [0, true],
  ])('what looking for the item ends with (%i) decides whether it is an update: %s', async (code, update) => {
    const machine = answering({});
    const lines: string[] = [];
    machine.programs.set('/usr/bin/security', ({ args = [], input }) => {
      if (input !== undefined) lines.push(input);
      return { code: args[0]?.startsWith('find') && !args.includes('-w') ? code : 0, stdout: 'x\n', stderr: '', timedOut: false };
    });
    await keychain.write(machine, ITEM, new Secret('x'));
    expect(lines.map((line) => line.endsWith(' -U\n'))).toEqual([update]);
  });

  test('a keychain that keeps something else', async () => {
    expect(await codeOf(keychain.write(answering({ stdout: 'another' }), ITEM, new Secret('x')))).toBe('CL3004');
  });

  test('no security where macOS has it: PATH has no say', async () => {
    const machine = new MemoryMachine({ os: 'darwin', env: { HOME: '/home/me', PATH: '/evil' } });
    machine.place('/evil/security', '', 0o755);
    expect(await codeOf(keychain.read(machine, ITEM))).toBe('CL3030');
  });
});

describe('the helper', () => {
  const scriptFor = (bin: string, account: string) =>
    posixHelper.script(
      keychain.lookup({
        service: ITEM.service,
        account,
        portableHome: null,
        timeoutMs: 5000,
        configHome: '/c',
        facts: { env: {}, home: '/home/me', cwd: '/' },
        program: (name) => (name === 'id' ? '/usr/bin/id' : `${bin}/${name}`),
      }),
    );

  describe.each(['sh', 'dash', 'zsh'])('in %s', (name) => {
    const shell = findCommand(name);

    test.skipIf(shell === null)('is understood', async () => {
      const { exitCode, stderr } = await execa(shell ?? '', ['-n'], { input: scriptFor('/usr/bin', "'me'"), reject: false });
      expect([exitCode, stderr]).toEqual([0, '']);
    });

    test.skipIf(shell === null)('gives the token, or a reason and nothing', () =>
      onMac(async ({ mac, home }) => {
        const path = home.write('helper', scriptFor(`${home.home}/../mac/bin`, shellWord(ITEM.account)), 0o700);
        // As from the Dock: neither USER nor a PATH that is worth anything.
        const env = { HOME: home.home, PATH: '/usr/bin:/bin:/usr/sbin:/sbin' };
        const run = async () => {
          const ran = await execa(shell ?? '', [path], { env, extendEnv: false, reject: false, stdin: 'ignore' });
          return [ran.exitCode, ran.stdout, ran.stderr];
        };
        expect(await run()).toEqual([1, '', expect.stringMatching(/holds no token: run codex-link apply$/)]);
        mac.hold({ ...ITEM, value: TOKEN });
        expect(await run()).toEqual([0, TOKEN, '']);
        mac.hold({ ...ITEM, value: 'tokén' });
        expect((await run())[0]).toBe(0); // hex: security leaves no way to tell
        mac.hold({ ...ITEM, value: '' });
        expect(await run()).toEqual([1, '', expect.stringContaining('the stored token is empty')]);
        mac.hold({ ...ITEM, value: TOKEN });
        mac.change((state) => void Object.assign(state, lockedOverSsh));
        expect(await run()).toEqual([1, '', expect.stringContaining('locked')]);
      }),
    );
  });
  const lockedOverSsh = { locked: true, session: 'elsewhere' } as const;

  test('every shell that it is for is here', () => {
    expect(missingPackages(['zsh', 'dash'])).toEqual([]);
  });
});
