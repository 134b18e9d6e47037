/** What Windows is asked to start, judged here by the texts of the scripts; that it works is shown under Wine. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { targetOf, windowsStart } from '../../../src/machine/start-scripts.ts';
import { inFolder } from '../support/real.ts';

/** As cmd-shim 8.0.0 of npm writes it. */
const NPM = (target: string) =>
  `@ECHO off\r\nGOTO start\r\n:find_dp0\r\nSET dp0=%~dp0\r\nEXIT /b\r\n:start\r\nSETLOCAL\r\nCALL :find_dp0\r\n\r\nIF EXIST "%dp0%\\node.exe" (\r\n  SET "_prog=%dp0%\\node.exe"\r\n) ELSE (\r\n  SET "_prog=node"\r\n  SET PATHEXT=%PATHEXT:;.JS;=;%\r\n)\r\n\r\nendLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\${target}" %*\r\n`;

/** As pnpm writes it. */
const PNPM = `@SETLOCAL\r\n@IF EXIST "%~dp0\\node.exe" (\r\n  "%~dp0\\node.exe"  "%~dp0\\..\\global\\5\\x\\bin\\x.mjs" %*\r\n) ELSE (\r\n  @SET PATHEXT=%PATHEXT:;.JS;=;%\r\n  node  "%~dp0\\..\\global\\5\\x\\bin\\x.mjs" %*\r\n)\r\n`;

describe('what a script starts', () => {
  test.each<[string, string, string | null]>([
    [
      "npm's, of a Node script",
      NPM('node_modules\\@openai\\codex\\bin\\codex.js'),
      'C:\\npm\\node_modules\\@openai\\codex\\bin\\codex.js',
    ],
    ["npm's, of a program", '@ECHO off\r\n"%dp0%\\node_modules\\x\\x.exe"   %*\r\n', 'C:\\npm\\node_modules\\x\\x.exe'],
    ["pnpm's", PNPM, 'C:\\global\\5\\x\\bin\\x.mjs'],
    ['of somebody, which is not understood', '@set X=1\r\n@"C:\\tools\\codex.exe" %*\r\n', null],
    ['that adds arguments of its own', '@node "%~dp0\\x.js" --flag %*\r\n', null],
    ['that is empty', '', null],
  ])('%s', (_what, text, target) => expect(targetOf('C:\\npm\\codex.cmd', text)).toBe(target));
});

describe('what is started', () => {
  const start = (file: string, args: string[]) =>
    windowsStart({ file, args, env: { SystemRoot: 'C:\\Windows' }, timeoutMs: 1, effect: 'read' });

  test('a program, as it is', () =>
    expect(start('C:\\x\\codex.exe', ['a b', '"'])).toEqual({ file: 'C:\\x\\codex.exe', args: ['a b', '"'], verbatim: false }));

  test('the Node script behind a script, with arguments that cmd.exe would spoil', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'codex.cmd');
      writeFileSync(file, NPM('codex.js'));
      expect(start(file, ['%PATH%', 'a & b'])).toMatchObject({ file: process.execPath, verbatim: false });
      expect(start(file, ['%PATH%', 'a & b'])?.args.slice(1)).toEqual(['%PATH%', 'a & b']);
    }));

  test('another script through cmd.exe, whatever it is called', () =>
    expect(start('C:\\my tools\\op.BAT', ['read', 'op://a b/c'])).toEqual({
      file: 'C:\\Windows\\System32\\cmd.exe',
      args: ['/d', '/s', '/c', '""C:\\my tools\\op.BAT" "read" "op://a b/c""'],
      verbatim: true,
    }));

  test.each(['%PATH%', 'a&b', '"', '^', 'x\\', '!x!', 'a\nb', '>f', '|'])(
    'another script never with the argument %j',
    (argument) => expect(start('C:\\tools\\op.cmd', [argument])).toBe(null),
  );
});
