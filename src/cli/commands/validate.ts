import { CodexLinkError, type Finding } from '../../diagnostics/diagnostics.ts';
import { findingsText } from '../../report/findings-text.ts';
import { head } from '../../report/json.ts';
import { notManagedYet } from '../../resources/all.ts';
import { type Invocation, usage } from '../arguments.ts';
import { type Console, printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openDesired, openMachine } from '../session.ts';

/** Checks the YAML alone; the machine is not looked at. Errors come as with every command that reads the YAML. */
export const validate: Command = async ({ flags }, console) => {
  if (flags.format !== undefined) return asSarif(flags, console);
  const desired = await openDesired(openMachine(flags).readOnly, flags);
  const findings = notManagedYet(desired);
  if (console.json)
    printJson(console, { ...head('validate'), valid: true, file: desired.file, sources: desired.sources, findings });
  else {
    console.err(findingsText(findings, console.paintError));
    console.out(`${console.paint('green', 'Valid')}: ${desired.sources.join(', ')}\n`);
  }
  return 0;
};

/** The same for a code scanner: a document whether the YAML is valid or not. */
async function asSarif(flags: Invocation['flags'], console: Console): Promise<number> {
  if (flags.format !== 'sarif') throw usage(`--format takes sarif, not ${JSON.stringify(flags.format)}`, 'validate');
  if (console.json) throw usage('--json and --format are two forms of the same', 'validate');
  const { sarif } = await import('../../report/sarif.ts');
  const { readOnly } = openMachine(flags);
  const [findings, code] = await found(() => openDesired(readOnly, flags));
  printJson(console, sarif(findings, readOnly.facts.cwd));
  return code;
}

async function found(open: () => ReturnType<typeof openDesired>): Promise<[readonly Finding[], number]> {
  try {
    return [notManagedYet(await open()), 0];
  } catch (error) {
    if (!(error instanceof CodexLinkError)) throw error;
    return [error.findings, error.exitCode];
  }
}
