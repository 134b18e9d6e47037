import { CodexLinkError, Deferred, finding } from '../../diagnostics/diagnostics.ts';
import type { Exit, Machine } from '../../machine/machine.ts';
import type { SecretItem } from '../platform.ts';
import { shellWord } from '../shell.ts';
import { runSystem } from './system.ts';

/** There is no such item: the last eight bits of errSecItemNotFound (-25300), as of every OSStatus that `security` ends with. */
export const NOT_FOUND = 44;
/** errSecInteractionNotAllowed (-25308): a person would have to be asked, and cannot be from here. */
const NO_INTERACTION = 36;

/** What the other exit codes mean (SecBase.h), for the end of a sentence. */
const MEANING: Readonly<Record<number, string>> = {
  1: 'security had trouble of its own',
  2: 'security does not understand the command',
  29: 'a person has to be asked', // errSecInteractionRequired, -25315
  30: 'security lacks an entitlement', // errSecMissingEntitlement, -34018
  37: 'there is no default keychain', // errSecNoDefaultKeychain, -25307
  42: 'the value is too large', // errSecDataTooLarge, -25302
  45: 'somebody else has just made the same item', // errSecDuplicateItem, -25299
  49: 'the login keychain is damaged', // errSecInvalidKeychain, -25295
  50: 'the login keychain does not exist', // errSecNoSuchKeychain, -25294
  52: 'the keychain can only be read', // errSecReadOnly, -25292
  53: 'no keychain is available', // errSecNotAvailable, -25291
};

/** The error for a `security` that did not do what it was told. */
export async function trouble(
  machine: Machine,
  { code, timedOut }: Exit,
  item: SecretItem,
  what: string,
): Promise<CodexLinkError | Deferred> {
  if (timedOut) {
    return new CodexLinkError(finding('CL3032', 'macOS asks for access to the login keychain, and nobody answers its dialog'));
  }
  switch (code) {
    case NO_INTERACTION:
      return (await isOpen(machine)) ? foreign(item, 'and macOS would ask the person') : locked();
    case 128: // errSecUserCanceled
      return new CodexLinkError(finding('CL3032', 'the dialog of macOS about the login keychain was cancelled'));
    case 51: // errSecAuthFailed
      return foreign(item, 'and access was denied');
    case 37:
    case 49:
    case 50:
      return new CodexLinkError(finding('CL3035', `the item cannot be ${what}: ${MEANING[code]}`));
    default: {
      const why = MEANING[code ?? -1] ?? `security ended with exit code ${code}`;
      return new CodexLinkError(finding('CL3034', `the item cannot be ${what}: ${why}`));
    }
  }
}

/** What cannot be done now, and will be once the person has logged in. */
export function locked(): Deferred {
  return new Deferred(finding('CL3031', 'the login keychain is locked, and nobody can be asked for its password from here'));
}

function foreign({ service, account }: SecretItem, and: string): CodexLinkError {
  const fix = `security delete-generic-password -s ${shellWord(service)} -a ${shellWord(account)}, then codex-link apply`;
  return new CodexLinkError(finding('CL3033', `${service} in the login keychain was made by another program, ${and}`, { fix }));
}

/** Whether the login keychain is open. To be asked only where no dialog is possible: of a locked one on a desktop this would open it. */
export async function isOpen(machine: Machine): Promise<boolean> {
  return (await runSystem(machine, 'security', { args: ['show-keychain-info'], effect: 'read' })).code === 0;
}
