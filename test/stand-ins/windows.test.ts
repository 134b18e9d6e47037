/** That the stand-ins for programs of Windows do what is known of the real ones, down to their traps, and refuse the rest. */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CREDENTIAL_REFUSALS } from '../support/credential-refusals.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { makePc, type Pc } from '../support/pc.ts';

let home: FreshHome;
let pc: Pc;
beforeEach(() => {
  home = freshHome();
  pc = makePc(home);
});
afterEach(() => home.dispose());

const HELPER = ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File'];

describe('what they do not know they refuse', () => {
  test.each<[string, string[]]>([
    ['powershell.exe', ['-Command', 'whoami']],
    ['powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', 'Remove-Item C:\\']],
    ['powershell.exe', ['-NoProfile', '-NonInteractive', '-EncodedCommand', 'AAAA']],
    ['reg.exe', ['add', 'HKCU\\Environment', '/v', 'X', '/d', 'in-argv', '/f']],
    ['reg.exe', ['query', 'HKLM\\SAM']],
    ['reg.exe', ['delete', 'HKCU\\Environment', '/v', 'X']],
    ['tasklist.exe', ['/V']],
    ['netstat.exe', ['-b']],
    ['icacls.exe', ['file', '/grant', 'Everyone:F']],
    ['explorer.exe', ['C:\\']],
  ])('%s %j', async (program, args) => {
    const { code, stderr } = await pc.run(program, args);
    expect(code).toBe(99);
    expect(stderr).toContain('not simulated');
    expect(pc.starts()).toEqual([{ program: program.replace('.exe', ''), argv: args }]);
  });
});

describe('reg.exe', () => {
  const file = (text: string) => {
    const path = home.path('x.reg');
    writeFileSync(path, Buffer.from(`\uFEFF${text.replaceAll('\n', '\r\n')}`, 'utf16le'));
    return path;
  };
  const HEADER = 'Windows Registry Editor Version 5.00\n\n[HKEY_CURRENT_USER\\Environment]\n';

  test('import takes a file, replaces a name in any case, and says so on standard error', async () => {
    expect(await pc.run('reg.exe', ['import', file(`${HEADER}"Name"="a\\\\b\\"c"\n`)])).toMatchObject({ code: 0, stdout: '' });
    await pc.run('reg.exe', ['import', file(`${HEADER}"NAME"="d"\n`)]);
    const { stdout } = await pc.run('reg.exe', ['query', 'HKCU\\Environment']);
    expect(stdout).toBe('\r\nHKEY_CURRENT_USER\\Environment\r\n    NAME    REG_SZ    d\r\n\r\n');
  });

  test.each([
    ['without its header', 1, '[HKEY_CURRENT_USER\\Environment]\n"A"="b"\n'],
    ['of another key', 99, HEADER.replace('Environment]', 'Software]')],
    ['with a quote that is not escaped', 99, `${HEADER}"A"="b"c"\n`],
  ])('a file %s', async (_what, code, text) => {
    expect((await pc.run('reg.exe', ['import', file(text)])).code).toBe(code);
    expect(pc.state().environment).toEqual({});
  });

  test('a file that is not UTF-16 is refused', async () => {
    expect((await pc.run('reg.exe', ['import', home.write('x.reg', HEADER)])).code).toBe(99);
  });

  test('what is not there cannot be deleted', async () => {
    expect(await pc.run('reg.exe', ['delete', 'HKCU\\Environment', '/v', 'X', '/f'])).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('powershell.exe -File', () => {
  test.each([
    ['that does not end with .ps1', 'helper.cmd', 'exit 0\r\n', 1],
    ['that is not our helper', 'helper.ps1', 'exit 0\r\n', 99],
    ['that is not ASCII', 'helper.ps1', "$ErrorActionPreference = 'Stop'\r\n# ü\r\n", 99],
  ])('a script %s', async (_what, name, text, code) => {
    expect(await pc.run('powershell.exe', [...HELPER, home.write(name, text)])).toMatchObject({ code, stdout: '' });
  });

  test('scripts are forbidden unless the policy is passed by, and a missing one is an error', async () => {
    const path = home.write('helper.ps1', 'exit 0\r\n');
    expect((await pc.run('powershell.exe', ['-NoProfile', '-NonInteractive', '-File', path])).stderr).toContain(
      'disabled on this system',
    );
    expect((await pc.run('powershell.exe', [...HELPER, home.path('missing.ps1')])).code).toBe(1);
  });
});

describe('codex-link-credential', () => {
  const credential = (args: string[], input?: string) => pc.run('codex-link-credential', args, input);

  test('has the words and exit codes of the program that it stands for', async () => {
    expect((await credential(['check'])).code).toBe(0);
    expect((await credential(['read', 'S', 'a'])).code).toBe(1);
    expect((await credential(['write', 'S', 'a'], 'value')).code).toBe(0);
    expect(await credential(['read', 'S', 'a'])).toEqual({ code: 0, stdout: 'value', stderr: '' });
    expect((await credential(['remove', 'S', 'a'])).code).toBe(0);
    expect((await credential(['remove', 'S', 'a'])).code).toBe(1);
  });

  test.each(CREDENTIAL_REFUSALS)('refuses %s', async (_what, args, input, code) => {
    expect((await credential(args, input)).code).toBe(code);
    expect(pc.state().credentials).toEqual({});
  });
});

test('tasklist.exe has a sentence instead of rows when nothing matches, and exit code 0', async () => {
  const none = await pc.run('tasklist.exe', ['/FO', 'CSV', '/NH', '/FI', 'PID eq 999999999']);
  expect(none).toMatchObject({ code: 0, stderr: '' });
  expect(none.stdout).toMatch(/^INFO: /);
});

test('explorer.exe ends with 1 although the App starts', async () => {
  pc.installApp({ running: false });
  const ran = await pc.run('explorer.exe', ['shell:AppsFolder\\OpenAI.Codex_2p2nqsd0c76g0!App']);
  expect([ran.code, pc.state().app]).toMatchObject([1, { running: true, launches: 1 }]);
});
