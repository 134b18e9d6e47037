import { join } from 'node:path';
import { type Command, type Exit, type Machine, MachineError } from '../machine/machine.ts';
import { onPath, userEnvironment } from '../machine/programs.ts';

const TIMEOUT_MS = 20_000;

/** The `codex` program: on PATH, else the one in Codex App. Null when it is not installed. */
export async function findCodex(machine: Machine): Promise<string | null> {
  return (await onPath(machine, 'codex')) ?? (await codexOfTheApp(machine));
}

/** Codex App on macOS brings its own; whoever has only the App has none on PATH. */
async function codexOfTheApp(machine: Machine): Promise<string | null> {
  const { os, home } = machine.facts;
  if (os !== 'darwin') return null;
  for (const folder of ['/Applications', `${home}/Applications`]) {
    for (const name of ['ChatGPT.app', 'Codex.app']) {
      const path = `${folder}/${name}/Contents/Resources/codex`;
      const there = await machine.stat(path);
      if (there?.kind === 'file' && (there.mode & 0o111) !== 0) return path;
    }
  }
  return null;
}

/** Where a staged Codex stands in for the real one. */
export interface Staged {
  readonly exit: Exit;
  /** Path of the copy, to be taken out of messages. */
  readonly copy: string;
}

/**
 * Runs `codex` with a folder of its own as CODEX_HOME that holds nothing but a copy of the configuration: even commands that only
 * look leave folders and databases behind, and the user's own folder must stay as it is. Layers of the system still apply.
 */
export function runStaged(
  machine: Machine,
  codex: string,
  config: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  conversation: Pick<Command, 'input' | 'until'> = {},
): Promise<Staged> {
  return machine.scratch({ 'config.toml': new TextEncoder().encode(config) }, async (folder) => {
    // Codex warns of a dumb terminal, and refuses helper programs below the temporary folder.
    const env = userEnvironment(machine, { CODEX_HOME: folder, TERM: 'xterm-256color', NO_COLOR: '1', ...variables });
    const exit = await machine.run({
      file: codex,
      args,
      env,
      cwd: folder,
      timeoutMs: TIMEOUT_MS,
      effect: 'read',
      ...conversation,
    });
    return { exit, copy: join(folder, 'config.toml') };
  });
}

export type Acceptance =
  | { readonly state: 'accepted' }
  | {
      readonly state: 'refused';
      readonly why: string;
      /** The layer that is to blame, when it is not the configuration itself. The place is in there. */
      readonly file: string | null;
      readonly line: number | null;
      readonly column: number | null;
    }
  /** Not asked: Codex is not installed, too old for the question, or could not be run. */
  | { readonly state: 'not-asked'; readonly why: string };

/**
 * Asks Codex's own parser whether it takes the configuration, in about 0.1 s and without network.
 * Source: `codex app-server --print-startup-config` of 0.169.0, which prints the reason as JSON and exits 1.
 */
export async function acceptance(machine: Machine, config: string): Promise<Acceptance> {
  const codex = await findCodex(machine);
  if (codex === null) return { state: 'not-asked', why: 'codex is not installed' };
  try {
    const { exit, copy } = await runStaged(machine, codex, config, ['app-server', '--print-startup-config']);
    if (exit.code === 0) return { state: 'accepted' };
    return (
      refusal(exit.stdout, copy) ?? {
        state: 'not-asked',
        why: `codex gave no answer (${exit.timedOut ? 'timeout' : `exit code ${exit.code}`})`,
      }
    );
  } catch (error) {
    if (error instanceof MachineError) return { state: 'not-asked', why: error.message };
    throw error;
  }
}

function refusal(stdout: string, copy: string): Acceptance | null {
  try {
    const { error } = JSON.parse(stdout) as {
      error?: { message?: string; data?: { detail?: string; filePath?: string | null; line?: number; column?: number } };
    };
    const detail = error?.data?.detail ?? error?.message;
    if (detail === undefined) return null;
    const why = detail.replaceAll(copy, 'config.toml');
    const { filePath = null, line = null, column = null } = error?.data ?? {};
    return { state: 'refused', why, file: filePath === copy ? null : filePath, line, column };
  } catch {
    return null;
  }
}
