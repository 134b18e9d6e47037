import { RealMachine } from '../../../../src/machine/real.ts';
import { type FreshHome, freshHome } from '../../../support/fresh-home.ts';
import { makePc, type Pc } from '../../../support/pc.ts';

export interface OnPc {
  readonly machine: RealMachine;
  readonly pc: Pc;
  readonly home: FreshHome;
}

/** The real machine playing a PC in a home of its own, which is gone afterwards. */
export async function onPc(play: (on: OnPc) => Promise<void>): Promise<void> {
  const home = freshHome();
  try {
    const pc = makePc(home);
    const real = new RealMachine('win32');
    const machine = Object.assign(real, {
      facts: { ...real.facts, env: pc.env, home: home.home, user: 'tester', cwd: home.work },
    });
    await play({ machine, pc, home });
  } finally {
    home.dispose();
  }
}

/** A machine of which only one program answers, and always the same. */
export function answering(
  machine: RealMachine,
  program: string,
  answer: { code?: number; stdout?: string; stderr?: string },
): RealMachine {
  const run = machine.run.bind(machine);
  return Object.assign(machine, {
    run: (command: Parameters<RealMachine['run']>[0]) =>
      command.file.endsWith(`/${program}`)
        ? Promise.resolve({ code: 0, stdout: '', stderr: '', timedOut: false, ...answer })
        : run(command),
  });
}

/** The code of what an action throws; null when it throws nothing. */
export async function codeOf(action: Promise<unknown>): Promise<string | null> {
  try {
    await action;
    return null;
  } catch (error) {
    const { findings, name } = error as { findings?: { code: string }[]; name: string };
    return findings?.[0]?.code ?? name;
  }
}
