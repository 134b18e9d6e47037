/** Two independent parsers of property lists; plistutil is none, because it takes broken ones without a word. */
import { execa } from 'execa';
import { findCommand, missingPackages } from '../../../support/system.ts';

export const missingParsers = missingPackages(['xmllint', 'python3']);

const LOAD = 'import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';

/** What the property list says; throws with the parser's words when one of the two does not take it. */
export async function parsed(text: string): Promise<unknown> {
  await execa(findCommand('xmllint') ?? '', ['--noout', '--nonet', '-'], { input: text });
  const { stdout } = await execa(findCommand('python3') ?? '', ['-c', LOAD], { input: text });
  return JSON.parse(stdout);
}
