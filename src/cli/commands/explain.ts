import { nearest } from '../../config/nearest.ts';
import { CODES, type CodeEntry, CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { head } from '../../report/json.ts';
import { ADDRESSES } from '../../resources/addresses.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';

/** Explains a code or a kind of resource; without either it lists them. */
export const explain: Command = async ({ operands }, console) => {
  const [asked] = operands;
  if (asked === undefined) {
    if (console.json) printJson(console, { ...head('explain'), codes: CODES, addresses: ADDRESSES });
    else console.out(list());
    return 0;
  }
  const code = asked.toUpperCase();
  const entry: CodeEntry | undefined = Object.hasOwn(CODES, code) ? CODES[code as keyof typeof CODES] : undefined;
  const kind = asked.split('/')[0] ?? asked;
  const address = Object.hasOwn(ADDRESSES, kind) ? ADDRESSES[kind as keyof typeof ADDRESSES] : undefined;
  if (entry !== undefined) {
    if (console.json) printJson(console, { ...head('explain'), code, ...entry });
    else console.out(`${code} (${entry.severity}): ${entry.summary}\n\n${entry.explanation}\n\nNext: ${entry.fix}\n`);
    return 0;
  }
  if (address !== undefined) {
    if (console.json) printJson(console, { ...head('explain'), address: kind, ...address });
    else
      console.out(
        `${kind}: ${address.summary}\n\nRead from: ${address.readFrom}\nConverged by: ${address.convergedBy}\nManaged by: ${managedBy(address.managedBy)}\n`,
      );
    return 0;
  }
  const near = nearest(asked, [...Object.keys(CODES), ...Object.keys(ADDRESSES)]);
  throw new CodexLinkError(
    finding(
      'CL0015',
      `there is nothing to explain about ${JSON.stringify(asked)}${near === null ? '' : `, did you mean ${near}?`}`,
    ),
  );
};

function managedBy(key: string | null): string {
  return key === null ? 'codex-link rotate alone' : `${key}, in codex-link.yaml`;
}

function list(): string {
  const codes = Object.entries(CODES).map(([code, entry]) => `  ${code}  ${entry.summary}`);
  const addresses = Object.entries(ADDRESSES).map(([address, { summary }]) => `  ${address.padEnd(13)} ${summary}`);
  return `Resources:\n${addresses.join('\n')}\n\nCodes:\n${codes.join('\n')}\n`;
}
