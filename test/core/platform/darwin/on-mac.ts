import { RealMachine } from '../../../../src/machine/real.ts';
import { type FreshHome, freshHome } from '../../../support/fresh-home.ts';
import { type Mac, makeMac } from '../../../support/mac.ts';

export interface OnMac {
  readonly machine: RealMachine;
  readonly mac: Mac;
  readonly home: FreshHome;
}

/** The real machine playing a Mac in a home of its own, which is gone afterwards. */
export async function onMac(play: (on: OnMac) => Promise<void>): Promise<void> {
  const home = freshHome();
  try {
    const mac = makeMac(home);
    const real = new RealMachine('darwin');
    const machine = Object.assign(real, {
      facts: { ...real.facts, env: mac.env, home: home.home, user: 'tester', cwd: home.work },
    });
    await play({ machine, mac, home });
  } finally {
    home.dispose();
  }
}

/** The code of what an action throws; null when it throws nothing. */
export async function codeOf(action: Promise<unknown>): Promise<string | null> {
  try {
    await action;
    return null;
  } catch (error) {
    const { findings, finding, name } = error as { findings?: { code: string }[]; finding?: { code: string }; name: string };
    return findings?.[0]?.code ?? (finding === undefined ? name : `${finding.code} ${name}`);
  }
}
