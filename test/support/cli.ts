/** The built program, run as a user runs it: its own process, a clean environment, a throw-away HOME. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Environment, FreshHome } from './fresh-home.ts';

export const PROGRAM = fileURLToPath(new URL('../../dist/codex-link.js', import.meta.url));

export interface Ran {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Instead of the home's own environment. */
  readonly env?: Environment;
  /** Given to standard input; without it there is none. */
  readonly input?: string;
}

/** Runs `codex-link` in the home's work folder. Never throws for an exit code. */
export async function codexLink(home: FreshHome, args: readonly string[], options: CliOptions = {}): Promise<Ran> {
  const { env = home.env, input } = options;
  const result = await execa(process.execPath, [PROGRAM, ...args], {
    cwd: home.work,
    env,
    extendEnv: false,
    reject: false,
    timeout: 60_000,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** Writes codex-link.yaml where the program looks for it. */
export function writeYaml(home: FreshHome, yaml: string): void {
  home.write('.config/codex-link/codex-link.yaml', yaml);
}

/** What a document of `--json` holds that the tests ask about. */
export interface PlanDocument {
  readonly outcome: string;
  readonly summary: Readonly<Record<string, number>>;
  readonly resources: readonly {
    readonly address: string;
    readonly status: string;
    readonly cause: string | null;
    readonly reason: string;
    readonly writer: string | null;
    readonly result?: string;
    readonly changes: readonly {
      readonly path: string;
      readonly before: unknown;
      readonly after: unknown;
      readonly sensitive: boolean;
    }[];
  }[];
  readonly findings: readonly { readonly code: string; readonly message: string; readonly line: number | null }[];
  readonly verified?: boolean;
}

/** Runs with `--json` and parses the document, which must be the only thing on standard output. */
export async function codexLinkJson(
  home: FreshHome,
  args: readonly string[],
  options: CliOptions = {},
): Promise<Ran & { document: PlanDocument }> {
  const ran = await codexLink(home, [...args, '--json'], options);
  return { ...ran, document: JSON.parse(ran.stdout) as PlanDocument };
}

/** The statuses of a plan by address. */
export function statuses(document: PlanDocument): Record<string, string> {
  return Object.fromEntries(document.resources.map((one) => [one.address, one.status]));
}
