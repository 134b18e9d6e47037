import { join } from 'node:path';
import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { type Exit, type Machine, MachineError } from '../../machine/machine.ts';
import { systemProgram, userEnvironment } from '../../machine/programs.ts';
import { Secret } from '../../secret.ts';
import type { SecretVariable, VariableState, VariableStore } from '../platform.ts';
import type { Variable } from '../session-environment.ts';

/** Where Windows keeps the variables of the user, and those of everybody. */
const USER = 'HKCU\\Environment';
const EVERYBODY = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment';

const TIMEOUT_MS = 10_000;

/** Starting PowerShell cold takes seconds, and a window that hangs holds the message up. */
const BROADCAST_TIMEOUT_MS = 20_000;

/**
 * The user's variables in the registry. `setx` would cut the value at 1,024 characters and have it in argv; so the value goes through a
 * file of our private scratch folder, which `reg import` reads. Exit codes prove nothing: what was written is read back.
 */
export const registry: VariableStore = {
  name: 'the registry (HKCU\\Environment)',
  removal: (_machine, name) => `reg delete HKCU\\Environment /v ${name}`,

  async read(machine: Machine, { name }: SecretVariable): Promise<VariableState> {
    const found = (await values(machine, USER)).find((one) => one.name.toUpperCase() === name.toUpperCase());
    if (found === undefined) return { value: null, flaw: null, present: false };
    const expanded = found.type === 'REG_EXPAND_SZ' && found.value.includes('%');
    const flaw = expanded ? `${name} in the registry is of type REG_EXPAND_SZ, so that Windows replaces what stands in %` : null;
    return { value: found.value === '' ? null : new Secret(found.value), flaw, present: true };
  },

  async write(machine: Machine, { name }: SecretVariable, value: Secret): Promise<void> {
    await machine.scratch({ 'environment.reg': registryFile(name, value) }, (folder) =>
      reg(machine, 'write', ['import', join(folder, 'environment.reg')]),
    );
    const now = (await values(machine, USER)).find((one) => one.name === name);
    if (now?.type !== 'REG_SZ' || !new Secret(now.value).equals(value)) {
      throw new CodexLinkError(finding('CL3053', `${USER} does not hold ${name} as it was written`));
    }
    await announce(machine);
  },

  async remove(machine: Machine, { name }: SecretVariable): Promise<void> {
    await reg(machine, 'write', ['delete', USER, '/v', name, '/f']);
    if ((await values(machine, USER)).some((one) => one.name === name)) {
      throw new CodexLinkError(finding('CL3053', `${USER} still holds ${name}`));
    }
    await announce(machine);
  },
};

/** Those of the named variables that Windows gives every program of a new session; the user's own win. */
export async function sessionVariables(machine: Machine, names: readonly string[]): Promise<readonly Variable[]> {
  const wanted = new Map(names.map((name) => [name.toUpperCase(), name]));
  const found = new Map<string, Variable>();
  const keys = await Promise.all([EVERYBODY, USER].map((key) => values(machine, key).catch(notReadable)));
  for (const { name, value } of keys.flat()) {
    const asked = wanted.get(name.toUpperCase());
    if (asked !== undefined) found.set(asked, { name: asked, value, place: null });
  }
  return [...found.values()];
}

interface RegistryValue {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** The values of a key. All of them are asked for: for a single one "there is none" and "it failed" have the same exit code. */
async function values(machine: Machine, key: string): Promise<RegistryValue[]> {
  const exit = await reg(machine, 'read', ['query', key]);
  if (exit.code !== 0) throw new CodexLinkError(finding('CL3052', `${key} cannot be read (reg.exe: ${said(exit)})`));
  return exit.stdout.split(/\r?\n/).flatMap((line) => {
    // Four spaces, the name, four spaces, the type, four spaces, the value; a name may contain spaces.
    const [, name, type, value = ''] = /^ {4}(.+?) {4}(REG_\w+)(?: {4}(.*))?$/.exec(line) ?? [];
    return name === undefined || type === undefined ? [] : [{ name, type, value }];
  });
}

/** A registry file as Windows 2000 and later write it: UTF-16 with a byte order mark, CRLF, backslashes and quotes escaped. */
function registryFile(name: string, value: Secret): Uint8Array {
  const escaped = (text: string) => text.replace(/[\\"]/g, '\\$&');
  const key = 'HKEY_CURRENT_USER\\Environment';
  const lines = [
    'Windows Registry Editor Version 5.00',
    '',
    `[${key}]`,
    `"${escaped(name)}"="${escaped(value.reveal())}"`,
    '',
    '',
  ];
  return Buffer.from(`\uFEFF${lines.join('\r\n')}`, 'utf16le');
}

/**
 * Tells the desktop that the environment has changed, so that what it starts from now on has the new one. Removing a variable that is
 * not there does nothing but that. It is a courtesy: the next login has the value in any case. Unverified on a real Windows.
 */
async function announce(machine: Machine): Promise<void> {
  const powershell = await systemProgram(machine, 'powershell');
  if (powershell === null) return;
  const script = "[Environment]::SetEnvironmentVariable('CODEX_LINK_ANNOUNCES', $null, 'User')";
  try {
    await machine.run({
      file: powershell,
      args: ['-NoProfile', '-NonInteractive', '-Command', script],
      env: userEnvironment(machine),
      timeoutMs: BROADCAST_TIMEOUT_MS,
      effect: 'write',
    });
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
  }
}

async function reg(machine: Machine, effect: 'read' | 'write', args: readonly string[]): Promise<Exit> {
  const file = await systemProgram(machine, 'reg');
  if (file === null) throw new CodexLinkError(finding('CL3052', 'there is no reg.exe'));
  return machine.run({ file, args, env: userEnvironment(machine), timeoutMs: TIMEOUT_MS, effect });
}

function said({ stderr, code }: Exit): string {
  return stderr.trim().split(/\r?\n/)[0] || `exit code ${code}`;
}

function notReadable(error: unknown): readonly [] {
  if (error instanceof CodexLinkError || error instanceof MachineError) return [];
  throw error;
}
