import { CodexLinkError, finding } from '../diagnostics/diagnostics.ts';

/** Asks yes or no on the terminal; no is the answer of an empty line. Ctrl-C is exit 130. */
export async function confirm(question: string): Promise<boolean> {
  const { confirm: ask, isCancel } = await import('@clack/prompts');
  const answer = await Promise.race([ask({ message: question, initialValue: false }), inputEnded()]);
  if (isCancel(answer)) throw interrupted();
  return answer;
}

/** Asks for a secret, which is not shown. */
export async function askHidden(question: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await Promise.race([password({ message: question }), inputEnded()]);
  if (isCancel(answer)) throw interrupted();
  return answer;
}

/** Ctrl-D closes the input, and then nobody ever answers: nothing is left that Node would wait for. */
function inputEnded(): Promise<never> {
  return new Promise((_, reject) => {
    process.once('beforeExit', () => reject(interrupted()));
  });
}

function interrupted(): CodexLinkError {
  return new CodexLinkError(
    finding('CL0009', 'the question was not answered; nothing was changed', { fix: 'the same command again' }),
    130,
  );
}
