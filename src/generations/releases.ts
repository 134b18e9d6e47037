import { dotenvPath } from '../codex/home.ts';
import { finding } from '../diagnostics/diagnostics.ts';
import { followLinks } from '../machine/links.ts';
import type { Machine } from '../machine/machine.ts';
import type { SecretItem } from '../platform/platform.ts';
import type { World } from '../resources/all.ts';
import { type Resource, verdict } from '../resources/resource.ts';
import type { Secret } from '../secret.ts';
import { type Belonging, kindOf, toldText } from './belongings.ts';
import type { Original } from './original.ts';
import { type ReleasedItem, releasedItem, releasedVariable } from './released-item.ts';
import { releasedLine } from './released-line.ts';
import { releasedVariant } from './released-variant.ts';
import { restoredFile } from './restored-file.ts';

/** How things are released. */
export interface Release {
  readonly original: Original;
  /** Address in the plan. */
  readonly address: string;
  readonly dependsOn: readonly string[];
  /** Why it goes, to be read after "KEY is taken out of STORE"; may be empty. */
  readonly why: string;
  /** Takes also what was there before, and what somebody else has changed since. */
  readonly purge: boolean;
  /** Something that stays needs it; null when nothing does. */
  readonly neededBy: string | null;
  /** False where another of its kind was told later: a place that holds only one has only that one, and in a file it goes first. */
  readonly last: boolean;
}

/** What takes one thing of codex-link's back; null when the state does not say enough of it, or it goes by itself. */
export async function releaseOf(
  machine: Machine,
  world: World,
  belonging: Belonging,
  release: Release,
): Promise<Resource | null> {
  const { platform, ccs, state } = world;
  const { original, address, dependsOn, purge } = release;
  const { fingerprintKey } = state;
  switch (kindOf(belonging.address)) {
    case 'helper':
      return releasedHelper(machine, toldText(belonging, 'path') ?? '', release, fingerprintKey);
    case 'dotenv':
      return line('dotenv', dotenvPath(machine));
    case 'environment': {
      const { environment } = platform;
      if (environment.kind === 'file') return line('environment', environment.path(machine));
      if (environment.holdsOne === true && !release.last) return null;
      const name = toldText(belonging, 'name') ?? '';
      const item = { service: name, account: world.desired.secret.account };
      const given = itemRelease(belonging, item, async () => null);
      return releasedVariable(given, environment, { name, item, store: await world.token.store(machine) });
    }
    case 'secret': {
      const service = toldText(belonging, 'service') ?? '';
      const item = { service, account: toldText(belonging, 'account') ?? '' };
      const store = platform.stores.find(({ kind }) => kind === toldText(belonging, 'store'));
      if (store === undefined)
        return unmanagedBecause(
          address,
          `${service} of ${item.account} stays in ${toldText(belonging, 'store')}: this system has no such store`,
        );
      const { desired, token } = world;
      const isCurrent = item.service === desired.secret.service && item.account === desired.secret.account;
      const read = async (later: Machine): Promise<Secret | null> =>
        isCurrent && (await token.store(later)).kind === store.kind ? token.current(later) : store.read(later, item);
      return releasedItem(itemRelease(belonging, item, read), store) as Resource;
    }
    case 'variants': {
      const model = toldText(belonging, 'model');
      return releasedVariant({ address, dependsOn, model, made: belonging.made }, ccs) as Resource;
    }
    default:
      return null;
  }

  async function line(kind: 'dotenv' | 'environment', path: string): Promise<Resource> {
    const name = toldText(belonging, 'name') ?? '';
    const real = await followLinks(machine, path);
    const file = Object.hasOwn(original.files, real) ? original.files[real] : undefined;
    const { neededBy } = release;
    const why = `${path} still holds ${name}${release.why}`;
    const made = belonging.made || purge;
    const isOurs = (key: Secret) => purge || isKeyOf(belonging, world, key);
    const inForce = (later: Machine) => world.token.effective(later);
    const how = {
      kind,
      address,
      dependsOn,
      path,
      name,
      why,
      file,
      made,
      isOurs,
      fingerprintKey,
      neededBy,
      inForce,
      first: release.last,
    };
    return releasedLine({ ...how, told: belonging.told }) as Resource;
  }

  function itemRelease(of: Belonging, item: SecretItem, read: ReleasedItem['read']): ReleasedItem {
    const { why, neededBy } = release;
    const isOurs = (key: Secret) => purge || isKeyOf(of, world, key);
    return { address, dependsOn, item, read, why, made: of.made || purge, isOurs, neededBy };
  }
}

async function releasedHelper(
  machine: Machine,
  path: string,
  release: Release,
  fingerprintKey: string,
): Promise<Resource | null> {
  const real = await followLinks(machine, path);
  const { original, address, dependsOn, purge, neededBy } = release;
  const file = Object.hasOwn(original.files, real) ? original.files[real] : undefined;
  if (file === undefined) return null;
  const stays = (now: string | null): string | null =>
    purge || now === null || now === file.last ? neededBy : 'somebody else has changed it since';
  const when = 'before codex-link came';
  const oursAlone = () => true;
  const rest = { kind: 'helper', snapshot: file.before, when, oursAlone, keys: original.keys, fingerprintKey } as const;
  return restoredFile({ ...rest, address, path: real, dependsOn, stays }) as Resource;
}

/** Whether the key is one that codex-link has put there: as that place was told last, or as a run left it that was killed. */
function isKeyOf(belonging: Belonging, { state }: World, key: Secret): boolean {
  const { fingerprintKey, rotation, applied } = state;
  const fingerprint = key.fingerprint(fingerprintKey);
  const stored = toldText({ told: (applied.secret ?? {}) as Belonging['told'] }, 'fingerprint');
  return [toldText(belonging, 'fingerprint'), stored, rotation?.key, ...(rotation?.old ?? [])].includes(fingerprint);
}

/** What CCS was told, and nobody takes back. */
export function toldCcs(address: string): Resource {
  return unmanagedBecause(address, `CCS keeps what it was told of ${address}`);
}

function unmanagedBecause(address: string, message: string): Resource {
  const found = finding('CL0026', message, { resource: address });
  return {
    kind: kindOf(address) as Resource['kind'],
    address,
    dependsOn: [],
    read: async () => null,
    diff: () => verdict('unmanaged', message, { findings: [found] }),
    converge: async () => {},
    wanted: () => null,
  };
}
