/** The scripts of `codex-link completion`, asked for completions in real shells. That of PowerShell is only looked at. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/command-table.ts';
import { COMMON, FLAGS } from '../../src/cli/flags.ts';
import { CODES } from '../../src/diagnostics/diagnostics.ts';
import { ADDRESSES } from '../../src/resources/addresses.ts';
import { codexLink } from '../support/cli.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { bashOffers, fishOffers, type Offers, typedInBash, zshOffers } from '../support/shells.ts';
import { findCommand } from '../support/system.ts';

const SHELLS = { bash: bashOffers, zsh: zshOffers, fish: fishOffers } as const;
type Shell = keyof typeof SHELLS;

let home: FreshHome;
beforeAll(() => {
  home = freshHome();
  writeFileSync(join(home.work, 'a saved plan'), '');
});
afterAll(() => home.dispose());

async function script(shell: string): Promise<string> {
  const { stdout, code, stderr } = await codexLink(home, ['completion', shell]);
  expect([code, stderr]).toEqual([0, '']);
  return home.write(`completion.${shell}`, `${stdout}\n`);
}

const commands = Object.keys(COMMANDS).sort();
const kinds = Object.keys(ADDRESSES).sort();

/** What is typed, and all that has to be offered. */
const LINES: readonly [line: string, offered: readonly string[]][] = [
  ['codex-link ', commands],
  ['codex-link ver', ['verify']],
  ['codex-link --json pl', ['plan']],
  ['codex-link --file plan ', commands],
  ['codex-link use ', ['auto', 'cliproxy', 'openai']],
  ['codex-link use --yes --file x c', ['cliproxy']],
  ['codex-link use auto ', []],
  ['codex-link history s', ['show']],
  ['codex-link completion ', ['bash', 'fish', 'pwsh', 'zsh']],
  ['codex-link graph --format ', ['dot', 'mermaid']],
  ['codex-link graph --format d', ['dot']],
  ['codex-link validate --format ', ['sarif']],
  ['codex-link plan --os ', ['darwin', 'linux', 'win32']],
  ['codex-link plan --target ', kinds],
  ['codex-link --target sch', ['schedule']],
  ['codex-link verify --yes -f x --exclude acc', ['accounts']],
  ['codex-link schema --os w', ['win32']],
  ['codex-link export --layer re', ['requirements']],
  ['codex-link schedule --yes st', ['status']],
  ['codex-link fleet r', ['report']],
  ['codex-link plan --target gateway --exclude r', ['routing']],
  ['codex-link explain CL307', Object.keys(CODES).filter((code) => code.startsWith('CL307'))],
  ['codex-link explain gateway', ['gateway', 'gateway-key']],
  ['codex-link plan ', []],
  ['codex-link nothing ', []],
];

describe.each(Object.keys(SHELLS) as Shell[])('%s', (shell) => {
  const here = findCommand(shell) !== null;
  if (!here) console.warn(`nothing was proven about completion in ${shell}: it is not here`);
  let offers: Offers;
  beforeAll(async () => {
    if (here) offers = SHELLS[shell](home, await script(shell));
  });

  it.skipIf(!here).each(LINES)('%s', async (line, offered) => {
    // zsh offers flags where there is nothing else.
    const found = (await offers(line)).filter((one) => !one.startsWith('-'));
    expect(found.sort()).toEqual([...offered].sort());
  });

  it.skipIf(!here)('flags of the command, and of no other', async () => {
    for (const [name, { flags }] of Object.entries(COMMANDS)) {
      const found = (await offers(`codex-link ${name} --`))
        .map((one) => one.replace(/=$/, ''))
        .filter((one) => one.startsWith('--'));
      expect([name, found.sort()]).toEqual([name, [...flags, ...COMMON].map((flag) => `--${flag}`).sort()]);
    }
  });

  it.skipIf(!here)('a saved plan is a file', async () => {
    expect(JSON.stringify(await offers('codex-link apply a'))).toMatch(/a(\\\\)? saved/);
  });

  it.skipIf(!here)('after an equals sign', async () => {
    const found = (await offers('codex-link graph --format=d')).map((one) => one.replace('--format=', ''));
    expect(found).toEqual(['dot']);
  });
});

it.skipIf(findCommand('bash') === null || findCommand('script') === null)('bash, with real keys', async () => {
  const path = await script('bash');
  expect(await typedInBash(home, path, 'codex-link comp')).toBe('completion');
  expect(await typedInBash(home, path, 'codex-link graph --format=mer')).toBe('graph --format=mermaid');
  expect(await typedInBash(home, path, 'codex-link apply a')).toBe('apply a saved plan');
});

it('the script for PowerShell knows every command and flag', async () => {
  const { stdout } = await codexLink(home, ['completion', 'pwsh']);
  for (const name of commands) expect(stdout).toContain(`    '${name}' = @(`);
  for (const flag of Object.keys(FLAGS)) expect(stdout).toContain(`'--${flag}'`);
  // Every quote is closed: PowerShell doubles one inside.
  for (const line of stdout.split('\n').filter((one) => !one.includes('#'))) expect(line.split("'").length % 2).toBe(1);
});

it('another shell is refused with those that there are', async () => {
  const { code, stderr } = await codexLink(home, ['completion', 'bsh']);
  expect(code).toBe(64);
  expect(stderr).toContain('completion takes bash, zsh, fish, pwsh, not "bsh", did you mean bash?');
});
