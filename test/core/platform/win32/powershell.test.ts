/** The helper for Windows: the text of the script, and what a stand-in that reads it makes of it. No PowerShell has run it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { credentialManager } from '../../../../src/platform/win32/credential-manager.ts';
import { windowsFileStore } from '../../../../src/platform/win32/file-store.ts';
import { powershellHelper, powershellWord } from '../../../../src/platform/win32/powershell.ts';
import { onPc } from './on-pc.ts';

/** What PowerShell would make of the expression: words in single quotes and characters by number, added up. */
function meaning(expression: string): string {
  const inner = /^\('' \+ (.*)\)$/s.exec(expression)?.[1] ?? expression;
  return inner
    .split(/ \+ (?=(?:[^']|'[^']*')*$)/)
    .map((part) =>
      part.startsWith('[char] ') ? String.fromCharCode(Number(part.slice(7))) : part.slice(1, -1).replaceAll("''", "'"),
    )
    .join('');
}

test.each([
  ['plain', "'plain'"],
  ['', "''"],
  ["O'Brien", "'O''Brien'"],
  ['$x `y`', "'$x `y`'"],
  ['é', "('' + [char] 0x00e9)"],
  ['a\u2019b', "('' + 'a' + [char] 0x2019 + 'b')"],
])('%j is %s', (text, word) => expect(powershellWord(text)).toBe(word));

test('any text is ASCII on one line, and means the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const word = powershellWord(text);
      expect(word).toMatch(/^[ -~]*$/);
      expect(meaning(word)).toBe(text);
    }),
  );
});

describe('the helper', () => {
  const item = {
    facts: { env: {}, home: '', cwd: '' },
    service: "it's $x",
    portableHome: null,
    timeoutMs: 10_000,
    program: (name: string) => name,
  };
  const run = ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File'];

  test('of the Credential Manager looks for the item by the name that it was written under', () =>
    onPc(async ({ pc, home }) => {
      const script = powershellHelper.script(
        credentialManager.lookup({ ...item, account: powershellWord('jörg'), configHome: '' }),
      );
      expect(script).not.toMatch(/[^\r]\n|[^\x00-\x7f]/);
      const file = home.write('helper.ps1', script);
      expect(await pc.run('powershell.exe', [...run, file])).toMatchObject({ code: 1, stdout: '' });
      pc.hold(item.service, 'jörg', 'test-token');
      expect(await pc.run('powershell.exe', [...run, file])).toEqual({ code: 0, stdout: 'test-token\n', stderr: '' });
      pc.hold(item.service, 'jörg', 'two words');
      expect(await pc.run('powershell.exe', [...run, file])).toMatchObject({ code: 1, stdout: '' });
    }));

  test('of the file reads the file, below the home of whoever runs it', () =>
    onPc(async ({ pc, home }) => {
      const configHome = home.path('.config', 'codex-link');
      const lookup = windowsFileStore.lookup({ ...item, service: 'KEY', account: "'me'", configHome, portableHome: home.home });
      expect(lookup).not.toContain(home.home);
      const file = home.write('helper.ps1', powershellHelper.script(lookup));
      expect((await pc.run('powershell.exe', [...run, file])).stderr).toContain('run codex-link apply');
      home.write('.config/codex-link/KEY.token', 'test-token\n', 0o600);
      expect((await pc.run('powershell.exe', [...run, file])).stdout).toBe('test-token\n');
    }));
});
