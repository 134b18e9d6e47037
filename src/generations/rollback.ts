import { configPath } from '../codex/home.ts';
import type { Desired } from '../config/desired.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { followLinks } from '../machine/links.ts';
import type { Machine } from '../machine/machine.ts';
import { type State, statePath } from '../planner/state.ts';
import type { Resource } from '../resources/resource.ts';
import { type Belonging, toldText } from './belongings.ts';
import { type ChangedFile, type Generation, isOursAlone, snapshotAt } from './generation.ts';
import { keysOf } from './original.ts';
import { restoredFile } from './restored-file.ts';

/** What a rollback to one generation is made from. */
export interface RollbackTo {
  readonly generations: readonly Generation[];
  readonly number: number;
  /** The last generation, when that one is to be undone: then what it found counts, whoever had made it so. */
  readonly undone: Generation | null;
  readonly desired: Desired;
  readonly state: State;
}

/** The files as they were just after a generation, as far as any generation has changed them. */
export async function rollbackResources(machine: Machine, to: RollbackTo): Promise<Resource[]> {
  const { generations, number, undone, state } = to;
  const config = await followLinks(machine, configPath(machine));
  const keys = [...new Set(generations.flatMap(({ applied }) => keysOf(applied)))];
  const hasYaml = to.desired.file !== statePath(machine);
  const forward = hasYaml ? ['the YAML still says otherwise: the next codex-link apply goes forward again'] : [];
  const helpers = await helperFiles(machine, to);
  const addresses = helpers.map(({ address }) => address);
  return [
    ...helpers.map(({ address, path }) => ({ kind: 'helper' as const, address, path, dependsOn: [], consequences: [] })),
    { kind: 'provider' as const, address: 'provider', path: config, dependsOn: addresses, consequences: forward },
  ].flatMap((one) => {
    const last = undone?.files.find((file) => file.path === one.path);
    const snapshot = last === undefined ? snapshotAt(generations, number, one.path) : last.before;
    if (snapshot === undefined) return [];
    const oursAlone = (now: string | null) =>
      last === undefined ? isOursAlone(generations, number, one.path, now) : now === (last.after?.fingerprint ?? null);
    const when = undone === null ? `in generation ${number}` : `before generation ${undone.number}`;
    const { fingerprintKey } = state;
    return [restoredFile({ ...one, snapshot, when, oursAlone, keys, fingerprintKey }) as Resource];
  });
}

/** Wherever a helper was put since the first generation that is kept; the one that was told last has the name of its kind. */
async function helperFiles(machine: Machine, { generations, desired, state }: RollbackTo) {
  const told = [...generations.map((one) => one.applied), state.applied].flatMap(({ helper }) => {
    const path = helper === undefined ? null : toldText({ told: helper as Belonging['told'] }, 'path');
    return path === null ? [] : [path];
  });
  const last = told.at(-1) ?? desired.helper.path;
  const paths = [...new Set([...told, last])];
  return Promise.all(
    paths.map(async (path) => ({
      address: path === last ? 'helper' : `helper/${path}`,
      path: await followLinks(machine, path),
    })),
  );
}

/** What a rollback leaves as it is, for the plan to say before it starts. */
export async function notRolledBack(machine: Machine, { generations, number }: RollbackTo): Promise<Finding[]> {
  const config = await followLinks(machine, configPath(machine));
  const later = generations.filter((one) => one.number > number);
  const files = new Set(later.flatMap((one) => one.files).flatMap((file) => (isKept(file) ? [] : [file.path])));
  files.delete(config); // its own resource says what becomes of it
  const findings = [...files].map((path) =>
    finding('CL0019', `${path} holds a secret, so nothing of it was kept: it stays as it is`, { file: path }),
  );
  const others = new Set(
    later.flatMap((one) => one.resources.map(({ address }) => address)).filter((one) => !ROLLED_BACK.test(one)),
  );
  if (others.size > 0) findings.push(finding('CL0019', `not rolled back: ${[...others].sort().join(', ')}`));
  return findings;
}

/** Rolled back, or nothing to roll back; dotenv and environment are told by their files. */
const ROLLED_BACK = /^(provider|helper|dotenv|environment|verification|app|gateway)(\/|$)/;

function isKept({ before, after }: ChangedFile): boolean {
  return before?.text !== null && after?.text !== null;
}
