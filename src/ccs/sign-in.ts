import type { Facts, Machine } from '../machine/machine.ts';
import { onPath } from '../machine/programs.ts';
import { typed } from '../platform/typed.ts';

/** How an account signs in, once the gateway runs, which CCS asks for the address to open. Source: CCS 7.79.1, run. */
export const SIGN_IN = ['codex', '--auth', '--add'] as const;

/** CCS signs nobody in without the Claude CLI, which it does not start for that; any program will do. Source: CCS 7.79.1, run. */
export function insteadOfClaude({ os, env }: Pick<Facts, 'os' | 'env'>): string {
  if (os === 'win32') return `${env.SystemRoot ?? 'C:\\Windows'}\\System32\\where.exe`;
  return os === 'darwin' ? '/usr/bin/true' : '/bin/true';
}

/** What a person types to sign in. */
export function signInCommand(facts: Pick<Facts, 'os' | 'env'>, claude: boolean): string {
  const [words, signIn] = [typed(facts.os), `ccs ${SIGN_IN.join(' ')}`];
  return words.inTurn('ccs cliproxy start', claude ? signIn : words.seeing('CCS_CLAUDE_PATH', insteadOfClaude(facts), signIn));
}

/** Whether CCS would find the Claude CLI. */
export async function hasClaude(machine: Machine): Promise<boolean> {
  return Boolean(machine.facts.env.CCS_CLAUDE_PATH) || (await onPath(machine, 'claude')) !== null;
}
