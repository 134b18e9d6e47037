import { COMMANDS, type CommandName, commandEntry } from './command-table.ts';
import { commandGrammar, type FlagGrammar, grammar } from './completion/grammar.ts';
import { COMMON } from './flags.ts';

const EXITS = '4 another run holds the lock, or a saved plan is stale; 64 wrong usage; 130 interrupted';

/** The help of the program, or of one command. */
export function help(command: CommandName | null): string {
  return command === null ? overview() : commandHelp(command);
}

function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`);
  const common = grammar().flags;
  return `codex-link links Codex App to a pool of ChatGPT accounts behind CLIProxyAPI, as codex-link.yaml states it.

Usage: codex-link COMMAND [FLAGS]

${commands.join('\n')}

Flags of every command:

${common.map((one) => flagLine(one, widest(common))).join('\n')}

codex-link COMMAND --help tells more. Start with codex-link init, which writes codex-link.yaml; then codex-link plan.
`;
}

function commandHelp(command: CommandName): string {
  const { summary, operands, exit, example } = commandEntry(command);
  const { flags } = commandGrammar(command);
  const own = flags.slice(0, -COMMON.length);
  const lines = (of: readonly FlagGrammar[]) => of.map((one) => flagLine(one, widest(flags))).join('\n');
  return `codex-link ${command} ${summary}.

Usage: codex-link ${command}${operands === '' ? '' : ` ${operands}`} [FLAGS]
${own.length === 0 ? '' : `\n${lines(own)}\n`}
Flags of every command:

${lines(flags.slice(-COMMON.length))}

Exit code: ${exit}.
In every command: ${EXITS}.
${example === undefined ? '' : `Example: ${example}\n`}`;
}

function flagLine(flag: FlagGrammar, width: number): string {
  return `  ${spelling(flag).padEnd(width)}  ${flag.summary}`;
}

function widest(flags: readonly FlagGrammar[]): number {
  return Math.max(...flags.map((one) => spelling(one).length));
}

function spelling({ name, short, value }: FlagGrammar): string {
  return `${short === null ? '    ' : `-${short}, `}--${name}${value === null ? '' : ` ${value.name}`}`;
}

/** The same as a document: of everything, or of one command. */
export function helpDocument(command: CommandName | null) {
  const { commands, flags } = grammar();
  const shown = commands.filter((one) => command === null || one.name === command);
  return {
    commands: shown.map(({ name, summary, flags: all }) => ({
      name,
      summary,
      usage: `codex-link ${`${name} ${COMMANDS[name].operands}`.trim()}`,
      flags: all.slice(0, -COMMON.length).map(flagDocument),
      exit: `${COMMANDS[name].exit}; ${EXITS}`,
      example: commandEntry(name).example ?? null,
    })),
    flags: flags.map(flagDocument),
  };
}

function flagDocument({ name, short, summary, repeatable, value }: FlagGrammar) {
  return { name, short, summary, repeatable, value: value?.name ?? null };
}
