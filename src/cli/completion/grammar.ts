import { CODES } from '../../diagnostics/diagnostics.ts';
import { ADDRESSES } from '../../resources/addresses.ts';
import { COMMANDS, type CommandEntry, FLAGS, type FlagName } from '../arguments.ts';

/** What may stand at one place of the command line: these words, a path, or something that no list has. */
export interface Place {
  /** Name for people, e.g. `PATH`. */
  readonly name: string;
  readonly words: readonly string[];
  readonly file: boolean;
}

export interface FlagGrammar {
  readonly name: string;
  readonly short: string | null;
  readonly summary: string;
  readonly repeatable: boolean;
  /** What follows the flag; null for a switch. */
  readonly value: Place | null;
}

export interface CommandGrammar {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagGrammar[];
  readonly operands: readonly Place[];
  /** Whether the last operand may come again and again. */
  readonly repeats: boolean;
}

/** All that a shell has to know to complete a command line: the tables of `arguments.ts`, taken apart. */
export interface Grammar {
  readonly commands: readonly CommandGrammar[];
  /** Flags that may stand before the command too. */
  readonly flags: readonly FlagGrammar[];
  /** Every spelling of a flag that a value follows. */
  readonly valued: readonly string[];
}

const BEFORE_THE_COMMAND: readonly FlagName[] = ['file', 'json', 'no-color', 'quiet', 'verbose', 'os', 'help', 'version'];

export function grammar(): Grammar {
  const commands = Object.entries(COMMANDS).map(([name, entry]) => commandGrammar(name, entry));
  const flags = BEFORE_THE_COMMAND.map((flag) => flagGrammar(flag));
  const all = [...flags, ...commands.flatMap((one) => one.flags)].filter((one) => one.value !== null);
  return { commands, flags, valued: [...new Set(all.flatMap(spellings))] };
}

/** `--file` and, where it has one, `-f`. */
export function spellings({ name, short }: FlagGrammar): string[] {
  return [`--${name}`, ...(short === null ? [] : [`-${short}`])];
}

function commandGrammar(name: string, entry: CommandEntry): CommandGrammar {
  const operands = entry.operands
    .replace(/[[\]…]/g, '')
    .split(' ')
    .filter(Boolean);
  return {
    name,
    summary: entry.summary,
    flags: entry.flags.map((flag) => flagGrammar(flag, entry)),
    operands: operands.map(place),
    repeats: entry.operands.includes('…'),
  };
}

function flagGrammar(name: FlagName, entry?: CommandEntry): FlagGrammar {
  const flag: { short?: string; value?: string; summary: string; multiple?: true } = FLAGS[name];
  const value = entry?.values?.[name] ?? flag.value;
  return {
    name,
    short: flag.short ?? null,
    summary: entry?.meanings?.[name] ?? flag.summary,
    repeatable: flag.multiple === true,
    value: value === undefined ? null : place(value),
  };
}

/** Understands `cliproxy|openai|auto`, `PATH` and `CODE|ADDR` as the help writes them. */
function place(written: string): Place {
  const parts = written.split('|');
  const words = parts.flatMap((part) => {
    if (part === 'CODE') return Object.keys(CODES);
    if (part === 'ADDR') return Object.keys(ADDRESSES);
    return part === part.toLowerCase() ? [part] : [];
  });
  return { name: written, words, file: parts.some((part) => ['PATH', 'FILE', 'PLAN'].includes(part)) };
}
