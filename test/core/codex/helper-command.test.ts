import { expect, test } from 'vitest';
import { helperCommand } from '../../../src/codex/helper-command.ts';
import type { Os } from '../../../src/machine/machine.ts';
import { desired } from '../support/desired.ts';

const PORTABLE = { portable: true };
const BARE = { command: '', args: [], cwd: null };
const powershell = (file: string) => ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', file];

// os, Codex's folder, helper.path, portable, what Codex is told
test.each<[Os, string, string, object, object]>([
  ['linux', '/home/me/.codex', '/home/me/.codex/bin/t', {}, { ...BARE, command: '/home/me/.codex/bin/t' }],
  ['linux', '/home/me/.codex', '/home/me/.codex/bin/t', PORTABLE, { command: './bin/t', args: [], cwd: '.' }],
  ['darwin', '/Users/me/.codex', '/Users/me/.codex/bin/t', {}, { ...BARE, command: '/Users/me/.codex/bin/t' }],
  [
    'win32',
    'C:\\Users\\me\\.codex',
    'C:\\Users\\me\\.codex\\bin\\t.ps1',
    {},
    { command: 'powershell.exe', args: powershell('C:/Users/me/.codex/bin/t.ps1'), cwd: null },
  ],
  [
    'win32',
    'C:\\Users\\me\\.codex',
    'C:\\Users\\me\\.codex\\bin\\t.ps1',
    PORTABLE,
    { command: 'powershell.exe', args: powershell('./bin/t.ps1'), cwd: '.' },
  ],
  ['win32', 'C:\\Users\\me\\.codex', 'C:\\tools\\t.exe', {}, { ...BARE, command: 'C:\\tools\\t.exe' }],
  [
    'win32',
    '/home/me/.codex',
    '/home/me/.codex/bin/t.ps1',
    PORTABLE,
    { command: 'powershell.exe', args: powershell('./bin/t.ps1'), cwd: '.' },
  ],
])('%s in %s: %s, %j', (os, codexHome, path, provider, told) => {
  expect(helperCommand(desired({ provider, helper: { path } }), os, codexHome)).toEqual(told);
});
