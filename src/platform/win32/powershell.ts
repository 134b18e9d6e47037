import { type Exit, type Machine, MachineError } from '../../machine/machine.ts';
import { systemProgram, userEnvironment } from '../../machine/programs.ts';
import type { HelperLanguage } from '../platform.ts';

/** It takes up to a second to start. */
const TIMEOUT_MS = 20_000;

/** Runs a script of Windows PowerShell. Throws `MachineError` when there is none. */
export async function powershell(machine: Machine, effect: 'read' | 'write', script: string): Promise<Exit> {
  const file = await systemProgram(machine, 'powershell');
  if (file === null) throw new MachineError('ENOENT', 'there is no powershell.exe');
  const args = ['-NoProfile', '-NonInteractive', '-Command', script];
  return machine.run({ file, args, env: userEnvironment(machine), timeoutMs: TIMEOUT_MS, effect });
}

/**
 * An expression of PowerShell that stands for exactly these characters. Windows PowerShell 5.1 takes a script without a byte order mark
 * for text in the code page of the country, so only ASCII is written as it is. That leaves one kind of quotes, too: PowerShell takes
 * typographic ones for the same.
 */
export function powershellWord(text: string): string {
  const parts = text.match(/[ -~]+|[^ -~]/g) ?? [''];
  const words = parts.map((part) =>
    /^[ -~]*$/.test(part) ? `'${part.replaceAll("'", "''")}'` : `[char] 0x${part.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  // What stands first decides what + means.
  return /^[ -~]*$/.test(text) ? (words[0] ?? "''") : `('' + ${words.join(' + ')})`;
}

/**
 * The helper as a script of Windows PowerShell, which every Windows has. It prints the token on one line, or nothing and a reason on
 * standard error, which Codex shows; so the reason never holds the token. Unverified on a real Windows.
 */
export const powershellHelper: HelperLanguage = {
  ending: '.ps1',
  word: powershellWord,
  currentUser: () => '[Environment]::UserName',
  programs: [],
  script: (lookup) =>
    `# Written by codex-link: Codex runs it to get the key of the gateway. Do not edit, the next \`codex-link apply\` puts it back.
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
function Fail([string] $Reason) {
  [Console]::Error.WriteLine('cliproxy-token: ' + $Reason)
  exit 1
}
trap { Fail $_.Exception.Message }
${lookup}
if ($token -cnotmatch '\\A[!-~]+\\z') { Fail 'the stored token is not one line of printable characters: run codex-link apply' }
[Console]::Out.Write($token + [char] 10)
`.replaceAll('\n', '\r\n'),
};
