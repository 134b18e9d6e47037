import { nearest } from '../config/nearest.ts';
import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { util } from '../machine/builtins.ts';
import type { Selection } from '../planner/selection.ts';
import type { Detail } from '../report/plan-text.ts';
import { COMMANDS, type CommandName, commandEntry } from './command-table.ts';
import { COMMON, FLAGS, type FlagName } from './flags.ts';

/** A command line, understood. */
export interface Invocation {
  readonly command: CommandName | null;
  readonly operands: readonly string[];
  readonly flags: Readonly<Partial<Record<FlagName, boolean | string | readonly string[]>>>;
}

/** Throws `CodexLinkError` with exit 64 and the nearest legal spelling. */
export function parseCommandLine(argv: readonly string[]): Invocation {
  const { values, positionals } = parsed(argv);
  const [name, ...operands] = positionals;
  if (name === undefined) return { command: null, operands: [], flags: values };
  if (!isCommand(name)) throw usage(`there is no command ${JSON.stringify(name)}${didYouMean(name, Object.keys(COMMANDS))}`);
  const entry = commandEntry(name);
  if (values.help === true || values.version === true) return { command: name, operands, flags: values };
  const known: readonly string[] = [...entry.flags, ...COMMON];
  for (const flag of Object.keys(values)) {
    if (!known.includes(flag)) throw usage(`${name} has no flag --${flag}`, name);
  }
  if (operands.length < entry.minimum) throw usage(`${name} needs ${entry.operands}`, name);
  if (operands.length > entry.maximum) throw usage(`${name} does not take ${JSON.stringify(operands[entry.maximum])}`, name);
  return { command: name, operands, flags: values };
}

function parsed(argv: readonly string[]): { values: Invocation['flags']; positionals: string[] } {
  try {
    return util().parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const unknown = /^Unknown option '(-[^']*)'/.exec(error.message)?.[1];
    if (unknown === undefined) throw usage(error.message.split('.')[0] ?? error.message);
    throw usage(
      `there is no flag ${unknown}${didYouMean(
        unknown,
        Object.keys(FLAGS).map((flag) => `--${flag}`),
      )}`,
    );
  }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

function didYouMean(wrong: string, right: readonly string[]): string {
  const near = nearest(wrong, right);
  return near === null ? '' : `, did you mean ${near}?`;
}

/** A usage error: exit 64, with the help to turn to. */
export function usage(message: string, command?: CommandName): CodexLinkError {
  return new CodexLinkError(
    finding('CL0001', message, { fix: `codex-link ${command === undefined ? '' : `${command} `}--help` }),
    64,
  );
}

/** @param of a command that has only some of the resources */
export function selectionOf(flags: Invocation['flags'], of?: CommandName): Selection {
  return {
    ...(of === undefined ? {} : { of }),
    targets: (flags.target as readonly string[] | undefined) ?? [],
    excludes: (flags.exclude as readonly string[] | undefined) ?? [],
  };
}

export function detailOf(flags: Invocation['flags']): Detail {
  return flags.quiet === true ? 'quiet' : flags.verbose === true ? 'verbose' : 'normal';
}
