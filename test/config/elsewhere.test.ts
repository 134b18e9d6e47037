import { describe, expect, test } from 'vitest';
import { findingsOf, load, marked } from './support.ts';

/** On a Linux machine `testhost` of the user `me`. */
async function told(yaml: string): Promise<readonly string[]> {
  return (await findingsOf(load(`version: 1\n${yaml}\n`))).map(({ line, column, code }) => `${line}:${column} ${code}`);
}

describe('an override of other machines that makes no sense there', () => {
  test.each([
    ['a store of another system', 'overrides: [{ when: { os: macos }, set: { secret: { store: ‸secret-service } } }]', 'CL2082'],
    [
      'Plugins with the helper',
      'overrides: [{ when: { os: macos }, set: { provider: { keepChatgptFeatures: ‸true } } }]',
      'CL2071',
    ],
    [
      'a helper beside Plugins of the file itself',
      'provider: { auth: dotenv, keepChatgptFeatures: true }\noverrides: [{ when: { os: macos }, set: { provider: { auth: ‸helper } } }]',
      'CL2071',
    ],
    ['a portable helper on Windows', 'overrides: [{ when: { os: windows }, set: { provider: { portable: ‸true } } }]', 'CL2072'],
    [
      'env_key beside portable',
      'provider: { portable: true }\noverrides: [{ when: { host: other }, set: { provider: { auth: ‸env } } }]',
      'CL2072',
    ],
    [
      'a gateway of somebody else',
      'secret: { source: ccs }\noverrides: [{ when: { user: ci }, set: { gateway: { manager: ‸none } } }]',
      'CL2080',
    ],
    ['plain http', 'overrides: [{ when: { host: other }, set: { gateway: { url: ‸http://10.0.0.5 } } }]', 'CL2061'],
    ['an id of Codex', 'overrides: [{ when: { os: windows }, set: { provider: { id: ‸openai } } }]', 'CL2070'],
    ['a name that is no variable', 'overrides: [{ when: { os: windows }, set: { secret: { service: ‸my-key } } }]', 'CL2081'],
    [
      'a second default',
      'accounts: [{ email: a@b.c, default: true }]\noverrides: [{ when: { host: other }, set: { accounts: [{ email: d@e.f, default: ‸true }] } }]',
      'CL2050',
    ],
    [
      'a default before the one of the file',
      'accounts: [{ email: a@b.c }, { email: d@e.f, default: true }]\noverrides: [{ when: { host: other }, set: { accounts: [{ email: a@b.c, default: ‸true }] } }]',
      'CL2050',
    ],
    [
      'a setting that Codex does not know',
      'overrides: [{ when: { os: macos }, set: { provider: { settings: { ‸colour: red } } } }]',
      'CL2074',
    ],
    ['a cron field', 'overrides: [{ when: { os: macos }, set: { drift: { schedule: { cron: ‸"61 * * * *" } } } }]', 'CL2091'],
    [
      'a store that no system has together',
      'overrides: [{ when: { host: other }, set: { drift: { ignore: [{ resource: ‸nope }] } } }]',
      'CL2092',
    ],
    [
      'what another one of the same system makes wrong',
      'overrides:\n  - { when: { os: macos }, set: { provider: { auth: helper } } }\n  - { when: { os: darwin, host: x }, set: { provider: { keepChatgptFeatures: ‸true } } }',
      'CL2071',
    ],
    ['in the file that is extended', 'extends: team.yaml', 'CL2082'],
  ])('%s', async (name, yaml, code) => {
    const { text, line, column } = marked(`version: 1\n${yaml}\n`);
    if (name !== 'in the file that is extended')
      return expect(await told(text.slice('version: 1\n'.length, -1))).toEqual([`${line}:${column} ${code}`]);
    const files = { '/home/me/team.yaml': 'overrides:\n  - when: { os: windows }\n    set: { secret: { store: pass } }\n' };
    expect(await findingsOf(load(text, { files }))).toMatchObject([{ code, file: '/home/me/team.yaml', line: 3, column: 29 }]);
  });

  test('is told with its path in the file', async () => {
    const [finding] = await findingsOf(
      load('version: 1\noverrides: [{ when: { os: macos }, set: { secret: { store: secret-service } } }]\n'),
    );
    expect(finding!.message).toBe(
      'overrides[0].set.secret.store: there is no secret-service on macOS; auto, keychain, pass or file exist there',
    );
  });

  test('is told once, although it is wrong on several systems', async () => {
    expect(await told('overrides: [{ when: { user: ci }, set: { provider: { id: ollama } } }]')).toHaveLength(1);
  });
});

describe('an override that is right for its machines is silent here', () => {
  test.each([
    ['its own store', 'overrides: [{ when: { os: macos }, set: { secret: { store: keychain } } }]'],
    [
      'a store of some system, where none is named',
      'overrides: [{ when: { host: mac-1 }, set: { secret: { store: keychain } } }]',
    ],
    ['Plugins on Windows', 'overrides: [{ when: { os: windows }, set: { provider: { keepChatgptFeatures: true } } }]'],
    [
      'Plugins, where the system is not named',
      'overrides: [{ when: { host: pc-1 }, set: { provider: { keepChatgptFeatures: true } } }]',
    ],
    [
      'Plugins with what they need',
      'overrides: [{ when: { os: macos }, set: { provider: { auth: dotenv, keepChatgptFeatures: true } } }]',
    ],
    [
      'what another one of the same system makes right',
      'overrides:\n  - { when: { os: macos }, set: { provider: { auth: dotenv } } }\n  - { when: { os: macos, user: ci }, set: { provider: { keepChatgptFeatures: true } } }',
    ],
    [
      'what another one may make right',
      'overrides:\n  - { when: { user: "c*" }, set: { provider: { auth: dotenv } } }\n  - { when: { os: macos, host: x }, set: { provider: { keepChatgptFeatures: true } } }',
    ],
    [
      'a helper in a home of another kind',
      'overrides: [{ when: { os: macos }, set: { provider: { portable: true }, helper: { path: /Users/me/.codex/bin/x } } }]',
    ],
    ['a value of that machine', 'overrides: [{ when: { os: windows }, set: { secret: { service: "${host}-key" } } }]'],
    [
      'a value that this machine has',
      'secret: { service: "${host}-key" }\noverrides: [{ when: { os: windows }, set: { provider: { auth: env } } }]',
    ],
    ['a variable that is not set here', 'overrides: [{ when: { os: macos }, set: { gateway: { url: "${env:GATEWAY}" } } }]'],
    [
      'one default that replaces the other',
      'accounts: [{ email: a@b.c, default: true }]\noverrides: [{ when: { host: o }, set: { accounts: [{ email: a@b.c, default: false }, { email: d@e.f, default: true }] } }]',
    ],
    ['a list taken out', 'accounts: [{ email: a@b.c, default: true }]\noverrides: [{ when: { host: o }, set: { accounts: ~ } }]'],
    ['nothing at all', 'overrides: [{ when: { host: o }, set: {} }]'],
    [
      'what the file itself would have wrong there',
      'provider: { portable: true }\noverrides: [{ when: { os: windows }, set: { app: { restart: never } } }]',
    ],
  ])('%s', async (_, yaml) => {
    expect(await told(yaml)).toEqual([]);
  });
});

test('a wrong value in an override hides nothing else in it', async () => {
  const yaml =
    'overrides: [{ when: { os: macos }, set: { secret: { store: secret-service }, provider: { id: openai, auth: helpr } } }]';
  expect((await told(yaml)).map((one) => one.split(' ')[1])).toEqual(['CL2082', 'CL2070', 'CL2023']);
});

test('what is wrong in a list is told by its own index, whatever is wrong before it', async () => {
  const findings = await findingsOf(
    load(
      'version: 1\nextends: team.yaml\naccounts:\n  - { nickname: x }\n  - { email: b@x.y, default: true }\n  - { email: c@x.y, default: true }\nvariants:\n  - { name: 9, model: m }\n  - { name: v, model: m }\n  - { name: v, model: m }\n',
      { files: { '/home/me/team.yaml': 'accounts: [{ email: t@x.y }, { email: u@x.y }]\n' } },
    ),
  );
  expect(findings.map(({ message }) => message)).toEqual([
    'accounts[0]: `email` is missing',
    'accounts[2].default: c@x.y and b@x.y are both the default; at most one account can be',
    'variants[0].name: 9 is a number, and text is expected',
    'variants[2].name: "v" is listed already, as variants[1]',
  ]);
});

test('an account without email counts as a default, under its place in the file', async () => {
  const findings = await findingsOf(load('version: 1\naccounts: [{ default: true }, { email: b@x.y, default: true }]\n'));
  expect(findings.map(({ code, message }) => `${code} ${message}`)).toEqual([
    'CL2024 accounts[0]: `email` is missing',
    'CL2050 accounts[1].default: b@x.y and accounts[0] are both the default; at most one account can be',
  ]);
});

test('a file that is not there hides nothing of what the file itself says', async () => {
  const yaml =
    'version: 1\nextends: nowhere.yaml\naccounts: [{ email: a@x.y, default: true }, { email: b@x.y, default: true }]\nprovider: { id: openai, keepChatgptFeatures: true }\n';
  // Whether auth is dotenv may stand in the file that is missing.
  expect((await findingsOf(load(yaml))).map((one) => one.code)).toEqual(['CL2030', 'CL2050', 'CL2070']);
});
