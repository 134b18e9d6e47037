import { conversations } from '../codex/conversations.ts';
import { codexHome, configPath } from '../codex/home.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { listed, removeEmptyFolders } from '../machine/folders.ts';
import { followLinks } from '../machine/links.ts';
import type { Machine } from '../machine/machine.ts';
import { isLeftOut, makePlan, type Plan } from '../planner/plan.ts';
import { EVERYTHING } from '../planner/selection.ts';
import { stateFolder } from '../planner/state.ts';
import type { World } from '../resources/all.ts';
import { appResource } from '../resources/app.ts';
import type { Resource } from '../resources/resource.ts';
import { scheduleResource } from '../resources/schedule.ts';
import { type Belonging, calledByKind, itemAddress, kindOf } from './belongings.ts';
import { generationsFolder } from './generation.ts';
import { belongingsOf, type Original, readOriginal } from './original.ts';
import { releaseOf } from './releases.ts';
import { restoredFile } from './restored-file.ts';

export interface DestroyPlan {
  readonly plan: Plan;
  /** False when the provider's table stays for the sake of conversations, and with it what it needs; or when something was left out. */
  readonly whole: boolean;
  /** Folders of codex-link's making, outermost first. */
  readonly folders: readonly string[];
}

/**
 * The way back to before the first apply. The table of the provider stays while conversations refer to it, because Codex could not open
 * them without, and with the table its helper and key; `purge` removes all of it. Reads only.
 */
export async function planDestroy(
  machine: Machine,
  world: World,
  purge: boolean,
  selection = EVERYTHING,
  notes: readonly Finding[] = [],
): Promise<DestroyPlan> {
  const { desired, platform, state } = world;
  const original = await readOriginal(machine);
  const needed = purge ? null : await neededBy(machine, original);
  const whole = needed === null;
  const config = await restoredConfig(machine, world, original, whole);
  const released = await releases(machine, world, original, { purge, whole });
  // Looked for even if no apply remembers it: one may have been killed.
  const unscheduled = { ...desired, drift: { ...desired.drift, schedule: null } };
  const schedule = scheduleResource(unscheduled, platform, state.applied.schedule) as Resource;
  const app = appResource(desired, platform, ['provider', 'helper', 'dotenv', 'environment', 'secret']) as Resource;
  const resources = [...config, ...released, schedule, app];
  const findings = [...notes, ...(needed === null ? [] : [needed]), ...notReleased(original)];
  // Neither the world nor the YAML has moved: there is no cause to tell.
  const plan = await makePlan(machine, resources, { ...state, applied: {} }, selection, findings);
  return { plan, whole: whole && !plan.resources.some(isLeftOut), folders: original.folders };
}

async function restoredConfig(machine: Machine, { state }: World, original: Original, whole: boolean): Promise<Resource[]> {
  const path = await followLinks(machine, configPath(machine));
  const file = Object.hasOwn(original.files, path) ? original.files[path] : undefined;
  if (file === undefined) return [];
  return [
    restoredFile({
      kind: 'provider',
      path,
      dependsOn: [],
      snapshot: file.before,
      when: 'before codex-link came',
      oursAlone: (now) => file.oursAlone && now === file.last,
      keys: original.keys,
      fingerprintKey: state.fingerprintKey,
      keepTable: !whole,
    }) as Resource,
  ];
}

/** Everything besides config.toml. What the provider's table needs stays with the table. */
async function releases(
  machine: Machine,
  world: World,
  original: Original,
  { purge, whole }: { readonly purge: boolean; readonly whole: boolean },
): Promise<Resource[]> {
  const all = await ownedBy(machine, world, original, purge);
  const isLast = ({ address }: Belonging) => all.findLast((one) => kindOf(one.address) === kindOf(address))?.address === address;
  const addressOf = (one: Belonging) => {
    const kind = kindOf(one.address);
    return kind !== 'variants' && calledByKind(all, kind, world.state.applied) === one ? kind : one.address;
  };
  const found = await Promise.all(
    all.map((belonging, index) => {
      const kind = kindOf(belonging.address);
      if (!whole && kind !== 'variants') return null;
      // They may be lines of one file: the one that was told last goes first, and each of the others after those told later.
      const later = all.slice(index + 1).filter((one) => kindOf(one.address) === kind);
      const dependsOn = ['provider', ...later.map(addressOf)];
      const address = addressOf(belonging);
      return releaseOf(machine, world, belonging, {
        original,
        address,
        dependsOn,
        why: '',
        purge,
        neededBy: null,
        last: isLast(belonging),
      });
    }),
  );
  return found.filter((one) => one !== null);
}

/** With `purge` also the item that the YAML names, whoever has put it there. */
async function ownedBy(
  machine: Machine,
  { desired, state, token }: World,
  original: Original,
  purge: boolean,
): Promise<readonly Belonging[]> {
  const all = belongingsOf(original, state.applied);
  if (!purge || all.some(({ address }) => kindOf(address) === 'secret')) return all;
  const { service, account } = desired.secret;
  const told = { store: (await token.store(machine)).kind, service, account };
  return [...all, { address: itemAddress(told), told, made: false }];
}

/** Why the table has to stay; null when nothing needs it. */
async function neededBy(machine: Machine, { keys }: Original): Promise<Finding | null> {
  const ids = new Set(keys.flatMap((key) => /^model_providers\.("(?:[^"\\]|\\.)*"|[A-Za-z0-9_-]+)\./.exec(key)?.[1] ?? []));
  const found = await conversations(machine);
  if (found === null)
    return finding('CL0021', `whether conversations need it cannot be told: ${codexHome(machine)} cannot be read`);
  for (const id of ids) {
    const count = found.byProvider.get(id.startsWith('"') ? (JSON.parse(id) as string) : id) ?? 0;
    if (count === 0) continue;
    const which = count === 1 ? '1 conversation needs' : `${count} conversations need`;
    return finding('CL0021', `${which} model_providers.${id}, so it stays, with its helper and key`);
  }
  return null;
}

/** What codex-link has told CCS stays told. */
function notReleased({ told }: Original): Finding[] {
  const stays = told.map((address) => (address.startsWith('gateway-key/') ? 'the new key of its gateway' : address));
  const names = [...new Set(stays)].map((one) => (one === 'gateway' ? 'its gateway as it runs' : one));
  return names.length === 0 ? [] : [finding('CL0019', `CCS keeps what it was told: ${names.sort().join(', ')}`)];
}

/**
 * Removes codex-link's own state and, as far as they are empty, the folders that it has made. After the lock was given back. What tells
 * the way goes last, so that the next destroy can go on where this one was killed.
 */
export async function forgetEverything(machine: Machine, folders: readonly string[]): Promise<void> {
  const state = stateFolder(machine);
  for (const name of await listed(machine, generationsFolder(machine))) await forget(`${generationsFolder(machine)}/${name}`);
  await removeEmptyFolders(machine, [generationsFolder(machine)]);
  await removeMade();
  const last = ['original.json', 'state.json'];
  const others = (await listed(machine, state)).filter((name) => !last.includes(name));
  for (const name of [...others, ...last]) await forget(`${state}/${name}`);
  await removeEmptyFolders(machine, [state]);
  await removeMade(); // those around the state itself

  async function forget(path: string): Promise<void> {
    if ((await machine.lstat(path))?.kind === 'file') await machine.remove(path);
  }

  /** Innermost first, and each by itself: in one of them somebody else may have put something. */
  async function removeMade(): Promise<void> {
    for (const folder of folders.toSorted((a, b) => b.length - a.length)) await removeEmptyFolders(machine, [folder]);
  }
}
