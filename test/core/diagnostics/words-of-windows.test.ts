/** What a person on Windows is told to type is something that a shell there knows. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { insteadOfClaude, signInCommand } from '../../../src/ccs/sign-in.ts';
import { readTokenFiles } from '../../../src/ccs/token-file.ts';
import { CODES, CodexLinkError } from '../../../src/diagnostics/diagnostics.ts';
import { readGenerations } from '../../../src/generations/generation.ts';
import type { Facts, Os } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { readState } from '../../../src/planner/state.ts';
import { typed } from '../../../src/platform/typed.ts';

/** Commands and places that Windows has not, and what only a POSIX shell understands; `&&` is unknown to Windows PowerShell. */
const POSIX =
  /(?<![-\w./])(?:chmod|chown|mv|rm|ls|cat|cp|kill|sudo|iconv|unset|brew|systemctl|crontab|security|launchctl)(?= )|&&|export [A-Z]|open -a|\$\(|(?<![\w.])\/(?:etc|usr|bin)\/|(?<!\S)[A-Z][A-Z_]+=\S* (?=ccs|codex)/;

/** Codes that no run on Windows has, because their part belongs to another system; of some, only the general fix of `explain`. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  CL3001: 'the Secret Service of Linux',
  CL3009: 'permission bits',
  CL3014: 'permission bits',
  CL3070: 'pass',
  CL7020: 'permission bits',
  CL7044: 'permission bits',
  CL8044: 'the crontab',
  CL8046: 'the crontab',
  CL3030: 'a Mac',
  CL3032: 'a Mac',
  CL3031: 'a Mac',
  CL3038: 'a Mac',
};

const MAC = readFileSync(new URL('../../../src/diagnostics/macos.ts', import.meta.url), 'utf8');

test.each(Object.entries(CODES))('the fix of %s', (code, { fix }) => {
  // Where it says what is different on Windows, it knows of it.
  if (code in ELSEWHERE || MAC.includes(`${code}:`) || /on Windows/.test(fix)) return;
  expect(fix).not.toMatch(POSIX);
});

test('what belongs elsewhere is still there', () => {
  expect(Object.keys(ELSEWHERE).filter((code) => !Object.hasOwn(CODES, code))).toEqual([]);
});

/** Commands of POSIX in texts of the source, file by file, and why nobody on Windows is told them. */
const ALLOWED: Readonly<Record<string, string>> = {
  'platform/file-store.ts': 'permission bits',
  'platform/typed.ts': 'it chooses by the system',
  'resources/account-health.ts': 'permission bits',
  'resources/helper.ts': 'permission bits',
  'resources/variant.ts': 'permission bits',
};

test('no other text of the source tells a command of POSIX', () => {
  const source = new URL('../../../src/', import.meta.url);
  const found = readdirSync(source, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = `${entry.parentPath.replace(/\/$/, '')}/${entry.name}`.split('/src/')[1] ?? '';
    if (!entry.isFile() || !path.endsWith('.ts') || /^(diagnostics|generated|platform\/(linux|darwin))\//.test(path)) return [];
    const lines = readFileSync(new URL(path, source), 'utf8').split('\n');
    return lines.some((line) => /\bfix\b|\bcommand: /.test(line) && /[`'](?:[^`']* )?(?:chmod|mv|rm|iconv|sudo) /.test(line))
      ? [path]
      : [];
  });
  expect(found.filter((path) => !(path in ALLOWED))).toEqual([]);
  expect(found).toContain('resources/helper.ts'); // it does look
});

describe.each<[Os, boolean]>([
  ['win32', false],
  ['linux', true],
])('on %s', (os, posix) => {
  const facts: Partial<Facts> = { os, env: { SystemRoot: 'C:\\Windows' } };
  const machine = () => {
    const made = new MemoryMachine();
    return Object.assign(made, { facts: { ...made.facts, ...facts } });
  };
  const fixOf = async (action: Promise<unknown>) => {
    const error = await action.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return error instanceof CodexLinkError ? (error.findings[0]?.fix ?? '') : '';
  };

  test('every command', () => {
    const words = typed(os);
    const commands = [
      words.move('/a b/c', '/d'),
      words.remove('/a b/c'),
      words.readable('/a b/c', 'me'),
      words.recoded('/a b/c', 'UTF-16'),
      words.inTurn('codex-link plan', 'codex-link apply'),
      words.seeing('NAME', 'value', 'codex-link apply'),
      signInCommand(machine().facts, false),
    ];
    expect(commands.map((one) => POSIX.test(one))).toEqual(commands.map(() => posix));
  });

  test('files of ours that are broken', async () => {
    const broken = machine();
    broken.place('/home/me/.local/state/codex-link/state.json', '{');
    broken.place('/home/me/.local/state/codex-link/generations/000001.json', '{');
    for (const fix of [await fixOf(readState(broken)), await fixOf(readGenerations(broken))]) {
      expect(fix).toMatch(/\.json/);
      expect(POSIX.test(fix)).toBe(posix);
    }
  });

  test('modes count where there are any', async () => {
    const made = machine();
    made.place('/cliproxy/auth/codex-a.json', '{"type":"codex","email":"a@example.com"}', 0o644);
    expect((await readTokenFiles(made, '/cliproxy', 'auth'))[0]?.mode).toBe(posix ? 0o644 : 0o600);
  });
});

test('in the place of the Claude CLI stands a program that is there', () => {
  const on = (os: Os) => insteadOfClaude({ os, env: {} });
  expect([on('linux'), on('darwin'), on('win32')]).toEqual(['/bin/true', '/usr/bin/true', 'C:\\Windows\\System32\\where.exe']);
});
