import { type Finding, finding } from '../../diagnostics/diagnostics.ts';
import { type Machine, MachineError } from '../../machine/machine.ts';
import { systemProgram, userEnvironment } from '../../machine/programs.ts';

const TIMEOUT_MS = 10_000;

/** Groups of which anybody on the machine may be a member; their names are in the language of the country, their numbers are not. */
const ANYBODY = [
  { sid: 'S-1-1-0', name: 'Everyone' },
  { sid: 'S-1-5-11', name: 'Authenticated Users' },
  { sid: 'S-1-5-32-545', name: 'Users' },
];

/**
 * Whether the access list of a file names a group of other people. A file of the profile has that of the profile, which is for the user,
 * the system and administrators; one in a folder elsewhere is mostly open. Where icacls.exe does not even show the file's own list,
 * nothing is known, and the finding says so: its exit code is 0 for that, too.
 */
export async function readableByOthers(machine: Machine, path: string): Promise<Finding | null> {
  const about = { file: path };
  const shown = await icacls(machine, path);
  if (!mentions(shown, path)) {
    return finding('CL3055', `who may read ${path} could not be found out`, about);
  }
  const answers = await Promise.all(
    ANYBODY.map(async (one) => ({ ...one, output: await icacls(machine, path, '/findsid', `*${one.sid}`) })),
  );
  const others = answers.filter(({ output }) => mentions(output, path));
  if (others.length === 0) return null;
  const fix = `icacls "${path}" /inheritance:r /grant:r "${machine.facts.user}:F" "*S-1-5-18:F" "*S-1-5-32-544:F"`;
  return finding('CL3054', `${path} can be read by ${others.map(({ name }) => name).join(' and ')}`, { ...about, fix });
}

/** Paths are the same whatever the case of their letters. */
function mentions(output: string, path: string): boolean {
  return output.toLowerCase().includes(path.toLowerCase());
}

async function icacls(machine: Machine, ...args: string[]): Promise<string> {
  const file = await systemProgram(machine, 'icacls');
  if (file === null) return '';
  try {
    return (await machine.run({ file, args, env: userEnvironment(machine), timeoutMs: TIMEOUT_MS, effect: 'read' })).stdout;
  } catch (error) {
    if (error instanceof MachineError) return '';
    throw error;
  }
}
