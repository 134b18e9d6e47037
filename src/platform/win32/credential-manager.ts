import { dirname, join } from 'node:path';
import { CodexLinkError, type Finding, finding } from '../../diagnostics/diagnostics.ts';
import type { Exit, Machine } from '../../machine/machine.ts';
import { systemProgram, userEnvironment } from '../../machine/programs.ts';
import { Secret } from '../../secret.ts';
import type { HelperItem, SecretItem, SecretStore } from '../platform.ts';
import { powershellWord } from './powershell.ts';

const TIMEOUT_MS = 15_000;

/** What the program says with its exit code (src/credential/credential.ts). */
const NO_ITEM = 1;
const NO_MODULE = 3;

/** The Credential Manager, reached through a small program of our own that loads a native module. */
export const credentialManager: SecretStore = {
  kind: 'credential-manager',
  name: 'the Credential Manager',

  async unavailable(machine: Machine): Promise<Finding | null> {
    const exit = await ask(machine, 'read', ['check']);
    return exit.code === 0 ? null : trouble(exit);
  },

  async read(machine: Machine, item: SecretItem): Promise<Secret | null> {
    const exit = await ask(machine, 'read', ['read', item.service, item.account]);
    if (exit.code === NO_ITEM) return null;
    if (exit.code !== 0) throw new CodexLinkError(trouble(exit));
    return new Secret(exit.stdout);
  },

  async write(machine: Machine, item: SecretItem, secret: Secret): Promise<void> {
    const exit = await ask(machine, 'write', ['write', item.service, item.account], secret.reveal());
    if (exit.code !== 0) throw new CodexLinkError(trouble(exit));
    const readBack = await credentialManager.read(machine, item);
    if (readBack === null || !readBack.equals(secret)) {
      throw new CodexLinkError(finding('CL3051', 'the Credential Manager holds something else than was written'));
    }
  },

  async remove(machine: Machine, item: SecretItem): Promise<void> {
    const exit = await ask(machine, 'write', ['remove', item.service, item.account]);
    if (exit.code !== 0 && exit.code !== NO_ITEM) throw new CodexLinkError(trouble(exit));
    if ((await credentialManager.read(machine, item)) !== null)
      throw new CodexLinkError(finding('CL3051', 'the item is still in the Credential Manager'));
  },

  async flaw(): Promise<null> {
    return null;
  },

  programs: [],

  /**
   * The name of the item and its text, UTF-16, are as @napi-rs/keyring 2.1.2 writes them: seen in the registry of Wine. Source of the
   * rest: CredReadW, and where CREDENTIALW has size and place of the text (wincred.h), with pointers of 4 or 8 bytes.
   */
  lookup({ service, account }: HelperItem): string {
    return `$target = ${account} + ${powershellWord(`.${service}`)}
Add-Type -Namespace CodexLink -Name CredentialManager -MemberDefinition @'
[DllImport("advapi32.dll", EntryPoint = "CredReadW", CharSet = CharSet.Unicode, SetLastError = true)]
public static extern bool Read(string target, int type, int flags, out IntPtr credential);
[DllImport("advapi32.dll", EntryPoint = "CredFree")]
public static extern void Free(IntPtr credential);
'@
$pointer = [IntPtr]::Zero
if (-not [CodexLink.CredentialManager]::Read($target, 1, 0, [ref] $pointer)) {
  $code = [Runtime.InteropServices.Marshal]::GetLastWin32Error()
  if ($code -eq 1168) { Fail ('there is no item ' + $target + ' in the Credential Manager: run codex-link apply') }
  Fail ('the Credential Manager cannot be read (error ' + $code + ')')
}
$size = [Runtime.InteropServices.Marshal]::ReadInt32($pointer, 16 + 2 * [IntPtr]::Size)
$blob = [Runtime.InteropServices.Marshal]::ReadIntPtr($pointer, 16 + 3 * [IntPtr]::Size)
$token = [Runtime.InteropServices.Marshal]::PtrToStringUni($blob, [int] ($size / 2))
[CodexLink.CredentialManager]::Free($pointer)`;
  },
};

async function ask(machine: Machine, effect: 'read' | 'write', args: readonly string[], input?: string): Promise<Exit> {
  const { file, before } = await program(machine);
  const given = input === undefined ? {} : { input };
  return machine.run({
    file,
    args: [...before, ...args],
    env: userEnvironment(machine),
    timeoutMs: TIMEOUT_MS,
    effect,
    ...given,
  });
}

/** Our own program stands beside the one that runs; elsewhere than on Windows only a stand-in can serve. */
async function program(machine: Machine): Promise<{ file: string; before: readonly string[] }> {
  if (machine.facts.simulated) {
    const file = await systemProgram(machine, 'codex-link-credential');
    if (file !== null) return { file, before: [] };
  } else {
    const script = join(dirname(process.argv[1] ?? ''), 'credential.js');
    if ((await machine.stat(script)) !== null) return { file: process.execPath, before: [script] };
  }
  throw new CodexLinkError(finding('CL3050', 'the program that reaches the Credential Manager is missing'));
}

/** What it says on standard error is made for people and never holds the value. */
function trouble(exit: Exit): Finding {
  const why = exit.timedOut ? `no answer within ${TIMEOUT_MS / 1000} s` : exit.stderr.trim() || `exit code ${exit.code}`;
  return exit.code === NO_MODULE ? finding('CL3050', why) : finding('CL3051', `the Credential Manager failed: ${why}`);
}
