import { CODES } from '../../diagnostics/diagnostics.ts';
import { ADDRESSES } from '../../resources/addresses.ts';
import { COMMANDS, type CommandEntry, type CommandName, commandEntry } from '../command-table.ts';
import { COMMON, FLAGS, type FlagName, type OwnFlag } from '../flags.ts';

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
  readonly name: CommandName;
  readonly summary: string;
  readonly flags: readonly FlagGrammar[];
  readonly operands: readonly Place[];
  /** Whether the last operand may come again and again. */
  readonly repeats: boolean;
}

/** All that a shell, or a program that reads the help, has to know of the command line: the tables of commands and flags, taken apart. */
export interface Grammar {
  readonly commands: readonly CommandGrammar[];
  /** Those of every command, which may stand before it too. */
  readonly flags: readonly FlagGrammar[];
  /** Every spelling of a flag that a value follows. */
  readonly valued: readonly string[];
}

export function grammar(): Grammar {
  const commands = (Object.keys(COMMANDS) as CommandName[]).map(commandGrammar);
  const flags = COMMON.map((flag) => flagGrammar(flag));
  const all = [...flags, ...commands.flatMap((one) => one.flags)].filter((one) => one.value !== null);
  return { commands, flags, valued: [...new Set(all.flatMap(spellings))] };
}

/** `--file` and, where it has one, `-f`. */
export function spellings({ name, short }: FlagGrammar): string[] {
  return [`--${name}`, ...(short === null ? [] : [`-${short}`])];
}

export function commandGrammar(name: CommandName): CommandGrammar {
  const entry = commandEntry(name);
  const operands = entry.operands
    .replace(/[[\]…]/g, '')
    .split(' ')
    .filter(Boolean);
  return {
    name,
    summary: entry.summary,
    flags: [...entry.flags, ...COMMON].map((flag) => flagGrammar(flag, entry)),
    operands: operands.map(place),
    repeats: entry.operands.includes('…'),
  };
}

function flagGrammar(name: FlagName, entry?: Pick<CommandEntry, 'values' | 'does'>): FlagGrammar {
  const flag: { short?: string; value?: string; summary: string; multiple?: true } = FLAGS[name];
  const value = entry?.values?.[name as OwnFlag] ?? flag.value;
  return {
    name,
    short: flag.short ?? null,
    summary: entry?.does?.[name] ?? flag.summary,
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
