import { head } from '../../report/json.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openDesired, openMachine } from '../session.ts';

/** Checks the YAML alone; the machine is not looked at. Errors come as with every command that reads the YAML. */
export const validate: Command = async ({ flags }, console) => {
  const desired = await openDesired(openMachine(flags).readOnly, flags);
  if (console.json)
    printJson(console, { ...head('validate'), valid: true, file: desired.file, sources: desired.sources, findings: [] });
  else {
    console.out(`${console.paint('green', 'Valid')}: ${desired.sources.join(', ')}\n`);
  }
  return 0;
};
