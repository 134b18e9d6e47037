import type { Machine } from '../machine/machine.ts';
import { configHome, tokenFile } from './file-store.ts';
import { itemName } from './pass-store.ts';
import type { SecretItem } from './platform.ts';
import { shellWord } from './shell.ts';
import { typed } from './typed.ts';

/** What a person types to take an item out of a store that codex-link leaves it in. */
export function removalCommand(machine: Machine, store: string, item: SecretItem): string {
  const { service, account } = item;
  switch (store) {
    case 'keychain':
      return `security delete-generic-password -s ${shellWord(service)} -a ${shellWord(account)}`;
    case 'secret-service':
      return `secret-tool clear service ${shellWord(service)} account ${shellWord(account)}`;
    case 'pass':
      return `pass rm ${shellWord(itemName(item))}`;
    case 'credential-manager':
      return `cmdkey /delete:${account}.${service}`;
    case 'file':
      return typed(machine.facts.os).remove(tokenFile(configHome(machine), item));
    default:
      return `remove ${service} of ${account} from ${store}`;
  }
}
