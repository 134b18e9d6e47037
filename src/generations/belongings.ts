import type { State } from '../planner/state.ts';
import type { Json } from '../resources/resource.ts';

/**
 * One thing of codex-link's that may stay behind when the YAML no longer speaks of it: an item in a store, a variable, a helper, a variant
 * of CCS.
 */
export interface Belonging {
  /** Names the one thing, e.g. `secret/keychain/CLIPROXY_API_KEY/me`, `dotenv/CLIPROXY_API_KEY` or `helper//home/me/.codex/bin/x`. */
  readonly address: string;
  /** What it was told to be last, as far as it takes to know it again. Holds no secret. */
  readonly told: Readonly<Record<string, Json>>;
  /** False for what was there before codex-link came, whatever has become of it since. */
  readonly made: boolean;
}

/** What an apply or a run that was killed had to do with them. */
interface Doing {
  readonly applied: State['applied'];
  readonly resources: readonly { readonly address: string; readonly status: string }[];
}

/** The things that what was applied names. `made` is what a state from before there were belongings says of all of them. */
export function belongingsIn(applied: State['applied'], made: (kind: string) => boolean): Belonging[] {
  return Object.entries(applied).flatMap(([address, value]) => {
    const thing = thingOf(address, value);
    return thing === null ? [] : [{ ...thing, made: made(kindOf(address)) }];
  });
}

/**
 * Those known so far, with what a run has made and taken away; the one that was told last comes last.
 * @param was what was applied before the run; null for a run that was killed: what it meant to take away may still be there
 */
export function afterRun(known: readonly Belonging[], { applied, resources }: Doing, was: State['applied'] | null): Belonging[] {
  const now = belongingsIn(applied, () => false).map((one) => {
    const before = known.find(({ address }) => address === one.address);
    const created = resources.some(({ address, status }) => status === 'create' && addressIn(applied, address) === one.address);
    return { ...one, made: created || (before?.made ?? false) };
  });
  const isNow = new Set(now.map(({ address }) => address));
  const others = known.filter(({ address }) => !isNow.has(address));
  // A helper is known for good: a rollback may bring it back, and what became of the file tells whether it is there.
  const deleted = resources.filter(({ address, status }) => status === 'delete' && kindOf(address) !== 'helper');
  const gone = was === null ? [] : deleted.map((one) => one.address);
  const taken = new Set(gone.map((one) => (isKind(one) ? calledByKind(others, one, was ?? {})?.address : one)));
  return [...others.filter(({ address }) => !taken.has(address)), ...now];
}

/** The one that a plan shows under the name of its kind: what was applied last, which a run that was killed has not moved on from. */
export function calledByKind(all: readonly Belonging[], kind: string, applied: State['applied']): Belonging | undefined {
  const last = addressIn(applied, kind);
  return all.find(({ address }) => address === last) ?? all.findLast(({ address }) => kindOf(address) === kind);
}

function isKind(address: string): boolean {
  return kindOf(address) === address;
}

export function kindOf(address: string): string {
  return address.split('/', 1)[0] ?? '';
}

/** A member of what was told, where it is a text. */
export function toldText({ told }: Pick<Belonging, 'told'>, name: string): string | null {
  const value = told[name];
  return typeof value === 'string' ? value : null;
}

function addressIn(applied: State['applied'], address: string): string | null {
  const value = applied[address];
  return value === undefined ? null : (thingOf(address, value)?.address ?? null);
}

/** Null for resources that leave nothing behind, or nothing that can be known again. */
function thingOf(address: string, value: Json): Pick<Belonging, 'address' | 'told'> | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const told = value as Readonly<Record<string, Json>>;
  const text = (name: string) => toldText({ told }, name);
  switch (kindOf(address)) {
    case 'secret':
      return text('store') === null || text('service') === null ? null : { address: itemAddress(told), told };
    case 'dotenv':
    case 'environment':
      return text('name') === null ? null : { address: `${kindOf(address)}/${text('name')}`, told };
    case 'helper':
      return text('path') === null ? null : { address: `helper/${text('path')}`, told: { path: text('path') } };
    case 'variants':
      return { address, told };
    default:
      return null;
  }
}

/** A file holds the item of its service, whoever's it is. */
export function itemAddress({ store, service, account }: Readonly<Record<string, Json>>): string {
  return ['secret', store, service, ...(store === 'file' ? [] : [account])].join('/');
}
