import { type Findings, pathText, showText } from '../findings.ts';
import { emailOf } from '../merge.ts';
import { at, keyPlace, type Path, placeAt, type TreeMap } from '../tree.ts';
import type { Item, Rule, RuleWorld } from './rule.ts';

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

const accounts: Path = ['accounts'];

export const accountRules: readonly Rule[] = [
  {
    reads: [],
    check(_, world) {
      const [first, ...more] = world.items(accounts).filter((one) => one.isTrue('default'));
      if (first === undefined) return;
      const owner = nameOf(first, world);
      for (const one of more) {
        // Listed twice, which is told as that.
        if (one.text('email') !== null && one.text('email') === first.text('email')) continue;
        const message = `${nameOf(one, world)} and ${owner} are both the default; at most one account can be`;
        const fix = `write \`default: false\` for ${nameOf(one, world)} or for ${owner}`;
        world.report([...one.path, 'default'], [[...first.path, 'default']], 'CL2050', message, fix);
      }
    },
  },
  {
    reads: [],
    check(_, world) {
      for (const one of world.items(accounts)) {
        if (!one.isTrue('default') || !one.isTrue('paused')) continue;
        const message = `${nameOf(one, world)} is the default account, so it cannot be paused`;
        const fix = 'make another account the default, or remove `paused: true`';
        world.report([...one.path, 'paused'], [[...one.path, 'default']], 'CL2052', message, fix);
      }
    },
  },
  {
    reads: [],
    check(_, world) {
      const listed = world.items(accounts);
      const owners = new Map<string, { readonly item: Item; readonly key: string }>();
      for (const item of listed) {
        const email = item.text('email');
        if (email !== null) owners.set(email.toLowerCase(), { item, key: 'email' });
      }
      for (const item of listed) {
        const nickname = item.text('nickname');
        if (nickname === null) continue;
        const owner = owners.get(nickname.toLowerCase());
        if (owner === undefined) owners.set(nickname.toLowerCase(), { item, key: 'nickname' });
        else if (owner.item !== item) {
          const message = `${showText(nickname)} is the name of ${nameOf(owner.item, world)} already; case does not matter`;
          const fix = `choose another nickname for ${nameOf(item, world)}`;
          world.report([...item.path, 'nickname'], [[...owner.item.path, owner.key]], 'CL2053', message, fix);
        }
      }
    },
  },
  {
    reads: [],
    check(_, world) {
      const seen = new Map<string, Item>();
      for (const item of world.items(['variants'])) {
        const name = item.text('name');
        if (name === null) continue;
        const first = seen.get(name);
        if (first === undefined) seen.set(name, item);
        else {
          const message = `${showText(name)} is listed already, as ${world.nameOf(first.path)}`;
          world.report([...item.path, 'name'], [], 'CL2054', message, 'remove one of the two, or rename it');
        }
      }
    },
  },
];

/** Its email; where that is missing or wrong, its place in the file. */
const nameOf = (account: Item, world: RuleWorld) => account.text('email') ?? world.nameOf(account.path);
