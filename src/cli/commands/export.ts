import { resolve } from 'node:path';
import { nearest } from '../../config/nearest.ts';
import { LAYERS, managedSettings } from '../../export/managed-settings.ts';
import { mobileconfig } from '../../export/mobileconfig.ts';
import { findingsText } from '../../report/findings-text.ts';
import { head } from '../../report/json.ts';
import { usage } from '../arguments.ts';
import { printJson } from '../console.ts';
import type { FlagName } from '../flags.ts';
import type { Command } from '../main.ts';
import { openDesired, openMachine } from '../session.ts';

const FORMATS = ['mobileconfig'] as const;

/** Makes a configuration profile for Macs from the YAML alone; this machine is not looked at, and may be another system. */
export const exportSettings: Command = async ({ flags }, console) => {
  if (flags.format === undefined) throw usage('export needs --format mobileconfig', 'export');
  const format = chosen('format', flags.format, FORMATS);
  const layer = chosen('layer', flags.layer ?? 'config', LAYERS);
  // Overrides of the YAML and what is automatic are those of a Mac, whatever --os says: no other system has such profiles.
  const { machine, readOnly } = openMachine({ ...flags, os: 'darwin' });
  const desired = await openDesired(readOnly, flags);
  const { settings, findings } = managedSettings(desired, machine.facts.home, layer);
  const { active, name } = desired.provider;
  const profile = mobileconfig(settings, active === 'openai' ? 'OpenAI' : name);
  const file = flags.out === undefined ? null : resolve(machine.facts.cwd, String(flags.out));
  if (file !== null) await machine.write(file, new TextEncoder().encode(profile), { mode: 0o644 });
  if (console.json) {
    printJson(console, { ...head('export'), format, layer, file, profile, settings, findings });
    return 0;
  }
  if (!console.quiet) console.err(findingsText(findings, console.paintError));
  console.out(file === null ? profile : `The profile is in ${file}\n`);
  return 0;
};

function chosen<const T extends string>(flag: FlagName, asked: unknown, legal: readonly T[]): T {
  const found = legal.find((one) => one === asked);
  if (found !== undefined) return found;
  const near = nearest(String(asked), legal);
  const hint = near === null ? '' : `, did you mean ${near}?`;
  throw usage(`--${flag} takes ${legal.join(', ')}, not ${JSON.stringify(asked)}${hint}`, 'export');
}
