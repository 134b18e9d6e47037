import { Ccs } from '../ccs/ccs.ts';
import { type Finding, finding } from '../diagnostics/diagnostics.ts';
import type { CodexLinkYaml } from '../generated/yaml-types.ts';
import type { Machine } from '../machine/machine.ts';
import { readState } from '../planner/state.ts';
import type { Platform } from '../platform/platform.ts';
import { foundAccounts, foundGateway, foundRouting, foundVariants } from './ccs.ts';
import { foundProvider } from './provider.ts';
import { foundSecret } from './secret.ts';

/** What a machine has, as codex-link.yaml would state it. No secret is in it. */
export interface Survey {
  /** Only what differs from the defaults, or is not managed without being named. */
  readonly document: CodexLinkYaml;
  readonly findings: readonly Finding[];
}

/** Notes what was found and not taken over. */
export type Leave = (what: string, resource?: string) => void;

/** Looks at the whole machine, and changes nothing. Throws what could not be read: half a file would be worse than none. */
export async function survey(machine: Machine, platform: Platform): Promise<Survey> {
  const findings: Finding[] = [];
  const leave: Leave = (what, resource) => findings.push(finding('CL0032', what, { resource: resource ?? null }));
  const ccs = new Ccs();
  const [state, config, program] = await Promise.all([readState(machine), ccs.config(machine), ccs.program(machine)]);
  const { provider, helper, address, envKey } = await foundProvider(machine, platform, { config, state }, leave);
  const present = program !== null || config.present;
  const gateway = foundGateway({ config, present, file: await ccs.gatewayConfig(machine), address });
  const manager = gateway?.manager ?? 'ccs';
  const managed = present && manager === 'ccs';
  const [accounts, variants, secret] = await Promise.all([
    present ? foundAccounts(await ccs.pool(machine), leave) : undefined,
    managed ? foundVariants(machine, config, leave) : undefined,
    foundSecret(machine, platform, { state, service: envKey, manager, key: config.key }, leave),
  ]);
  const routing = managed && config.present ? foundRouting(config, await ccs.gatewayConfig(machine), leave) : undefined;
  const sections = {
    ccs: managed && program !== null ? ({ ensure: 'present' } as const) : undefined,
    accounts,
    routing,
    gateway,
    variants,
    provider,
    secret,
    helper,
  };
  const document = Object.fromEntries(Object.entries(sections).filter(([, section]) => !isEmpty(section)));
  return { document: { version: 1, ...document }, findings };
}

function isEmpty(section: object | undefined): boolean {
  return section === undefined || Object.keys(section).length === 0;
}
