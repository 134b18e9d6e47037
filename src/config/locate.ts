import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { failedWith, type Machine } from '../machine/machine.ts';
import { nearest } from './nearest.ts';
import { type Paths, pathsOf } from './paths.ts';

const fileName = 'codex-link.yaml';

/**
 * Absolute path of the codex-link.yaml to use, or `-` for standard input. A file that is named is taken unseen; otherwise the first
 * that exists of ./codex-link.yaml and the one in the configuration folder. Throws CL2001 when there is none.
 */
export async function locate(machine: Machine, file: string | undefined): Promise<string> {
  const { facts } = machine;
  const paths = pathsOf(facts);
  if (file === '-') return file;
  if (file !== undefined) return paths.resolve(facts.cwd, file);
  const places = [paths.join(facts.cwd, fileName), paths.join(configurationFolder(machine, paths), fileName)];
  for (const place of places) if (await exists(machine, place)) return place;
  const message = `there is no ${fileName}; looked for ${places.join(' and ')}`;
  const misnamed = await similarName(machine, places[0]!);
  throw new CodexLinkError(
    finding('CL2001', message, {
      fix:
        misnamed === null
          ? 'run `codex-link init`, write a file codex-link.yaml that says `version: 1`, or name another one with `--file PATH`'
          : `run \`codex-link --file ${misnamed} …\`, or rename ${misnamed} to ${fileName}`,
    }),
  );
}

/**
 * Absolute path where a new codex-link.yaml belongs, or `-` for standard output: the file that is named; one in the working folder, which
 * would win over any other; else the configuration folder, where every command finds it.
 */
export async function placeToWrite(machine: Machine, file: string | undefined): Promise<string> {
  const { facts } = machine;
  const paths = pathsOf(facts);
  if (file !== undefined) return file === '-' ? file : paths.resolve(facts.cwd, file);
  const here = paths.join(facts.cwd, fileName);
  return (await exists(machine, here)) ? here : paths.join(configurationFolder(machine, paths), fileName);
}

function configurationFolder({ facts }: Machine, paths: Paths): string {
  const xdg = facts.env.XDG_CONFIG_HOME;
  // The XDG rules say that a relative path is to be ignored.
  const base = xdg && paths.isAbsolute(xdg) ? xdg : paths.join(facts.home, '.config');
  return paths.join(base, 'codex-link');
}

/** What cannot be looked at counts as existing: reading it then says why not, instead of going on to another file. */
async function exists(machine: Machine, path: string): Promise<boolean> {
  try {
    return (await machine.stat(path)) !== null;
  } catch (error) {
    return !failedWith(error, 'ENOENT', 'ENOTDIR');
  }
}

/** A file in the same folder whose name is close to the one that is missing, or null. */
export async function similarName(machine: Machine, path: string): Promise<string | null> {
  const folder = pathsOf(machine.facts).dirname(path);
  const name = path.slice(folder.length).replace(/^[/\\]/, '');
  try {
    const names = await machine.list(folder);
    return nearest(
      name,
      names.filter((one) => one !== name && /\.ya?ml$/i.test(one)),
    );
  } catch {
    return null;
  }
}
