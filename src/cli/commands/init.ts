import { dirname, join } from 'node:path';
import { loadDesired } from '../../config/load.ts';
import { placeToWrite } from '../../config/locate.ts';
import { pathsOf } from '../../config/paths.ts';
import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { defaults } from '../../generated/yaml-defaults.ts';
import { survey } from '../../init/survey.ts';
import { yamlText } from '../../init/yaml-text.ts';
import { DiscreetMachine } from '../../machine/discreet.ts';
import { followLinks } from '../../machine/links.ts';
import { type Machine, readBytes } from '../../machine/machine.ts';
import { ReadOnlyMachine } from '../../machine/read-only.ts';
import { platformFor } from '../../platform/platforms.ts';
import { findingsText } from '../../report/findings-text.ts';
import { head } from '../../report/json.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openMachine } from '../session.ts';

const SCHEMA = 'codex-link.schema.json';

/** Writes codex-link.yaml from what this machine has; with `--file -` it only prints it. */
export const init: Command = async ({ flags }, console) => {
  const machine = new DiscreetMachine(openMachine(flags).machine, [defaults.secret.service]);
  const readOnly = new ReadOnlyMachine(machine);
  const file = await placeToWrite(readOnly, flags.file as string | undefined);
  const before = file === '-' ? null : await readBytes(readOnly, file);
  if (before !== null && flags.force !== true) throw new CodexLinkError(finding('CL0030', `${file} is there already`, { file }));
  const { document, findings } = await survey(readOnly, await platformFor(machine.facts.os));
  const text = yamlText(document, await schemaPlace(readOnly));
  const bytes = new TextEncoder().encode(text);
  await mustBeValid(readOnly, bytes);
  const kept = file === '-' ? null : await replace(machine, file, before, bytes);
  if (console.json) {
    printJson(console, { ...head('init'), file, kept, os: machine.facts.os, document, findings });
  } else if (file === '-') {
    console.err(findingsText(findings, console.paintError));
    console.out(text);
  } else {
    console.err(findingsText(findings, console.paintError));
    const old = kept === null ? '' : `The file that was there is now ${kept}.\n`;
    console.out(`${console.paint('green', 'Written')}: ${file}\n${console.quiet ? '' : `${old}Next: codex-link plan\n`}`);
  }
  return 0;
};

/** What is written must load: a value of this machine that it could not hold would be a trap for the next command. */
async function mustBeValid(machine: Machine, bytes: Uint8Array): Promise<void> {
  try {
    await loadDesired(machine, { file: '-', stdin: async () => bytes });
  } catch (error) {
    if (!(error instanceof CodexLinkError)) throw error;
    const [first] = error.findings;
    throw new CodexLinkError(finding('CL0031', `what was found is no valid file: ${first?.message}`), 1, { cause: error });
  }
}

/** Writes the file, and keeps the old one beside it. Returns where; null when there was none, or nothing to change. */
async function replace(machine: Machine, file: string, before: Uint8Array | null, bytes: Uint8Array): Promise<string | null> {
  await machine.makeFolder(pathsOf(machine.facts).dirname(file), 0o700);
  if (before !== null && Buffer.compare(before, bytes) === 0) return null;
  const kept = before === null ? null : await keep(machine, file, before);
  await machine.write(file, bytes, { expect: before, ...(before === null ? { mode: 0o644 } : {}) });
  return kept;
}

/** An older copy is never written over. */
async function keep(machine: Machine, file: string, bytes: Uint8Array): Promise<string> {
  for (let number = 1; ; number += 1) {
    const path = `${file}.bak${number === 1 ? '' : `.${number}`}`;
    if (await machine.create(path, bytes, 0o600)) return path;
  }
}

/** The schema of this very program, which lies beside `dist`; where it does not, what `codex-link schema` is told to write. */
async function schemaPlace(machine: Machine): Promise<string> {
  const program = await followLinks(machine, process.argv[1] ?? SCHEMA);
  const path = join(dirname(dirname(program)), 'schema', SCHEMA);
  return (await machine.stat(path)) === null ? `./${SCHEMA}` : path;
}
