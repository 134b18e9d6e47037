import { pathText } from './findings.ts';
import type { Path, Tree, TreeEntry, TreeMap } from './tree.ts';

/** Maps whose keys are alternatives: merged, they would say two things at once, so the later one replaces the earlier one. */
const alternatives = new Set(['secret.source', 'drift.schedule', 'drift.report.webhook.urlFrom']);

/** Maps merge, `accounts` merge by email, anything else is replaced by what the later layer says. */
export function mergeMaps(below: TreeMap, above: TreeMap, path: Path): TreeMap {
  const entries = new Map<string, TreeEntry>(below.entries);
  for (const [name, entry] of above.entries) {
    const old = entries.get(name);
    entries.set(
      name,
      old === undefined ? entry : { key: entry.key, value: mergeValues(old.value, entry.value, [...path, name]) },
    );
  }
  return { kind: 'map', entries, place: above.place };
}

function mergeValues(below: Tree, above: Tree, path: Path): Tree {
  if (below.kind === 'map' && above.kind === 'map' && !alternatives.has(pathText(path))) return mergeMaps(below, above, path);
  if (below.kind === 'list' && above.kind === 'list' && pathText(path) === 'accounts') {
    return { ...above, items: mergeAccounts(below.items, above.items) };
  }
  return above;
}

/** The accounts below keep their order; new ones follow. */
function mergeAccounts(below: readonly Tree[], above: readonly Tree[]): readonly Tree[] {
  const merged = [...below];
  const indexes = new Map(below.map((account, index) => [emailOf(account), index]));
  for (const account of above) {
    const email = emailOf(account);
    const index = email === null ? undefined : indexes.get(email);
    const old = index === undefined ? undefined : merged[index];
    if (index !== undefined && old?.kind === 'map' && account.kind === 'map')
      merged[index] = mergeMaps(old, account, ['accounts', index]);
    else indexes.set(email, merged.push(account) - 1);
  }
  return merged;
}

/** The account's identity: its email, whatever the case. */
export function emailOf(account: Tree): string | null {
  const email = account.kind === 'map' ? account.entries.get('email')?.value : undefined;
  return email?.kind === 'scalar' && typeof email.value === 'string' ? email.value.toLowerCase() : null;
}
