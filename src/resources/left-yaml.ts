import type { Desired } from '../config/desired.ts';
import type { State } from '../planner/state.ts';
import type { Json } from './resource.ts';

/** What the last apply set of which the YAML speaks no longer, or elsewhere: addresses as the state has them. */
export function leftYaml(applied: State['applied'], desired: Desired, addresses: ReadonlySet<string>): string[] {
  return Object.keys(applied).filter((address) => {
    const value = applied[address];
    return value !== undefined && hasLeft(address, value, desired, addresses);
  });
}

/** @param addresses those of the resources that the YAML has */
function hasLeft(address: string, last: Json, { provider, helper, secret }: Desired, addresses: ReadonlySet<string>): boolean {
  switch (address) {
    case 'helper':
      return provider.auth !== 'helper' || (isText(last, 'path') && member(last, 'path') !== helper.path);
    case 'dotenv':
      return provider.auth !== 'dotenv' || (isText(last, 'name') && member(last, 'name') !== secret.service);
    case 'environment':
      return provider.auth !== 'env' || (isText(last, 'name') && member(last, 'name') !== secret.service);
    case 'secret': {
      // `auto` stays with the store that it took.
      const sameStore = secret.store === 'auto' || member(last, 'store') === secret.store;
      // A file holds the item of its service, whoever's it is.
      const sameAccount = member(last, 'store') === 'file' || member(last, 'account') === secret.account;
      return isText(last, 'service') && !(sameStore && sameAccount && member(last, 'service') === secret.service);
    }
    case 'routing':
      return !addresses.has(address);
    default:
      return /^(accounts|variants)\//.test(address) && !addresses.has(address);
  }
}

function isText(value: Json, name: string): boolean {
  return typeof member(value, name) === 'string';
}

function member(value: Json, name: string): Json | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)[name]
    : undefined;
}
