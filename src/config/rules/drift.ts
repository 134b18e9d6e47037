import { parseCron } from '../../schedule/cron.ts';
import { anyOf, showText } from '../findings.ts';
import { nearest } from '../nearest.ts';
import type { Path } from '../tree.ts';
import type { Rule } from './rule.ts';

/** Kinds of resources; those with a name have an address like `accounts/EMAIL`. */
const addresses = [
  ...['ccs', 'routing', 'gateway', 'secret', 'helper', 'provider', 'dotenv', 'environment', 'schedule', 'verification', 'app'],
  ...['accounts', 'variants'],
];
const named = ['accounts', 'variants'];

const ignored: Path = ['drift', 'ignore'];

export const driftRules: readonly Rule[] = [
  {
    reads: ['accounts', 'variants'],
    check(_, world) {
      for (const item of world.items(ignored)) {
        const resource = item.text('resource') ?? '';
        const [kind, name] = splitAddress(resource);
        if (name === null || (kind !== 'accounts' && kind !== 'variants')) continue;
        const names = world.items([kind]).map((one) => one.text(kind === 'accounts' ? 'email' : 'name'));
        // One whose name is wrong or missing may be the one that is meant.
        if (!names.every((one) => one !== null) || names.includes(name)) continue;
        // An account that is not listed may still have a resource, so only what looks like a slip of the pen is refused.
        const near = nearest(name, names);
        if (near === null) continue;
        const message = `there is no resource ${showText(resource)}; did you mean ${kind}/${near}?`;
        world.report([...item.path, 'resource'], [], 'CL2092', message, `write \`resource: ${kind}/${near}\``);
      }
    },
  },
  {
    reads: [],
    check(_, world) {
      for (const item of world.items(ignored)) {
        const resource = item.text('resource');
        const problem = resource === null ? null : addressProblem(resource);
        if (problem !== null) world.report([...item.path, 'resource'], [], 'CL2092', problem.message, problem.fix);
        const until = item.text('until');
        if (until === null || isDay(until)) continue;
        const message = `${showText(until)} is no day of the calendar`;
        world.report([...item.path, 'until'], [], 'CL2090', message, 'write a day that exists, like 2027-01-31');
      }
    },
  },
  {
    reads: ['drift.schedule'],
    check({ drift }, world) {
      if (drift.schedule === null || !('cron' in drift.schedule)) return;
      const problem = parseCron(drift.schedule.cron);
      if (typeof problem !== 'string') return;
      const fix = 'correct the field, e.g. `cron: "0 * * * *"` for every hour';
      world.report(['drift', 'schedule', 'cron'], [], 'CL2091', problem, fix);
    },
  },
];

/** What is wrong with the address of a resource, whatever accounts and variants there are. */
function addressProblem(resource: string): { message: string; fix: string } | null {
  const [kind, name] = splitAddress(resource);
  if (addresses.includes(kind) && (name === null || (name !== '' && named.includes(kind)))) return null;
  const similar = name === null || named.includes(kind) ? nearest(kind, addresses) : kind;
  const hint = similar === null || similar === resource ? '' : `; did you mean ${similar}?`;
  return {
    message: `there is no resource ${showText(resource)}${hint}`,
    fix: similar === null ? `write one of: ${anyOf(addresses)}` : `write \`resource: ${similar}\``,
  };
}

function splitAddress(address: string): [string, string | null] {
  const slash = address.indexOf('/');
  return slash === -1 ? [address, null] : [address.slice(0, slash), address.slice(slash + 1)];
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}
