import { posix, win32 } from 'node:path';
import type { Desired } from '../config/desired.ts';
import { type Machine, MachineError } from '../machine/machine.ts';

/** The two files that a codex-link runs from. */
export interface Program {
  /** Absolute path of node. */
  readonly node: string;
  /** Absolute path of codex-link's own entry, or of a link to it. */
  readonly script: string;
}

/** What a schedule is to start. */
export interface ScheduledCommand {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Those of its paths that an update of Node or codex-link takes away. */
  readonly unstable: readonly string[];
}

/** The files that this process runs from. */
export function runningProgram(): Program {
  return { node: process.execPath, script: process.argv[1] ?? '' };
}

/**
 * Folders that belong to one version of a program, or to one shell, and go with it: those of nvm, fnm, asdf, mise, n, volta, Homebrew, Nix and
 * npx, and whatever else has a version number for a name.
 */
const PASSING =
  /(^|[/\\])(v?\d+(\.\d+)+(_\d+)?|Cellar|fnm_multishells|_npx|dlx|[0-9a-z]{32}-[^/\\]+|(node|nodejs)-v?\d[^/\\]*)([/\\]|$)/;

/** True for a path that an update takes away. */
export function isPassing(path: string): boolean {
  return PASSING.test(path) || /^(\/private)?\/(tmp|var\/tmp|var\/folders)\//.test(path);
}

/** Where installers and version managers put what stays the same over updates, besides the folders of PATH. */
const LASTING = [
  '/opt/homebrew/bin',
  '/usr/local/bin',
  '/usr/bin',
  '/home/linuxbrew/.linuxbrew/bin',
  '/run/current-system/sw/bin',
];
const LASTING_AT_HOME = [
  ...['.nvm/current/bin', '.local/share/fnm/aliases/default/bin', '.fnm/aliases/default/bin', '.nix-profile/bin'],
  ...['.npm-global/bin', '.local/bin', '.local/share/pnpm', '.bun/bin', 'bin'],
];

/** Variables that say where files are: a scheduler does not have them, and would look at another home. Each with its usual place. */
const PLACES: Readonly<Record<string, string>> = {
  CODEX_HOME: '.codex',
  CCS_HOME: '',
  CCS_DIR: '.ccs',
  XDG_CONFIG_HOME: '.config',
  XDG_STATE_HOME: '.local/state',
  XDG_CACHE_HOME: '.cache',
  XDG_DATA_HOME: '.local/share',
};

/**
 * The command for a schedule. It names Node itself, because a scheduler's PATH rarely has it, by paths that survive updates where there are
 * such. What was chosen last is kept as long as it runs the same codex-link, so that two shells do not undo each other's choice.
 * @param last the command that was installed last; null when there is none
 */
export async function scheduledCommand(
  machine: Machine,
  desired: Pick<Desired, 'file'>,
  running: Program,
  last: readonly string[] | null,
): Promise<ScheduledCommand> {
  const { facts } = machine;
  const kept = await stillGood(machine, running, last);
  const [node, script] = kept ?? [
    await lasting(machine, running.node, facts.os === 'win32' ? 'node.exe' : 'node'),
    await lasting(machine, running.script, 'codex-link'),
  ];
  const usual = (place: string) => (place === '' ? facts.home : posix.join(facts.home, place));
  const environment = Object.entries(PLACES).flatMap(([name, place]) => {
    const value = facts.env[name];
    // On Windows a task has the user's own variables, and no others can be given to it.
    return !value || facts.os === 'win32' || value.replace(/\/+$/, '') === usual(place) ? [] : [[name, value] as const];
  });
  return {
    argv: [node, script, 'drift', '--file', desired.file, '--changed-only', '--no-input'],
    environment: Object.fromEntries(environment),
    unstable: [node, script].filter(isPassing),
  };
}

/** The last choice, if it lasts and still leads to the codex-link that is running. */
async function stillGood(
  machine: Machine,
  running: Program,
  last: readonly string[] | null,
): Promise<readonly [string, string] | null> {
  const [node, script] = last ?? [];
  if (node === undefined || script === undefined || isPassing(node) || isPassing(script)) return null;
  const there = (await machine.stat(node).catch(nothing))?.kind === 'file';
  const same = (await realPath(machine, script)) === (await realPath(machine, running.script));
  return there && same ? [node, script] : null;
}

/** A path for the same file that lasts, else the one that was given. */
async function lasting(machine: Machine, path: string, name: string): Promise<string> {
  if (!isPassing(path)) return path;
  const { env, home, os } = machine.facts;
  const { delimiter, isAbsolute, join } = os === 'win32' ? win32 : posix;
  const folders = [
    ...(env.PATH ?? '').split(delimiter).filter(isAbsolute),
    ...LASTING_AT_HOME.map((one) => join(home, one)),
    ...LASTING,
  ];
  const real = await realPath(machine, path);
  for (const folder of new Set(folders)) {
    const candidate = join(folder, name);
    if (!isPassing(candidate) && (await machine.stat(candidate).catch(nothing)) !== null) {
      if ((await realPath(machine, candidate)) === real) return candidate;
    }
  }
  return path;
}

/** Where a path ends up when all links are followed, those of its folders included. */
async function realPath(machine: Machine, path: string, depth = 0): Promise<string> {
  const { dirname, join, resolve, basename } = machine.facts.os === 'win32' && /^[A-Za-z]:|^\\/.test(path) ? win32 : posix;
  const folder = dirname(path);
  if (depth > 40 || folder === path) return path;
  const at = join(await realPath(machine, folder, depth + 1), basename(path));
  const info = await machine.lstat(at).catch(nothing);
  if (info?.kind !== 'link') return at;
  return realPath(machine, resolve(dirname(at), await machine.readLink(at)), depth + 1);
}

function nothing(error: unknown): null {
  if (error instanceof MachineError) return null;
  throw error;
}
