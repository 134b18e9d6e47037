import { CodexLinkError, type Finding, finding } from '../../diagnostics/diagnostics.ts';
import type { Exit, Machine } from '../../machine/machine.ts';
import { Secret } from '../../secret.ts';
import type { HelperItem, SecretItem, SecretStore } from '../platform.ts';
import { shellWord } from '../shell.ts';
import { addLine } from './keychain-line.ts';
import { isOpen, locked, NOT_FOUND, trouble } from './keychain-trouble.ts';
import { hasDesktop, runSystem } from './system.ts';

/** It answers in 30 ms. When it does not, it waits for a person at a dialog. */
const TIMEOUT_MS = 10_000;
const SECOND_MS = 1000;

/**
 * The login keychain, through `/usr/bin/security` and nothing else: what that program has made it reads without a dialog, and the helper
 * can use no other one. Field notes and Apple's source (Security-61901, SecurityTool/macOS) say what it does.
 */
export const keychain: SecretStore = {
  kind: 'keychain',
  name: 'the login keychain',

  async unavailable(machine: Machine): Promise<Finding | null> {
    // Only its path: this asks nobody, whether it is locked or not.
    const { code } = await ask(machine, ['login-keychain']);
    return code === 0 ? null : finding('CL3035', 'this user has no login keychain');
  },

  async read(machine: Machine, item: SecretItem): Promise<Secret | null> {
    const exit = await ask(machine, ['find-generic-password', ...primaryKey(item), '-w']);
    if (exit.code === 0 && !exit.timedOut) return new Secret(exit.stdout.replace(/\n$/, ''));
    if (exit.code === NOT_FOUND) return null;
    throw await trouble(machine, exit, item, 'read');
  },

  async ready(machine: Machine): Promise<void> {
    // Where there is a desktop, a locked keychain would open a dialog for this question, too.
    if (!(await hasDesktop(machine)) && !(await isOpen(machine))) throw locked();
  },

  async write(machine: Machine, item: SecretItem, secret: Secret): Promise<void> {
    const line = addLine(item, secret, await exists(machine, item));
    // -q: else it says on standard error which command failed, and never -v, which prints every word of it.
    const exit = await ask(machine, ['-q', '-i'], { input: line, effect: 'write' });
    if (exit.code !== 0 || exit.timedOut) throw await trouble(machine, exit, item, 'stored');
    // The keychain notes whole seconds: whoever writes after the value has been read back must leave another mark than ours.
    await machine.sleep(SECOND_MS - (machine.now() % SECOND_MS));
    const readBack = await keychain.read(machine, item);
    if (readBack === null || !readBack.equals(secret)) {
      throw new CodexLinkError(finding('CL3004', 'the login keychain gave back something else than was stored'));
    }
  },

  async remove(machine: Machine, item: SecretItem): Promise<void> {
    if (!(await exists(machine, item))) return;
    const exit = await ask(machine, ['delete-generic-password', ...primaryKey(item)], { effect: 'write' });
    // It claims to have deleted the item whatever happened, so it is looked for again.
    if (exit.code !== 0 || exit.timedOut) throw await trouble(machine, exit, item, 'removed');
    if (await exists(machine, item)) throw new CodexLinkError(finding('CL3004', 'the item is still there after it was deleted'));
  },

  async flaw(): Promise<null> {
    return null; // access to items is the keychain's own business
  },

  async advice(machine: Machine, item: SecretItem): Promise<readonly Finding[]> {
    const { code, stdout } = await ask(machine, ['find-generic-password', '-s', item.service]);
    const account = code === 0 ? accountIn(stdout) : null;
    if (account === null || account === item.account) return [];
    const other = `the login keychain also has ${item.service} of ${JSON.stringify(account)}, and finds that one first without an account`;
    const fix = `security delete-generic-password -s ${shellWord(item.service)} -a ${shellWord(account)}, when nothing else uses it`;
    return [finding('CL3037', other, { fix })];
  },

  async stamp(machine: Machine, item: SecretItem): Promise<string | null> {
    const { code, stdout } = await ask(machine, ['find-generic-password', ...primaryKey(item)]);
    return code === 0 ? timesIn(stdout) : null;
  },

  programs: ['security'],

  lookup(item: HelperItem): string {
    const security = shellWord(item.program('security'));
    return `token=$(${security} find-generic-password -s ${shellWord(item.service)} -a ${item.account} -w 2>/dev/null)
case $? in
  0) ;;
  44) fail 'the login keychain holds no token: run codex-link apply' ;;
  36) fail 'the login keychain is locked, or not to be had outside of the desktop: log in to the desktop' ;;
  51 | 128) fail 'access to the token in the login keychain was denied: run codex-link plan' ;;
  *) fail 'the login keychain cannot be read: run codex-link plan' ;;
esac`;
  },
};

/** Account and service together name one item; nothing else counts then (find_first_generic_password in keychain_find.c). */
function primaryKey({ service, account }: SecretItem): string[] {
  return ['-s', service, '-a', account];
}

/** By its attributes alone, for which the keychain need not be open and nobody is asked. */
async function exists(machine: Machine, item: SecretItem): Promise<boolean> {
  const exit = await ask(machine, ['find-generic-password', ...primaryKey(item)]);
  if (exit.code === 0) return true;
  if (exit.code === NOT_FOUND) return false;
  throw await trouble(machine, exit, item, 'looked for');
}

function ask(
  machine: Machine,
  args: readonly string[],
  rest: { input?: string; effect: 'read' | 'write' } = { effect: 'read' },
): Promise<Exit> {
  return runSystem(machine, 'security', { args, timeoutMs: TIMEOUT_MS, ...rest });
}

/** The account among the attributes that were printed; null for none, or for one that is not plain text. */
function accountIn(attributes: string): string | null {
  return /^ {4}"acct"<blob>="([\x20-\x7e]*)"$/m.exec(attributes)?.[1] ?? null;
}

/** When the item was made and last written, as the attributes say it; null when they say neither. */
function timesIn(attributes: string): string | null {
  const times = [...attributes.matchAll(/^ {4}"([cm]dat)"<timedate>=(0x[0-9A-F]+)/gm)].map(([, name, time]) => `${name} ${time}`);
  return times.length === 2 ? times.join(', ') : null;
}
