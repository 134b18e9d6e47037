import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';
import { Secret, tokenProblem } from '../secret.ts';
import { type Invocation, usage } from './arguments.ts';
import { readStdin } from './session.ts';

/**
 * The gateway's token where `--secret-stdin` says that standard input brings it; else null. It is how another program hands it over:
 * neither its own nor our command line, environment or files ever hold it. Throws when it cannot be used, without naming it.
 */
export async function givenSecret(flags: Invocation['flags'], command: 'plan' | 'apply'): Promise<Secret | null> {
  if (flags['secret-stdin'] !== true) return null;
  if (flags.file === '-') throw usage('standard input cannot bring both the YAML and the token', command);
  const text = new TextDecoder().decode(await readStdin()).replace(/\r?\n$/, '');
  const problem = tokenProblem(text);
  if (problem === null) return new Secret(text);
  throw new CodexLinkError(
    finding('CL3005', `the token from standard input cannot be used: ${problem}`, {
      fix: 'give the token alone, on one line',
    }),
  );
}
