import { hasClaude, insteadOfClaude, SIGN_IN, signInCommand } from '../ccs/sign-in.ts';
import type { Machine } from '../machine/machine.ts';
import { userEnvironment } from '../machine/programs.ts';
import type { Plan } from '../planner/plan.ts';
import type { Console } from './console.ts';
import type { Session } from './session.ts';

/** A person reads mails, finds a phone and types codes. */
const SIGN_IN_TIMEOUT_MS = 15 * 60_000;

/** The finding of an account whose owner has to sign in. */
const MISSING = 'CL7010';

/** E-mails of the accounts that only wait for their owner. */
export function missingAccounts(plan: Plan): string[] {
  return plan.resources.flatMap(({ resource, verdict }) =>
    resource.kind === 'accounts' && verdict.findings.some(({ code }) => code === MISSING)
      ? [resource.address.slice('accounts/'.length)]
      : [],
  );
}

/**
 * Offers to sign in to each missing account, and makes the plan anew when somebody did. Does nothing where nobody can be asked.
 * @param replan makes the plan afresh
 */
export async function offerSignIns(
  { machine, ccs }: Pick<Session, 'machine' | 'ccs'>,
  plan: Plan,
  console: Pick<Console, 'interactive' | 'err'>,
  ask: (question: string) => Promise<boolean>,
  replan: () => Promise<Plan>,
): Promise<Plan> {
  if (!console.interactive) return plan;
  const ccsProgram = await ccs.program(machine);
  if (ccsProgram === null) return plan;
  const claude = await hasClaude(machine);
  let now = plan;
  for (const email of missingAccounts(plan)) {
    if (!missingAccounts(now).includes(email)) continue; // the sign-in before was this one's
    if (!(await ask(`Sign in to ${email} now? (runs: ${signInCommand(machine.facts, claude)})`))) continue;
    await ccs.run(machine, 'cliproxy', 'start');
    await signIn(machine, ccsProgram, claude);
    ccs.forget();
    now = await replan();
    if (missingAccounts(now).includes(email)) console.err(`\n${email} is still not in the pool; the rest goes on without it.\n`);
  }
  return now;
}

/** CCS's own dialogue, in the terminal. What it came to is read from the files afterwards. */
async function signIn(machine: Machine, file: string, claude: boolean): Promise<void> {
  const env = userEnvironment(machine, claude ? {} : { CCS_CLAUDE_PATH: insteadOfClaude(machine.facts) });
  await machine.run({ file, args: SIGN_IN, env, timeoutMs: SIGN_IN_TIMEOUT_MS, effect: 'write', attached: true });
}
