/** What the program of the Credential Manager refuses, and its stand-in has to: what it is, arguments, input, exit code. */
export const CREDENTIAL_REFUSALS: readonly (readonly [string, string[], string | undefined, number])[] = [
  ['no word', [], undefined, 64],
  ['an unknown word', ['list'], undefined, 64],
  ['no account', ['read', 'S'], undefined, 64],
  ['a value in argv', ['write', 'S', 'a', 'value'], '', 64],
  ['1,281 characters', ['write', 'S', 'a'], 'x'.repeat(1281), 2],
  ['two lines', ['write', 'S', 'a'], 'x\ny', 2],
  ['what is not ASCII', ['write', 'S', 'a'], 'ü', 2],
  ['nothing', ['write', 'S', 'a'], '', 2],
];
