import { COMMANDS, type CommandName, commandEntry } from './command-table.ts';
import { commandGrammar, type FlagGrammar, grammar } from './completion/grammar.ts';
import { COMMON } from './flags.ts';

/** The help of the program, or of one command. */
export function help(command: CommandName | null): string {
  return command === null ? overview() : commandHelp(command);
}

function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`);
  return `codex-link links Codex App to a pool of ChatGPT accounts behind CLIProxyAPI, as codex-link.yaml states it.

Usage: codex-link COMMAND [FLAGS]

${commands.join('\n')}

Flags of every command:

${grammar().flags.map(flagLine).join('\n')}

codex-link COMMAND --help tells more. Start with codex-link init, which writes codex-link.yaml; then codex-link plan.
`;
}

function commandHelp(command: CommandName): string {
  const { summary, operands } = commandEntry(command);
  const { flags } = commandGrammar(command);
  const own = flags.slice(0, -COMMON.length);
  const lines = (of: readonly FlagGrammar[]) => of.map(flagLine).join('\n');
  return `codex-link ${command} ${summary}.

Usage: codex-link ${command}${operands === '' ? '' : ` ${operands}`} [FLAGS]
${own.length === 0 ? '' : `\n${lines(own)}\n`}
Flags of every command:

${lines(flags.slice(-COMMON.length))}
`;
}

function flagLine({ name, short, value, summary }: FlagGrammar): string {
  const spelling = `${short === null ? '    ' : `-${short}, `}--${name}${value === null ? '' : ` ${value.name}`}`;
  return `  ${spelling.padEnd(28)} ${summary}`;
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
    })),
    flags: flags.map(flagDocument),
  };
}

function flagDocument({ name, short, summary, repeatable, value }: FlagGrammar) {
  return { name, short, summary, repeatable, value: value?.name ?? null };
}
