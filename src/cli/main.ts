import { CodexLinkError, type Finding, finding } from '../diagnostics/diagnostics.ts';
import { MachineError } from '../machine/machine.ts';
import { findingsText } from '../report/findings-text.ts';
import { errorJson, head } from '../report/json.ts';
import { type Invocation, parseCommandLine, usage } from './arguments.ts';
import type { CommandName } from './command-table.ts';
import { apply } from './commands/apply.ts';
import { destroy } from './commands/destroy.ts';
import { drift } from './commands/drift.ts';
import { explain } from './commands/explain.ts';
import { history } from './commands/history.ts';
import { plan } from './commands/plan.ts';
import { rollback } from './commands/rollback.ts';
import { rotate } from './commands/rotate.ts';
import { schedule } from './commands/schedule.ts';
import { schema } from './commands/schema.ts';
import { status } from './commands/status.ts';
import { use } from './commands/use.ts';
import { validate } from './commands/validate.ts';
import { verify } from './commands/verify.ts';
import { type Console, hasPrinted, printJson, processConsole } from './console.ts';
import { endOnInterrupt } from './interruption.ts';

declare const CODEX_LINK_VERSION: string;

/** What each command is: its exit code, from a command line and a console. */
export type Command = (invocation: Invocation, console: Console) => Promise<number>;

/** The commands are small and share almost everything; what is big or slow is loaded by them where it is used, and what few people type is loaded here. */
const RUN: Readonly<Record<CommandName, Command>> = {
  plan,
  apply,
  drift,
  status,
  schedule,
  verify,
  use,
  rotate,
  history,
  rollback,
  destroy,
  validate,
  schema,
  explain,
  init: async (...given) => (await import('./commands/init.ts')).init(...given),
  graph: async (...given) => (await import('./commands/graph.ts')).graph(...given),
  completion: async (...given) => (await import('./commands/completion.ts')).completion(...given),
  fleet: async (...given) => (await import('./commands/fleet.ts')).fleet(...given),
  export: async (...given) => (await import('./commands/export.ts')).exportSettings(...given),
};

export { hasPrinted };

/** Runs codex-link and returns its exit code. Known errors are printed as findings; unknown ones keep their stack. */
export async function main(argv: readonly string[]): Promise<number> {
  // Before the command line is understood: an error in it must come as JSON too when JSON was asked for.
  let console = processConsole({ json: argv.includes('--json'), 'no-color': argv.includes('--no-color') });
  let command = 'codex-link';
  const fail = (findings: readonly Finding[]) => {
    if (console.json) printJson(console, errorJson(command, findings));
    else console.err(findingsText(findings, console.paintError));
  };
  const stopListening = endOnInterrupt(() => fail([finding('CL0009', 'the run was interrupted')]));
  try {
    const invocation = parseCommandLine(argv);
    console = processConsole(invocation.flags);
    command = invocation.command ?? command;
    return await (invocation.command === null || asksAboutItself(invocation)
      ? tellOfItself(invocation, console)
      : RUN[invocation.command](invocation, console));
  } catch (error) {
    if (!(error instanceof CodexLinkError) && !(error instanceof MachineError)) throw error;
    const { findings, exitCode } = error instanceof CodexLinkError ? error : unreadable(error);
    fail(findings);
    return exitCode;
  } finally {
    stopListening();
  }
}

function asksAboutItself({ flags }: Invocation): boolean {
  return flags.version === true || flags.help === true;
}

/** The version or the help, as asked for; the help also where no command was given, which is wrong. */
async function tellOfItself({ command, flags }: Invocation, console: Console): Promise<number> {
  if (flags.version === true) {
    if (console.json) printJson(console, head('version'));
    else console.out(`${CODEX_LINK_VERSION}\n`);
    return 0;
  }
  const { help, helpDocument } = await import('./help.ts');
  if (flags.help !== true) {
    if (console.json) throw usage('there is no command');
    console.err(help(null));
    return 64;
  }
  if (console.json) printJson(console, { ...head('help'), ...helpDocument(command) });
  else console.out(help(command));
  return 0;
}

/** The outside world failed where no resource could take it as its own trouble. */
function unreadable(error: MachineError): CodexLinkError {
  return new CodexLinkError(finding('CL0005', error.message, { file: error.path }), 1, { cause: error });
}
