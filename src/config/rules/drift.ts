import { parseCron } from '../../schedule/cron.ts';
import { anyOf, showText } from '../findings.ts';
import { nearest } from '../nearest.ts';
import type { Rule } from './rule.ts';

/** Kinds of resources; those with a name have an address like `accounts/EMAIL`. */
const addresses = [
  ...['ccs', 'routing', 'gateway', 'secret', 'helper', 'provider', 'dotenv', 'environment', 'schedule', 'verification', 'app'],
  ...['accounts', 'variants'],
];
const named = ['accounts', 'variants'];

export const driftRules: readonly Rule[] = [
  {
    reads: ['drift.ignore', 'accounts', 'variants'],
    check({ drift, accounts, variants }, world) {
      const names = { accounts: accounts?.map((one) => one.email) ?? [], variants: variants?.map((one) => one.name) ?? [] };
      for (const [index, { resource }] of drift.ignore.entries()) {
        const [kind, name] = splitAddress(resource);
        if (name === null || (kind !== 'accounts' && kind !== 'variants') || names[kind].includes(name)) continue;
        // An account that is not listed may still have a resource, so only what looks like a slip of the pen is refused.
        const near = nearest(name, names[kind]);
        if (near === null) continue;
        const message = `drift.ignore[${index}].resource: there is no resource ${showText(resource)}; did you mean ${kind}/${near}?`;
        world.report(['drift', 'ignore', index, 'resource'], 'CL2092', message, `write \`resource: ${kind}/${near}\``);
      }
    },
  },
  {
    reads: ['drift.ignore'],
    check({ drift }, world) {
      for (const [index, { resource, until }] of drift.ignore.entries()) {
        const at = ['drift', 'ignore', index];
        const [kind, name] = splitAddress(resource);
        if (!addresses.includes(kind) || (name !== null && (name === '' || !named.includes(kind)))) {
          const similar = name === null || named.includes(kind) ? nearest(kind, addresses) : kind;
          const hint = similar === null || similar === resource ? '' : `; did you mean ${similar}?`;
          const message = `drift.ignore[${index}].resource: there is no resource ${showText(resource)}${hint}`;
          const fix = similar === null ? `write one of: ${anyOf(addresses)}` : `write \`resource: ${similar}\``;
          world.report([...at, 'resource'], 'CL2092', message, fix);
        }
        if (until !== null && !isDay(until)) {
          const message = `drift.ignore[${index}].until: ${showText(until)} is no day of the calendar`;
          world.report([...at, 'until'], 'CL2090', message, 'write a day that exists, like 2027-01-31');
        }
      }
    },
  },
  {
    reads: ['drift.schedule'],
    check({ drift }, world) {
      if (drift.schedule === null || !('cron' in drift.schedule)) return;
      const problem = parseCron(drift.schedule.cron);
      if (typeof problem !== 'string') return;
      const message = `drift.schedule.cron: ${problem}`;
      world.report(
        ['drift', 'schedule', 'cron'],
        'CL2091',
        message,
        'correct the field, e.g. `cron: "0 * * * *"` for every hour',
      );
    },
  },
];

function splitAddress(address: string): [string, string | null] {
  const slash = address.indexOf('/');
  return slash === -1 ? [address, null] : [address.slice(0, slash), address.slice(slash + 1)];
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}
