import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import type { Secret } from '../../secret.ts';
import type { SecretItem } from '../platform.ts';

/**
 * `security -i` cuts a line after 4,095 bytes, runs the rest as the next command and prints it as unknown: a key would come to light.
 * Source: Apple's Security-61901, SecurityTool/macOS, readline.c and security.c.
 */
const MAX_LINE_BYTES = 4000;

/**
 * The line for `security -i` that stores the value. It is given in hex, which needs no quotes and cannot be mistaken for anything else.
 * Without `-T` a new item trusts the program that makes it, which is the one that the helper reads it with; an update with `-T` would ask
 * the person (keychain_add.c).
 * @param update the item exists; `-U` for one that does not would say twice what went wrong
 */
export function addLine(item: SecretItem, secret: Secret, update: boolean): string {
  const value = Buffer.from(secret.reveal()).toString('hex');
  const words = ['add-generic-password', '-a', quoted(item.account), '-s', quoted(item.service), '-X', value];
  const line = `${[...words, ...(update ? ['-U'] : [])].join(' ')}\n`;
  if (Buffer.byteLength(line) > MAX_LINE_BYTES)
    throw unfit('the token and the names of its item are too long for one line of security -i');
  return line;
}

/** A word in double quotes; a backslash keeps its meaning there (split_line in security.c). */
function quoted(text: string): string {
  if (/[\x00-\x1f\x7f]/.test(text)) throw unfit('secret.service and secret.account must not hold control characters');
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

function unfit(why: string): CodexLinkError {
  return new CodexLinkError(finding('CL3036', why));
}
