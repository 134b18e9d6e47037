/** That the stand-ins for programs of macOS do what is known of the real ones, down to their traps, and refuse the rest. */
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { type Mac, makeMac } from '../support/mac.ts';

let home: FreshHome;
let mac: Mac;
beforeEach(() => {
  home = freshHome();
  mac = makeMac(home);
});
afterEach(() => home.dispose());

const security = (...args: string[]) => mac.run('security', args);
const typed = (input: string, ...flags: string[]) => mac.run('security', ['-i', ...flags], input);
const hex = (text: string) => Buffer.from(text).toString('hex');
const ssh = () => mac.change((state) => void Object.assign(state, { session: 'elsewhere' }));
const lock = () => mac.change((state) => void Object.assign(state, { locked: true }));
const person = (dialog: 'allow' | 'deny' | 'none') => mac.change((state) => void Object.assign(state, { dialog }));
const hold = (value: string, trusted?: string[]) =>
  mac.hold({ service: 's', account: 'a', value, ...(trusted === undefined ? {} : { trusted }) });

describe('security -i', () => {
  test.each<[string, string, string[]]>([
    ['double quotes', 'add-generic-password -a "a b" -s "s" -X 78', ['a b', 's']],
    ['single quotes', "add-generic-password -a 'a b' -s 's' -X 78", ['a b', 's']],
    ['a backslash in double quotes', 'add-generic-password -a "a\\"b\\\\" -s s -X 78', ['a"b\\', 's']],
    ['a backslash in single quotes, where a shell knows none', "add-generic-password -a 'a\\'b' -s s -X 78", ["a'b", 's']],
    ['a backslash without quotes', 'add-generic-password -a a\\ b -s s -X 78', ['a b', 's']],
    ['a quote within a word is a character', 'add-generic-password -a a"b -s s -X 78', ['a"b', 's']],
    ['the beginning of a command is enough', 'add-g -a a -s s -X 78', ['a', 's']],
  ])('%s', async (_what, line, [account, service]) => {
    expect(await typed(`${line}\n`)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(mac.items()).toMatchObject([{ account, service, label: service, trusted: ['/usr/bin/security'] }]);
    expect(mac.held(service ?? '', account ?? '')).toBe('x');
  });

  test('quoted parts side by side are two words', async () => {
    const { code, stderr } = await typed('add-generic-password -a "a""b" -s s -X 78\n');
    // The second one is an operand, so that what follows is no option any more.
    expect([code, stderr]).toEqual([2, expect.stringContaining('Usage: add-generic-password')]);
  });

  test('more than 32 words are dropped', async () => {
    const { code } = await typed(`add-generic-password -a a -s s ${'-j x '.repeat(14)} -X 78\n`);
    expect([code, mac.held('s', 'a')]).toEqual([2, null]); // the 33rd is the value of -X
  });

  test('a line is cut after 4,095 bytes, and the rest is a command that is printed', async () => {
    const line = `add-generic-password -a a -s ss -X ${'41'.repeat(2100)}\n`;
    const { code, stderr } = await typed(line, '-q');
    expect(code).toBe(1);
    expect(stderr).toBe(`security: unknown command "${line.slice(4095).trim()}"`);
    expect(mac.held('ss', 'a')).toMatch(/^A{2000,}$/);
  });

  test('a line of exactly that length hides its failure behind an empty one', async () => {
    const line = `nonsense ${'x'.repeat(4095 - 9)}`;
    expect(line).toHaveLength(4095);
    expect((await typed(`${line}\n`)).code).toBe(0);
    expect((await typed(`${line.slice(1)}\n`)).code).toBe(1);
  });

  test('a last line without its newline is dropped', async () => {
    expect((await typed('add-generic-password -a a -s s -X 78')).code).toBe(0);
    expect(mac.items()).toEqual([]);
  });

  test.each([
    ['the last command decides', 'nonsense\nlogin-keychain\n', 0],
    ['an empty line is a good command', 'nonsense\n\n', 0],
    ['there is no quit', 'quit\n', 1],
    ['the exit code is the last byte of the status', 'find-generic-password -s none\n', 44],
  ])('%s', async (_what, input, code) => {
    expect((await typed(input)).code).toBe(code);
  });

  test('a failure is named, unless it is to be quiet', async () => {
    hold('x');
    const line = 'add-generic-password -a a -s s -X 78\n';
    const said = 'security: SecKeychainItemCreateFromContent (<default>): The specified item already exists in the keychain.';
    expect(await typed(line)).toEqual({ code: 45, stdout: '', stderr: `${said}\nadd-generic-password: returned -25299` });
    expect(await typed(line, '-q')).toEqual({ code: 45, stdout: '', stderr: said });
  });
});

describe('add-generic-password', () => {
  test.each<[string, string[], number]>([
    ['without an account', ['-s', 's', '-X', '78'], 2],
    ['without a service', ['-a', 'a', '-X', '78'], 2],
    ['an unknown option', ['-a', 'a', '-s', 's', '-Z'], 2],
    ['no hex', ['-a', 'a', '-s', 's', '-X', '7g'], 2],
    ['two keychains', ['-a', 'a', '-s', 's', 'x', 'y'], 2],
    ['without a value, which is then empty', ['-a', 'a', '-s', 's'], 0],
    ['half a byte', ['-a', 'a', '-s', 's', '-X', 'a'], 0],
  ])('%s', async (_what, args, code) => {
    expect((await security('add-generic-password', ...args)).code).toBe(code);
    expect(mac.items()).toHaveLength(code === 0 ? 1 : 0);
  });

  test('-U changes what is there and asks nobody, without a value only the attributes', async () => {
    hold('old');
    expect((await security('add-generic-password', '-a', 'a', '-s', 's', '-U', '-j', 'note')).code).toBe(0);
    expect([mac.held('s', 'a'), mac.items().length]).toEqual(['old', 1]);
    expect((await security('add-generic-password', '-a', 'a', '-s', 's', '-X', hex('new'), '-U')).code).toBe(0);
    expect([mac.held('s', 'a'), mac.items().length, mac.state().dialogs]).toEqual(['new', 1, []]);
  });

  test('-U with -T asks the person, and where it cannot it fails twice', async () => {
    hold('old');
    const args = ['add-generic-password', '-a', 'a', '-s', 's', '-X', hex('new'), '-U', '-T', '/usr/bin/security'];
    expect((await security(...args)).code).toBe(45);
    expect(mac.state().dialogs).toHaveLength(1);
    ssh();
    const { code, stderr } = await security(...args);
    expect([code, stderr.split('\n').length]).toEqual([45, 2]);
    expect(stderr).toContain('SecKeychainItemSetAccess: User interaction is not allowed.');
  });

  test('-U of an item that trusts another program asks, too', async () => {
    hold('old', ['/usr/local/bin/node']);
    ssh();
    expect((await security('add-generic-password', '-a', 'a', '-s', 's', '-X', '78', '-U')).code).toBe(45);
    expect(mac.held('s', 'a')).toBe('old');
  });

  test('a locked keychain takes no new item', async () => {
    lock();
    ssh();
    expect((await security('add-generic-password', '-a', 'a', '-s', 's', '-X', '78')).code).toBe(36);
  });
});

describe('find-generic-password', () => {
  test('attributes alone need no open keychain, no dialog and no trust', async () => {
    hold('x', []);
    lock();
    const { code, stdout, stderr } = await security('find-generic-password', '-s', 's');
    expect([code, stderr, mac.state().dialogs]).toEqual([0, '', []]);
    expect(stdout).toMatch(/^keychain: ".*\/Library\/Keychains\/login\.keychain-db"\nversion: 512\nclass: "genp"\nattributes:\n/);
    expect(stdout).toContain('\n    0x00000007 <blob>="s"\n');
    expect(stdout).toContain('\n    "acct"<blob>="a"\n');
    expect(stdout).toMatch(/\n {4}"cdat"<timedate>=0x[0-9A-F]{32} {2}"\d{14}Z\\000"\n/);
    expect(stdout).toContain('\n    "desc"<blob>=<NULL>\n');
  });

  test.each([
    ['plain', 'to ken', 'to ken'],
    ['with another byte, as hex that looks like any other value', 'tokén', '746f6bc3a96e'],
    ['with a newline', 'a\nb', '610a62'],
    ['empty', '', ''],
  ])('-w: %s', async (_what, value, shown) => {
    hold(value);
    expect(await security('find-generic-password', '-s', 's', '-w')).toEqual({ code: 0, stdout: shown, stderr: '' });
  });

  test('-g prints the value on standard error', async () => {
    hold('tokén');
    const { stdout, stderr } = await security('find-generic-password', '-s', 's', '-g');
    expect(stderr).toBe('password: 0x746F6BC3A96E  "tok\\303\\251n"');
    expect(stdout).not.toContain('tok');
  });

  test.each<[string, () => void, number, number]>([
    ['locked, over ssh', () => [lock(), ssh()], 36, 0],
    ['locked, and the person cancels', () => [lock(), person('none')], 128, 1],
    ['locked, and the person opens it', () => [lock(), person('allow')], 0, 1],
    ['of another program, over ssh', () => [hold('x', ['/x']), ssh()], 36, 0],
    ['of another program, and the person says no', () => [hold('x', ['/x']), person('deny')], 51, 1],
  ])('-w: %s, without a word', async (_what, arrange, code, dialogs) => {
    hold('x');
    arrange();
    const ran = await security('find-generic-password', '-s', 's', '-w');
    expect([ran.code, ran.stderr, mac.state().dialogs.length]).toEqual([code, '', dialogs]);
  });

  test('the first one that fits, and with account and service nothing else counts', async () => {
    mac.hold({ service: 's', account: 'first', value: '1' });
    mac.hold({ service: 's', account: 'second', value: '2' });
    expect((await security('find-generic-password', '-s', 's', '-w')).stdout).toBe('1');
    expect((await security('find-generic-password', '-s', 's', '-a', 'second', '-l', 'no such label', '-w')).stdout).toBe('2');
    expect(await security('find-generic-password', '-s', 's', '-l', 'no such label')).toEqual({
      code: 44,
      stdout: '',
      stderr: 'security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.',
    });
  });

  test('an unknown option', async () => {
    expect((await security('find-generic-password', '-s', 's', '-x')).code).toBe(2);
  });
});

test('delete-generic-password claims success whatever happens', async () => {
  hold('x');
  lock();
  ssh();
  const args = ['delete-generic-password', '-s', 's', '-a', 'a'];
  expect(await security(...args)).toMatchObject({ code: 36, stderr: 'password has been deleted.' });
  expect(mac.items()).toHaveLength(1);
  mac.change((state) => void Object.assign(state, { locked: false }));
  expect((await security(...args)).code).toBe(0);
  expect(mac.items()).toEqual([]);
  expect((await security(...args)).code).toBe(44);
  expect((await security('delete-generic-password')).code).toBe(2);
});

test('show-keychain-info, lock-keychain, unlock-keychain', async () => {
  expect(await security('show-keychain-info')).toMatchObject({ code: 0, stderr: 'Keychain "<NULL>" no-timeout' });
  await security('lock-keychain');
  ssh();
  expect(await security('show-keychain-info')).toMatchObject({
    code: 36,
    stderr: 'security: SecKeychainCopySettings <NULL>: User interaction is not allowed.',
  });
  expect((await security('unlock-keychain', '-p', 'wrong')).code).toBe(51);
  expect((await security('unlock-keychain', '-p', 'test-login')).code).toBe(0);
  expect((await security('show-keychain-info')).code).toBe(0);
});

test.each([
  ['security', ['dump-keychain']],
  ['security', ['find-generic-password', '-s', 's', '/Library/Keychains/System.keychain']],
  ['osascript', ['-e', 'tell application id "x.y" to quit', '-e', 'beep']],
  ['open', ['https://example.com']],
  ['mdfind', ['codex']],
  ['ps', ['aux']],
  ['ps', ['-xww', '-o', 'pid=,comm=']],
  ['lsof', ['-i']],
  ['plutil', ['-p', 'x']],
])('%s %j is not simulated, which no test can overlook', async (program, args) => {
  const { code, stderr } = await mac.run(program, args);
  expect([code, stderr]).toEqual([99, expect.stringContaining('is not simulated')]);
});

describe('launchctl', () => {
  const uid = process.getuid?.() ?? 501;
  const agent = (label: string, body: string) =>
    home.write(
      `Library/LaunchAgents/${label}.plist`,
      `<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict><key>Label</key><string>${label}</string>${body}</dict></plist>\n`,
    );
  const program = (script: string) =>
    `<key>ProgramArguments</key><array><string>/bin/sh</string><string>-c</string><string>${script}</string></array><key>RunAtLoad</key><true/>`;
  const launchctl = (...args: string[]) => mac.run('launchctl', args);

  test('runs what it loads, in an environment of its own, and knows it afterwards', async () => {
    const path = agent('x.y', program(`env &gt; ${home.path('env')}`));
    await launchctl('setenv', 'A_VARIABLE', 'of the session');
    expect((await launchctl('bootstrap', `gui/${uid}`, path)).code).toBe(0);
    await mac.idle();
    const env = home.read('env') ?? '';
    expect(env).toMatch(/^A_VARIABLE=of the session$/m);
    expect(env).toMatch(/^XPC_SERVICE_NAME=x\.y$/m);
    expect(env).toMatch(/^PATH=\/usr\/bin:\/bin:\/usr\/sbin:\/sbin$/m);
    expect(env).not.toMatch(/^NO_COLOR=/m);
    expect((await launchctl('bootstrap', `gui/${uid}`, path)).code).toBe(5);
    expect((await launchctl('kickstart', '-k', `gui/${uid}/x.y`)).code).toBe(0);
    expect((await launchctl('print', `gui/${uid}/x.y`)).stdout).toMatch(/runs = 2/);
    expect((await launchctl('bootout', `gui/${uid}/x.y`)).code).toBe(0);
    expect((await launchctl('bootout', `gui/${uid}/x.y`)).code).toBe(3);
    expect((await launchctl('print', `gui/${uid}/x.y`)).code).toBe(113);
  });

  test.each([
    ['an unclosed element', '<key>ProgramArguments</key><array><string>/bin/true</string>'],
    ['a bare &', program('a && b')],
    ['no program', '<key>RunAtLoad</key><true/>'],
    ['a relative program', '<key>ProgramArguments</key><array><string>sh</string></array>'],
    ['a spelling mistake', `${program('true')}<key>RunAtload</key><true/>`],
  ])('refuses a job with %s', async (_what, body) => {
    expect((await launchctl('bootstrap', `gui/${uid}`, agent('x.y', body))).code).toBe(109);
  });

  test('what is set over ssh no app sees, and without a login there is no desktop session', async () => {
    ssh();
    expect((await launchctl('managername')).stdout).toBe('Background');
    await launchctl('setenv', 'A', '1');
    expect((await launchctl('getenv', 'A')).stdout).toBe('1');
    mac.change((state) => void Object.assign(state, { session: 'aqua' }));
    expect(await launchctl('getenv', 'A')).toEqual({ code: 0, stdout: '', stderr: '' });
    mac.change((state) => void Object.assign(state, { session: 'none' }));
    expect((await launchctl('bootstrap', `gui/${uid}`, agent('x.y', program('true')))).code).toBe(125);
  });

  test('a login loads what is there, and forgets the variables of the last session', async () => {
    agent('x.y', program(`echo ran &gt;&gt; ${home.path('ran')}`));
    await launchctl('setenv', 'A', '1');
    await mac.login();
    await mac.idle();
    expect([home.read('ran'), mac.state().environment]).toEqual(['ran\n', {}]);
  });
});

describe('Codex App', () => {
  const QUIT = 'if application id "com.openai.codex" is running then tell application id "com.openai.codex" to quit';
  const osascript = (script: string) => mac.run('osascript', ['-e', script]);

  test('quits window first and engine later, and opens again', async () => {
    mac.installApp({ running: true });
    const programs = async () =>
      (await mac.run('ps', ['-xww', '-o', 'pid=', '-o', 'tty=', '-o', 'comm='])).stdout.match(
        /(?<=\?\? .*)Applications\/ChatGPT\.app.*/g,
      );
    expect(await programs()).toEqual([
      'Applications/ChatGPT.app/Contents/MacOS/ChatGPT',
      'Applications/ChatGPT.app/Contents/Resources/codex',
    ]);
    mac.change(({ app }) => void Object.assign(app ?? {}, { windowMs: 0, engineMs: 1e9 }));
    expect((await osascript(QUIT)).code).toBe(0);
    expect(await programs()).toEqual(['Applications/ChatGPT.app/Contents/Resources/codex']);
    expect((await mac.run('open', ['-b', 'com.openai.codex'])).code).toBe(0);
    expect(mac.state().app?.launches).toBe(0); // its engine still ends
    mac.change(({ app }) => void Object.assign(app ?? {}, { engineMs: 0 }));
    await mac.run('open', ['-b', 'com.openai.codex']);
    expect(mac.state().app?.launches).toBe(1);
  });

  test.each<[string, () => void, number, RegExp | '']>([
    [
      'without the permission',
      () => mac.change((state) => void Object.assign(state, { automation: 'refused' })),
      1,
      /\(-1743\)$/,
    ],
    ['over ssh', ssh, 1, /\(-600\)$/],
    ['when it does not run', () => mac.installApp({ running: false }), 0, ''],
    ['when it is not installed', () => mac.change((state) => void Object.assign(state, { app: null })), 1, /\(-1728\)$/],
  ])('is asked to quit %s', async (_what, arrange, code, words) => {
    mac.installApp({ running: true });
    arrange();
    const ran = await osascript(QUIT);
    expect(ran.code).toBe(code);
    expect(ran.stderr).toMatch(words);
  });

  test('is found by its id alone', async () => {
    mac.installApp({ name: 'Codex' });
    expect((await mac.run('mdfind', ["kMDItemCFBundleIdentifier == 'com.openai.codex'"])).stdout).toMatch(/Codex\.app$/);
    expect((await mac.run('mdfind', ["kMDItemCFBundleIdentifier == 'com.openai.chat'"])).stdout).toBe('');
    expect((await osascript('POSIX path of (path to application id "com.openai.codex")')).stdout).toMatch(/Codex\.app\/$/);
  });
});

test('every start is written down with its arguments, and what came on standard input is not', async () => {
  await typed(`add-generic-password -a a -s s -X ${hex('test-token')}\n`);
  await security('find-generic-password', '-s', 's', '-w');
  expect(mac.starts()).toEqual([
    { program: 'security', argv: ['-i'], by: null },
    { program: 'security', argv: ['find-generic-password', '-s', 's', '-w'], by: null },
  ]);
  expect(mac.startsWith('test-token')).toEqual([]);
  await security('add-generic-password', '-a', 'b', '-s', 's', '-X', hex('test-token'));
  expect(mac.startsWith('test-token')).toHaveLength(1);
});

describe('launchctl asuser', () => {
  test('hands over words, standard input and the exit code', async () => {
    const uid = String(process.getuid?.());
    const script = 'cat; printf "[%s]" "$@"; exit 7';
    const ran = await mac.run('launchctl', ['asuser', uid, '/bin/sh', '-c', script, 'sh', 'a b', ''], 'in\n');
    expect(ran).toEqual({ code: 7, stdout: 'in\n[a b][]', stderr: '' });
    expect((await mac.run('launchctl', ['asuser', uid])).code).toBe(64);
    expect((await mac.run('launchctl', ['asuser', '4711', 'true'])).code).toBe(99);
    mac.change((state) => void Object.assign(state, { session: 'none' }));
    expect((await mac.run('launchctl', ['asuser', uid, 'true'])).code).toBe(125);
  });
});

describe('who is at the screen, and sudo', () => {
  const folder = new URL('macos/kits/', import.meta.url).pathname;
  const run = async (name: string, args: string[], { input = '', env = {} } = {}) => {
    const options = { env: { ...mac.env, ...env }, extendEnv: false, reject: false, input } as const;
    const { exitCode: code, stdout } = await execa(process.execPath, [`${folder}${name}.mjs`, ...args], options);
    return { code, stdout };
  };
  const sit = (console: string | null) => mac.change((state) => void Object.assign(state, { console, consoleHome: home.home }));
  const ASK = 'show State:/Users/ConsoleUser\n';

  test('scutil names the person, or no key', async () => {
    sit('alice');
    expect((await run('scutil', [], { input: ASK })).stdout).toMatch(/^ {2}Name : alice$/m);
    sit(null);
    expect(await run('scutil', [], { input: ASK })).toEqual({ code: 0, stdout: '  No such key' });
    expect((await run('scutil', [], { input: 'show State:/\n' })).code).toBe(99);
  });

  test('sudo gives a fresh environment in the session of the person, and refuses the rest', async () => {
    sit('alice');
    const env = { STAND_IN_ASUSER: String(process.getuid?.()), LEAK: 'test' };
    const words = ['-n', '-H', '-u', 'alice', '/usr/bin/env'];
    const { code, stdout } = await run('sudo', words, { env });
    expect([
      code,
      stdout
        .split('\n')
        .map((line) => line.split('=')[0])
        .sort(),
    ]).toEqual([0, ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'USER']]);
    expect(stdout).toContain(`HOME=${home.home}`);
    for (const wrong of [
      ['-u', 'alice', 'env'],
      ['-n', '-H', '-u', 'bob', 'env'],
      ['-n', '-H', '-u', 'alice', '-i'],
    ])
      expect((await run('sudo', wrong, { env })).code).toBe(99);
    expect((await run('sudo', words)).code).toBe(99);
  });

  test('id has the number of the person, and else is the real one', async () => {
    sit('alice');
    expect((await run('id', ['-u', 'alice'])).stdout).toBe(String(process.getuid?.()));
    expect((await run('id', ['-u', 'nobody-of-that-name-4711'])).code).toBe(1);
    expect((await run('id', ['-u'])).stdout).toBe(String(process.getuid?.()));
  });
});
