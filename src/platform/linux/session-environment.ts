import { join } from 'node:path';
import { type Machine, MachineError } from '../../machine/machine.ts';
import { type Variable, variablesIn } from '../session-environment.ts';

/**
 * What the files say that a login session, and with it the App, gets as environment. A later file wins, and a file in an earlier
 * folder stands in for one of the same name in a later one. Files that cannot be read are passed over. Source: environment.d(5), and
 * pam_env(8) for /etc/environment.
 */
export async function sessionVariables(machine: Machine, names: readonly string[]): Promise<readonly Variable[]> {
  const { env, home } = machine.facts;
  const own = join(env.XDG_CONFIG_HOME || join(home, '.config'), 'environment.d');
  const folders = [own, '/etc/environment.d', '/run/environment.d', '/usr/local/lib/environment.d', '/usr/lib/environment.d'];
  const listed = await Promise.all(folders.map((folder) => machine.list(folder).catch(nothingThere)));
  const files = new Map<string, string>();
  listed.forEach((found, index) => {
    for (const name of found) if (name.endsWith('.conf') && !files.has(name)) files.set(name, join(folders[index] ?? '', name));
  });
  const inOrder = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  const texts = await Promise.all(
    ['/etc/environment', ...inOrder].map(async (path) => ({ path, text: await textOf(machine, path) })),
  );
  const variables = new Map<string, Variable>();
  for (const { path, text } of texts) {
    for (const one of variablesIn(text, path, names)) variables.set(one.name, { ...one, value: expanded(one.value, home) });
  }
  return [...variables.values()];
}

async function textOf(machine: Machine, path: string): Promise<string> {
  const bytes = await machine.read(path).catch(nothingThere);
  return bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : '';
}

function nothingThere(error: unknown): readonly [] {
  if (error instanceof MachineError) return [];
  throw error;
}

/** Only the home folder: it is what paths there begin with. */
function expanded(value: string, home: string): string {
  return value.replace(/\$(\{HOME\}|HOME\b)/g, home);
}
