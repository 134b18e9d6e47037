import { dirname, isAbsolute, resolve } from 'node:path';
import { codexHome, configPath } from '../codex/home.ts';
import type { Desired } from '../config/desired.ts';
import { type Machine, readText } from '../machine/machine.ts';
import type { World } from '../resources/all.ts';
import type { Resource } from '../resources/resource.ts';
import { isTable, type Parsed, type ParsedTable, parseToml } from '../toml/read.ts';
import { type Belonging, belongingsIn, kindOf, toldText } from './belongings.ts';
import { belongingsOf, readOriginal } from './original.ts';
import { releaseOf, toldCcs } from './releases.ts';

/**
 * What takes back what an earlier apply has set and the YAML speaks of no longer. It goes when the new way is verified, and only what
 * codex-link has made and nobody has changed since; whatever stays is named.
 * @param left addresses as the state has them
 * @param onCcs what has to be settled before `ccs` can be run
 */
export async function leftBehind(
  machine: Machine,
  world: World,
  left: readonly string[],
  onCcs: readonly string[],
): Promise<Resource[]> {
  const { desired, state } = world;
  const original = await readOriginal(machine);
  const owned = belongingsOf(original, state.applied);
  const told = Object.fromEntries(Object.entries(state.applied).filter(([address]) => left.includes(address)));
  // What no generation has told of was found as it was wanted, and never changed.
  const leaving = belongingsIn(told, () => false).map((one) => owned.find(({ address }) => address === one.address) ?? one);
  const tables = await otherTables(machine, desired);
  const reasons = new Map(leaving.map((one) => [one, neededBy(machine, one, tables)]));
  // A helper that stays reads the item that it has always read.
  const anyReason = [...reasons.values()].find((one) => one !== null) ?? null;
  const released = await Promise.all(
    leaving.map((belonging) => {
      const kind = kindOf(belonging.address);
      return releaseOf(machine, world, belonging, {
        original,
        address: isCarrier(kind) && !inUse(kind, desired) ? kind : belonging.address,
        dependsOn: kind === 'variants' ? onCcs : ['verification'],
        why: ', and the YAML does not speak of it any more',
        purge: false,
        neededBy: kind === 'secret' ? anyReason : (reasons.get(belonging) ?? null),
        last: !(isCarrier(kind) && inUse(kind, desired)),
      });
    }),
  );
  const ofCcs = left.filter((address) => /^(routing$|accounts\/)/.test(address)).map(toldCcs);
  return [...released.filter((one) => one !== null), ...ofCcs];
}

const isCarrier = (kind: string): kind is 'helper' | 'dotenv' | 'environment' =>
  ['helper', 'dotenv', 'environment'].includes(kind);

function inUse(carrier: 'helper' | 'dotenv' | 'environment', { provider }: Desired): boolean {
  return provider.auth === (carrier === 'environment' ? 'env' : carrier);
}

/** Provider tables in config.toml besides the one that the YAML is about: an earlier one of ours stays there for its conversations. */
async function otherTables(machine: Machine, { provider }: Desired): Promise<readonly (readonly [string, ParsedTable])[]> {
  try {
    const { model_providers: providers } = parseToml((await readText(machine, configPath(machine))) ?? '');
    if (!isTable(providers)) return [];
    return Object.entries(providers).flatMap(([id, table]) =>
      id !== provider.id && isTable(table) ? [[id, table] as const] : [],
    );
  } catch {
    return []; // the provider's own resource says what is wrong with the file, and nothing is applied
  }
}

function neededBy(machine: Machine, one: Belonging, tables: readonly (readonly [string, ParsedTable])[]): string | null {
  const name = toldText(one, 'name');
  const path = toldText(one, 'path');
  const uses = ({ env_key: key, auth }: ParsedTable): boolean =>
    kindOf(one.address) === 'helper'
      ? path !== null && isTable(auth) && runs(machine, auth, path)
      : name !== null && key === name;
  const found = isCarrier(kindOf(one.address)) ? tables.find(([, table]) => uses(table)) : undefined;
  return found === undefined ? null : `model_providers.${found[0]} uses it`;
}

/** A script is an argument on Windows, and its path may be relative to where the table says. */
function runs(machine: Machine, { command, args, cwd }: ParsedTable, path: string): boolean {
  const from = resolve(codexHome(machine), typeof cwd === 'string' ? cwd : '.');
  const words: readonly Parsed[] = [command ?? '', ...(Array.isArray(args) ? args : [])];
  const isIt = (word: string) => word === path || (!isAbsolute(word) && dirname(word) !== '.' && resolve(from, word) === path);
  return words.some((word) => typeof word === 'string' && (isIt(word) || word === path.replaceAll('\\', '/')));
}
