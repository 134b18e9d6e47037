import { expect, test } from 'vitest';
import { startsSameProgram } from '../../../src/codex/auth-program.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';

type Auth = { readonly command?: string | bigint; readonly cwd?: string };
const config = (auth: Auth | null) => ({
  model_providers: { pool: auth === null ? {} : { auth: { ...auth } } },
});
const ABSOLUTE = { command: '/home/me/.codex/bin/token' };

test.each<[string, Auth | null, Auth | null, boolean]>([
  ['the profile of export', ABSOLUTE, { command: './token', cwd: '~/.codex/bin' }, true],
  ['and over a portable file', { command: './bin/token', cwd: '.' }, { command: './token', cwd: '~/.codex/bin' }, true],
  ['the same spelling', ABSOLUTE, ABSOLUTE, true],
  ['an absolute command does not look at cwd', ABSOLUTE, { ...ABSOLUTE, cwd: '/elsewhere' }, true],
  ['right in home', { command: '/home/me/token' }, { command: './token', cwd: '~' }, true],
  ['another folder', ABSOLUTE, { command: './token', cwd: '~/bin' }, false],
  ['another name', ABSOLUTE, { command: './other', cwd: '~/.codex/bin' }, false],
  ['another person', ABSOLUTE, { command: './token', cwd: '~you/.codex/bin' }, false],
  ['a folder relative to the layer', ABSOLUTE, { command: './bin/token', cwd: '.' }, false],
  ['a name to be found on PATH', ABSOLUTE, { command: 'token', cwd: '~/.codex/bin' }, false],
  ['wherever Codex was started', ABSOLUTE, { command: './token' }, false],
  ['no text', ABSOLUTE, { command: 1n }, false],
  ['no helper', ABSOLUTE, null, false],
  ['none in both', null, null, false],
])('%s', (_what, own, effective, same) => {
  expect(startsSameProgram(new MemoryMachine(), 'pool', config(own), config(effective))).toBe(same);
});
