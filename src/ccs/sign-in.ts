import type { Machine } from '../machine/machine.ts';
import { onPath } from '../machine/programs.ts';

/** How an account signs in, once the gateway runs, which CCS asks for the address to open. Source: CCS 7.79.1, run. */
export const SIGN_IN = ['codex', '--auth', '--add'] as const;

/** CCS signs nobody in without the Claude CLI, which it does not start for that; any program will do. Source: CCS 7.79.1, run. */
export const INSTEAD_OF_CLAUDE = '/bin/true';

/** What a person types to sign in. */
export function signInCommand(claude: boolean): string {
  return `ccs cliproxy start && ${claude ? '' : `CCS_CLAUDE_PATH=${INSTEAD_OF_CLAUDE} `}ccs ${SIGN_IN.join(' ')}`;
}

/** Whether CCS would find the Claude CLI. */
export async function hasClaude(machine: Machine): Promise<boolean> {
  return Boolean(machine.facts.env.CCS_CLAUDE_PATH) || (await onPath(machine, 'claude')) !== null;
}
