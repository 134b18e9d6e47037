import { COMMANDS, type CommandEntry, type CommandName, FLAGS, type FlagName } from './arguments.ts';

/** The help of the program, or of one command. */
export function help(command: CommandName | null): string {
  return command === null ? overview() : commandHelp(command);
}

function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`);
  return `codex-link links Codex App to a pool of ChatGPT accounts behind CLIProxyAPI, as codex-link.yaml states it.

Usage: codex-link COMMAND [FLAGS]

${commands.join('\n')}

codex-link COMMAND --help tells more. Start with codex-link init, which writes codex-link.yaml; then codex-link plan.
`;
}

function commandHelp(command: CommandName): string {
  const entry: CommandEntry = COMMANDS[command];
  const rows = entry.flags.map((name) => ({
    flag: spelling(name, entry.values?.[name]),
    meaning: entry.meanings?.[name] ?? FLAGS[name].summary,
  }));
  const width = Math.max(...rows.map(({ flag }) => flag.length));
  const flags = rows.map(({ flag, meaning }) => `  ${flag.padEnd(width)}  ${meaning}`);
  return `codex-link ${command} ${entry.summary}.

Usage: codex-link ${command}${entry.operands === '' ? '' : ` ${entry.operands}`} [FLAGS]

${flags.join('\n')}
`;
}

function spelling(name: FlagName, values?: string): string {
  const flag: { short?: string; value?: string; summary: string } = FLAGS[name];
  const value = values ?? flag.value;
  return `${flag.short === undefined ? '    ' : `-${flag.short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}
