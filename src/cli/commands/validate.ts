import { CodexLinkError, type Finding } from '../../diagnostics/diagnostics.ts';
import { head } from '../../report/json.ts';
import { usage } from '../arguments.ts';
import { type Console, printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openDesired, openMachine } from '../session.ts';

/** Checks the YAML alone; the machine is not looked at. Errors come as with every command that reads the YAML. */
export const validate: Command = async ({ flags, operands }, console) => {
  if (flags.file !== undefined && operands.length > 0) throw usage('name the files, or one with --file', 'validate');
  const files = operands.length > 0 ? operands : [flags.file as string | undefined];
  const { readOnly } = openMachine(flags);
  const open = (file: string | undefined) => openDesired(readOnly, file === undefined ? flags : { ...flags, file });
  if (flags.format !== undefined) return asSarif({ format: flags.format, cwd: readOnly.facts.cwd }, files, open, console);
  const { findings, exitCode, valid } = await check(files, open);
  const [first] = valid;
  if (console.json && findings.length === 0 && first !== undefined) {
    const each = valid.map(({ file, sources }) => ({ file, sources }));
    const sources = [...new Set(each.flatMap((one) => one.sources))];
    printJson(console, { ...head('validate'), valid: true, file: first.file, sources, files: each, findings: [] });
  } else if (!console.json) {
    for (const { sources } of valid) console.out(`${console.paint('green', 'Valid')}: ${sources.join(', ')}\n`);
  }
  if (findings.length > 0) throw new CodexLinkError(findings, exitCode);
  return 0;
};

type Open = (file: string | undefined) => ReturnType<typeof openDesired>;

/** The same for a code scanner: a document whether the YAML is valid or not. */
async function asSarif(
  { format, cwd }: { format: unknown; cwd: string },
  files: readonly (string | undefined)[],
  open: Open,
  console: Console,
): Promise<number> {
  if (format !== 'sarif') throw usage(`--format takes sarif, not ${JSON.stringify(format)}`, 'validate');
  if (console.json) throw usage('--json and --format are two forms of the same', 'validate');
  const { sarif } = await import('../../report/sarif.ts');
  const { findings, exitCode } = await check(files, open);
  printJson(console, sarif(findings, cwd));
  return findings.length > 0 ? exitCode : 0;
}

interface Checked {
  readonly valid: readonly Awaited<ReturnType<Open>>[];
  readonly findings: readonly Finding[];
  /** Of the first that is wrong. */
  readonly exitCode: CodexLinkError['exitCode'];
}

/** All of them, so that every error comes at once. */
async function check(files: readonly (string | undefined)[], open: Open): Promise<Checked> {
  const valid: Awaited<ReturnType<Open>>[] = [];
  const errors: CodexLinkError[] = [];
  for (const file of files) {
    try {
      valid.push(await open(file));
    } catch (error) {
      if (!(error instanceof CodexLinkError)) throw error;
      errors.push(error);
    }
  }
  return { valid, findings: errors.flatMap((one) => one.findings), exitCode: errors[0]?.exitCode ?? 1 };
}
