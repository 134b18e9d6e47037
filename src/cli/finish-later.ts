import type { ApplyResult } from '../applier/apply.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import { MachineError } from '../machine/machine.ts';
import type { Invocation } from './arguments.ts';
import type { Session } from './session.ts';

/** Variables that say where things are; the others are nobody's business at the next login. */
const PLACES = [
  'PATH',
  'CODEX_HOME',
  'CCS_HOME',
  'CCS_DIR',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'XDG_CACHE_HOME',
  'XDG_DATA_HOME',
];

/**
 * After an apply: has what was deferred finished when the person logs in, where the OS has a way for that; and takes such an arrangement
 * back when nothing is left to do. Gives what is worth telling.
 */
export async function finishLater(
  session: Session,
  flags: Invocation['flags'],
  result: ApplyResult,
): Promise<readonly Finding[]> {
  const { machine, platform } = session;
  const { later } = platform;
  if (later === undefined || result.outcome === 'failed' || result.outcome === 'interrupted') return [];
  try {
    if (!result.resources.some((one) => one.result === 'deferred')) {
      await later.withdraw(machine);
      return [];
    }
    if (flags.file === '-') return []; // what came through a pipe is gone by then
    await later.arrange(machine, { argv: commandLine(flags), cwd: machine.facts.cwd, env: places(session) });
    return [finding('CL3041', `codex-link apply runs once more by itself ${later.when}`)];
  } catch (error) {
    if (error instanceof MachineError) return [finding('CL3040', error.message, { file: error.path })];
    throw error;
  }
}

/** This very program, applying the same again with nobody to ask. */
function commandLine({ file, os, target, exclude }: Invocation['flags']): string[] {
  const one = (name: string, value: unknown) => (typeof value === 'string' ? [name, value] : []);
  const many = (name: string, values: unknown) => (Array.isArray(values) ? values.flatMap((value) => one(name, value)) : []);
  return [
    ...[process.execPath, process.argv[1] ?? '', 'apply', '--yes', '--no-input', '--json'],
    ...[...one('--file', file), ...one('--os', os), ...many('--target', target), ...many('--exclude', exclude)],
  ];
}

function places({ machine }: Session): Record<string, string> {
  const { env } = machine.facts;
  return Object.fromEntries(PLACES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}
