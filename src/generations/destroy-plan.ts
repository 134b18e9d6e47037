import { conversations } from '../codex/conversations.ts';
import { codexHome, configPath, dotenvPath } from '../codex/home.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { listed, removeEmptyFolders } from '../machine/folders.ts';
import { followLinks } from '../machine/links.ts';
import type { Machine } from '../machine/machine.ts';
import { isLeftOut, makePlan, type Plan } from '../planner/plan.ts';
import { EVERYTHING } from '../planner/selection.ts';
import { stateFolder } from '../planner/state.ts';
import type { SecretStore } from '../platform/platform.ts';
import type { World } from '../resources/all.ts';
import { appResource } from '../resources/app.ts';
import { environmentResource } from '../resources/environment.ts';
import { type OnUndo, type Resource, sensitiveChange, type Verdict, verdict } from '../resources/resource.ts';
import { scheduleResource } from '../resources/schedule.ts';
import { dotenvResource } from '../resources/token-file.ts';
import type { Secret } from '../secret.ts';
import { generationsFolder } from './generation.ts';
import { type Original, readOriginal } from './original.ts';
import { fingerprintOf } from './record.ts';
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
export async function planDestroy(machine: Machine, world: World, purge: boolean, selection = EVERYTHING): Promise<DestroyPlan> {
  const { desired, platform, token, state } = world;
  const original = await readOriginal(machine);
  const needed = purge ? null : await neededBy(machine, original);
  const whole = needed === null;
  const withoutKey = { ...desired, provider: { ...desired.provider, auth: 'helper' as const } };
  const { fingerprintKey, applied } = state;
  // A run that was killed has not written its state, but the file stands as it left it.
  const session = platform.environment.kind === 'file' ? [platform.environment.path(machine)] : [];
  const [dotenv, environment] = await Promise.all(
    [dotenvPath(machine), ...session].map((path) => isAsLeft(machine, path, original, fingerprintKey)),
  );
  const carriers = [
    dotenvResource(withoutKey, token, fingerprintKey, applied.dotenv !== undefined || dotenv === true, platform),
    environmentResource(withoutKey, token, platform, fingerprintKey, applied.environment !== undefined || environment === true),
    storedSecret(world, original, purge),
  ].map((one) => ({ ...one, dependsOn: ['provider'] }) as Resource);
  // Looked for even if no apply remembers it: one may have been killed.
  const unscheduled = { ...desired, drift: { ...desired.drift, schedule: null } };
  const schedule = scheduleResource(unscheduled, platform, applied.schedule) as Resource;
  const files = await restoredFiles(machine, world, original, whole);
  const app = appResource(desired, platform, ['provider', 'helper', 'dotenv', 'environment', 'secret']) as Resource;
  const resources = [...files, ...(whole ? carriers : []), schedule, app];
  const findings = [...(needed === null ? [] : [needed]), ...notReleased(original)];
  // Neither the world nor the YAML has moved: there is no cause to tell.
  const plan = await makePlan(machine, resources, { ...state, applied: {} }, selection, findings);
  return { plan, whole: whole && !plan.resources.some(isLeftOut), folders: original.folders };
}

/** True for a file that codex-link has written, and nobody since. */
async function isAsLeft(machine: Machine, path: string, { files }: Original, fingerprintKey: string): Promise<boolean> {
  const real = await followLinks(machine, path);
  const last = Object.hasOwn(files, real) ? files[real]?.last : undefined;
  if (last === undefined || last === null || (await machine.stat(real))?.kind !== 'file') return false;
  return fingerprintOf(await machine.read(real), fingerprintKey) === last;
}

async function restoredFiles(
  machine: Machine,
  { desired, state }: World,
  original: Original,
  whole: boolean,
): Promise<Resource[]> {
  const config = await followLinks(machine, configPath(machine));
  const helper = await followLinks(machine, desired.helper.path);
  const wanted = [
    { kind: 'provider' as const, path: config, dependsOn: [] },
    ...(whole ? [{ kind: 'helper' as const, path: helper, dependsOn: ['provider'] }] : []),
  ];
  return wanted.flatMap(({ kind, path, dependsOn }) => {
    const file = Object.hasOwn(original.files, path) ? original.files[path] : undefined;
    if (file === undefined) return [];
    return [
      restoredFile({
        kind,
        path,
        dependsOn,
        snapshot: file.before,
        when: 'before codex-link came',
        oursAlone: (now) => file.oursAlone && now === file.last,
        keys: original.keys,
        fingerprintKey: state.fingerprintKey,
        keepTable: !whole,
      }) as Resource,
    ];
  });
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

interface StoredKey {
  readonly store: SecretStore;
  readonly current: Secret | null;
}

/** The key in the store, which goes when codex-link has put it there, or when everything is to go. */
function storedSecret({ desired, token }: World, original: Original, purge: boolean): Resource<StoredKey> {
  const { service, account } = desired.secret;
  const item = { service, account };
  return {
    kind: 'secret',
    address: 'secret',
    dependsOn: [],

    async read(machine: Machine): Promise<StoredKey> {
      const store = await token.store(machine);
      return { store, current: await token.current(machine) };
    },

    diff({ store, current }: StoredKey): Verdict {
      if (current === null) return verdict('in-sync', `${store.name} holds no ${service} of ${account}`);
      if (!purge && original.secret !== 'made')
        return verdict('unmanaged', `${service} of ${account} was in ${store.name} before codex-link came`);
      const changes = [{ ...sensitiveChange(`${service} of ${account}`, true), after: null }];
      return verdict('delete', `${service} of ${account} is taken out of ${store.name}`, { changes });
    },

    async converge(machine: Machine, { store, current }: StoredKey, onUndo: OnUndo): Promise<void> {
      if (current === null) return;
      if (store.kind !== 'file') onUndo(`the token in ${store.name}`, (later) => store.write(later, item, current));
      await store.remove(machine, item);
    },

    wanted: () => null,
  };
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
