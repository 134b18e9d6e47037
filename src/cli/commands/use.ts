import type { Route } from '../../config/desired.ts';
import { nearest } from '../../config/nearest.ts';
import type { Machine } from '../../machine/machine.ts';
import { makePlan, type Plan } from '../../planner/plan.ts';
import { EVERYTHING, type Selection } from '../../planner/selection.ts';
import type { State } from '../../planner/state.ts';
import { planText } from '../../report/plan-text.ts';
import { allResources, general, type World } from '../../resources/all.ts';
import type { Kind } from '../../resources/resource.ts';
import { detailOf, selectionOf, usage } from '../arguments.ts';
import { converge, dryRun, locked, showsPlan } from '../converge.ts';
import type { Command } from '../main.ts';
import type { Session } from '../session.ts';

/** What the route does not need: a variant that waits for a person must not make a switch fail. */
const BESIDE_THE_ROUTE: readonly Kind[] = ['accounts', 'routing', 'variants', 'schedule'];

/** That another route was held, or fallen back to: what to do about it is what is being done. */
const SETTLED: readonly string[] = ['CL0011', 'CL8010'];

const CHOICES = ['cliproxy', 'openai', 'auto'] as const;
type Choice = (typeof CHOICES)[number];

/** Switches the route now, verifies it, and holds it against the YAML until `use auto`. */
export const use: Command = async ({ operands, flags }, console) => {
  const choice = choiceOf(operands[0] ?? '');
  if (flags['dry-run'] === true)
    return dryRun(
      'use',
      flags,
      { route: choice },
      (session) => planUse(session.readOnly, session, selectionOf(flags, 'use')),
      console,
    );
  return locked(flags, 'use', { route: choice }, async (session) => {
    const { machine, readOnly, state } = session;
    const plan = await planUse(readOnly, session, selectionOf(flags, 'use'));
    if (!console.quiet && showsPlan(plan, console, true)) console.out(await planText(plan, console.paint, detailOf(flags)));
    const remember = { hold: holdFor(choice, state, machine.now()), fallback: null };
    const code = await converge({ session, plan, command: 'use', remember, afterwards: heldText(choice, session) }, console);
    return code === 2 ? 1 : code;
  });
};

/** What it takes to be on the route of the world. Reads only. */
export async function planUse(machine: Machine, world: World, selection: Selection = EVERYTHING): Promise<Plan> {
  const all = await allResources(machine, world);
  // Away from a gateway that is broken there must be a way that needs neither the gateway nor the keyring.
  const away = world.desired.provider.active === 'openai';
  const resources = all.filter(({ kind }) =>
    away ? ['provider', 'verification', 'app'].includes(kind) : !BESIDE_THE_ROUTE.includes(kind),
  );
  // A route that something above config.toml forbids cannot be chosen by hand either.
  const findings = general(machine, world).then((all) => all.filter(({ code }) => !SETTLED.includes(code)));
  return makePlan(machine, resources, world.state, selection, findings);
}

function choiceOf(operand: string): Choice {
  const found = CHOICES.find((one) => one === operand);
  if (found !== undefined) return found;
  const near = nearest(operand, CHOICES);
  throw usage(
    `use takes ${CHOICES.join(', ')}, not ${JSON.stringify(operand)}${near === null ? '' : `, did you mean ${near}?`}`,
    'use',
  );
}

/** What is remembered of the choice. */
export function holdFor(choice: Choice, state: State, now: number): State['hold'] {
  if (choice === 'auto') return null;
  const route: Route = choice;
  return state.hold?.route === route ? state.hold : { route, since: new Date(now).toISOString() };
}

function heldText(choice: Choice, { desired }: Session): string {
  if (choice === 'auto') return `The route follows the YAML again: ${desired.provider.active}.\n`;
  return `The route ${choice} is held; codex-link use auto goes back to what the YAML says.\n`;
}
