import { CodexLinkError } from '../diagnostics/diagnostics.ts';
import { findingsText } from '../report/findings-text.ts';
import { type CommandName, type Invocation, parseCommandLine } from './arguments.ts';
import { type Console, printJson, processConsole } from './console.ts';

declare const CODEX_LINK_VERSION: string;

/** What each command is: its exit code, from a command line and a console. */
export type Command = (invocation: Invocation, console: Console) => Promise<number>;

/** Each command is loaded only when it is called: they need very different parts of the program. */
const LOADERS: Readonly<Record<CommandName, () => Promise<Command>>> = {
  plan: async () => (await import('./commands/plan.ts')).plan,
  apply: async () => (await import('./commands/apply.ts')).apply,
  verify: async () => (await import('./commands/verify.ts')).verify,
  use: async () => (await import('./commands/use.ts')).use,
  validate: async () => (await import('./commands/validate.ts')).validate,
  schema: async () => (await import('./commands/schema.ts')).schema,
  explain: async () => (await import('./commands/explain.ts')).explain,
};

/** Runs codex-link and returns its exit code. Known errors are printed as findings; unknown ones keep their stack. */
export async function main(argv: readonly string[]): Promise<number> {
  // Before the command line is understood: an error in it must come as JSON too when JSON was asked for.
  const json = argv.includes('--json');
  const console = processConsole({ json, color: !argv.includes('--no-color'), input: !argv.includes('--no-input') });
  let command = 'codex-link';
  try {
    const invocation = parseCommandLine(argv);
    command = invocation.command ?? command;
    if (invocation.flags.version === true) {
      console.out(`${CODEX_LINK_VERSION}\n`);
      return 0;
    }
    if (invocation.command === null || invocation.flags.help === true) {
      const { help } = await import('./help.ts');
      const asked = invocation.flags.help === true;
      (asked ? console.out : console.err)(help(invocation.command));
      return asked ? 0 : 64;
    }
    const run = await LOADERS[invocation.command]();
    return await run(invocation, console);
  } catch (error) {
    if (!(error instanceof CodexLinkError)) throw error;
    if (json) {
      const { errorJson } = await import('../report/json.ts');
      printJson(console, errorJson(command, error.findings));
    } else {
      console.err(findingsText(error.findings, console.paintError));
    }
    return error.exitCode;
  }
}
