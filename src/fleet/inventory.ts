import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { type Machine, MachineError, readText } from '../machine/machine.ts';

/**
 * The machines that a file names, each once: one name on a line, a # before what is only for people. Understood as well are an inventory
 * of Ansible in INI form, without ranges, and what `ansible GROUP --list-hosts` prints.
 */
export async function expectedHosts(machine: Machine, path: string): Promise<readonly string[]> {
  let text: string | null;
  try {
    text = await readText(machine, path);
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    throw new CodexLinkError(finding('CL9008', error.message, { file: path }));
  }
  if (text === null) throw new CodexLinkError(finding('CL9008', `${path} does not exist`, { file: path }));
  const names = namesIn(text);
  if (names.length === 0) throw new CodexLinkError(finding('CL9008', `${path} names no machine`, { file: path }));
  return names;
}

export function namesIn(text: string): string[] {
  const names = new Set<string>();
  let counts = true;
  for (const line of text.split(/\r?\n/)) {
    const [, group] = /^\s*\[([^\]]*)\]/.exec(line) ?? [];
    if (group !== undefined) counts = !/:(vars|children)$/.test(group);
    const [name] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    const isName = group === undefined && counts && name !== undefined && name !== '' && !/^\s*hosts \(\d+\):/.test(line);
    if (isName) names.add(name);
  }
  return [...names];
}
