import { type Findings, pathText, showText } from '../findings.ts';
import { emailOf } from '../merge.ts';
import { at, keyPlace, type Path, placeAt, type TreeMap } from '../tree.ts';
import type { Rule, RuleWorld } from './rule.ts';

/**
 * Tells accounts that stand twice in one list. Asked of each file by itself: once layers are merged, an email that stands in two
 * files is one account, as it should be.
 */
export function reportDuplicateAccounts(root: TreeMap, findings: Findings): void {
  const overrides = at(root, ['overrides']);
  const count = overrides?.kind === 'list' ? overrides.items.length : 0;
  const lists: Path[] = [['accounts'], ...Array.from({ length: count }, (_, index) => ['overrides', index, 'set', 'accounts'])];
  for (const path of lists) {
    const list = at(root, path);
    if (list?.kind !== 'list') continue;
    const seen = new Map<string, number>();
    for (const [index, account] of list.items.entries()) {
      const email = emailOf(account);
      if (email === null) continue;
      const first = seen.get(email);
      if (first === undefined) seen.set(email, index);
      else {
        const emailPath = [...path, index, 'email'];
        const place = placeAt(root, emailPath);
        const message = `${pathText(emailPath)}: ${showText(email)} is listed already, as ${pathText([...path, first])}`;
        // A list with an alias twice in it has both accounts in the same place.
        const where = findings.has(place) ? keyPlace(root, emailPath) : place;
        findings.at(where, 'CL2051', message, 'merge the two entries into one');
      }
    }
  }
}

export const accountRules: readonly Rule[] = [
  {
    reads: ['accounts'],
    check({ accounts }, world) {
      const defaults = (accounts ?? []).flatMap((account, index) => (account.default ? [{ ...account, index }] : []));
      for (const { email, index } of defaults.slice(1)) {
        const first = defaults[0]!;
        const message = `accounts[${index}].default: ${email} and ${first.email} are both the default; at most one account can be`;
        world.report(
          ['accounts', index, 'default'],
          'CL2050',
          message,
          `write \`default: false\` for ${email} or for ${first.email}`,
        );
      }
      for (const { email, index, paused } of defaults) {
        if (!paused) continue;
        const message = `accounts[${index}].paused: ${email} is the default account, so it cannot be paused`;
        world.report(
          ['accounts', index, 'paused'],
          'CL2052',
          message,
          'make another account the default, or remove `paused: true`',
        );
      }
    },
  },
  {
    reads: ['accounts'],
    check({ accounts }, world) {
      const owners = new Map((accounts ?? []).map(({ email }) => [email.toLowerCase(), email]));
      for (const [index, { email, nickname }] of (accounts ?? []).entries()) {
        if (nickname === null) continue;
        const owner = owners.get(nickname.toLowerCase());
        if (owner === undefined) owners.set(nickname.toLowerCase(), email);
        else if (owner !== email) {
          const message = `accounts[${index}].nickname: ${showText(nickname)} is the name of ${owner} already; case does not matter`;
          world.report(['accounts', index, 'nickname'], 'CL2053', message, `choose another nickname for ${email}`);
        }
      }
    },
  },
  {
    reads: ['variants'],
    check({ variants }, world: RuleWorld) {
      const seen = new Map<string, number>();
      for (const [index, { name }] of (variants ?? []).entries()) {
        const first = seen.get(name);
        if (first === undefined) seen.set(name, index);
        else {
          const message = `variants[${index}].name: ${showText(name)} is listed already, as variants[${first}]`;
          world.report(['variants', index, 'name'], 'CL2054', message, 'remove one of the two, or rename it');
        }
      }
    },
  },
];
