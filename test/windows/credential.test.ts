/** The program that reaches the Credential Manager, with the real one of Wine: the same table as its stand-in is held against. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CREDENTIAL_REFUSALS } from '../support/credential-refusals.ts';
import { missingForWine, NODE, NPM } from '../support/wine.ts';
import { Journey, NAME } from './journey.ts';

describe.skipIf(missingForWine().length > 0)('credential.js', () => {
  let journey: Journey;
  beforeAll(async () => {
    journey = await Journey.begin();
  });
  beforeEach(() => journey.reset());
  afterAll(() => journey?.end());

  const run = (args: string[], input?: string) =>
    journey.windows.run(
      NODE,
      [`${NPM}\\node_modules\\codex-link\\dist\\credential.js`, ...args],
      input === undefined ? {} : { input },
    );

  it('writes, reads in another process, replaces and removes', async () => {
    const value = 'test-"\\%PATH%\'$`&|<>^!';
    expect((await run(['check'])).code).toBe(0);
    expect((await journey.credential('read')).code).toBe(1);
    expect((await journey.credential('write', 'first')).code).toBe(0);
    expect(await journey.credential('write', value)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await journey.credential('read')).toEqual({ code: 0, stdout: value, stderr: '' });
    const registry = await journey.windows.run('reg', ['query', 'HKCU\\Software\\Wine\\Credential Manager', '/s']);
    // The name that the helper asks for.
    expect(registry.stdout).toMatch(new RegExp(`Generic: \\w+\\.${NAME}\\r?$`, 'm'));
    expect((await journey.credential('remove')).code).toBe(0);
    expect((await journey.credential('remove')).code).toBe(1);
  });

  it.each(CREDENTIAL_REFUSALS)('refuses %s', async (_what, args, input, code) => {
    expect((await run(args, input)).code).toBe(code);
    expect((await run(['read', 'S', 'a'])).code).toBe(1);
  });

  it('the longest value goes in', async () => {
    expect((await journey.credential('write', 'x'.repeat(1280))).code).toBe(0);
    expect((await journey.credential('read')).stdout).toBe('x'.repeat(1280));
  });
});
