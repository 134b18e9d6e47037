import { describe, expect, test } from 'vitest';
import { loadDesired } from '../../src/config/load.ts';
import { matchesGlob } from '../../src/config/overrides.ts';
import { load, mainFile, readOnlyMachine } from './support.ts';

const home = '/home/me';

describe('extends', () => {
  test('the extending file wins; maps merge, other lists are replaced', async () => {
    const desired = await load('version: 1\nextends: team.yaml\nprovider: { model: mine }\nverify: { allowWarnings: [c] }\n', {
      files: {
        [`${home}/team.yaml`]:
          'version: 1\nprovider: { model: team, contextWindow: 5 }\nverify: { doctor: full, allowWarnings: [a, b] }\n',
      },
    });
    expect(desired.provider).toMatchObject({ model: 'mine', contextWindow: 5 });
    expect(desired.verify).toEqual({ doctor: 'full', allowWarnings: ['c'] });
    expect(desired.sources).toEqual([mainFile, `${home}/team.yaml`]);
  });

  test('accounts merge by email, whatever its case', async () => {
    const desired = await load('version: 1\nextends: team.yaml\naccounts: [{ email: B@x.y, paused: true }, { email: c@x.y }]\n', {
      files: { [`${home}/team.yaml`]: 'accounts: [{ email: a@x.y, default: true }, { email: b@x.y, nickname: bee }]\n' },
    });
    expect(desired.accounts).toEqual([
      { email: 'a@x.y', nickname: null, default: true, paused: false },
      { email: 'B@x.y', nickname: 'bee', default: false, paused: true },
      { email: 'c@x.y', nickname: null, default: false, paused: false },
    ]);
  });

  test('the default account moves when the one below is told so', async () => {
    const files = { [`${home}/team.yaml`]: 'accounts: [{ email: a@x.y, default: true }]\n' };
    const desired = await load(
      'version: 1\nextends: team.yaml\naccounts: [{ email: a@x.y, default: false }, { email: b@x.y, default: true }]\n',
      { files },
    );
    expect(desired.accounts?.map((one) => one.default)).toEqual([false, true]);
  });

  test('of several files a later one wins, and each is read once', async () => {
    const machine = readOnlyMachine({
      [mainFile]: 'version: 1\nextends: [a.yaml, b.yaml]\n',
      [`${home}/a.yaml`]: 'extends: base.yaml\nprovider: { name: a, model: a }\n',
      [`${home}/b.yaml`]: 'extends: base.yaml\nprovider: { name: b }\n',
      [`${home}/base.yaml`]: 'provider: { id: base, name: base }\n',
    });
    const read: string[] = [];
    const counting = {
      ...machine,
      read: (path: string) => {
        read.push(path);
        return machine.read(path);
      },
    };
    const desired = await loadDesired(counting);
    expect(desired.provider).toMatchObject({ id: 'base', name: 'b', model: 'a' });
    expect(read).toEqual([...new Set(read)]);
    expect(desired.sources).toHaveLength(4);
  });

  test.each([
    ['secret: { source: { env: A } }', 'secret: { source: { file: /k } }', { secret: { source: { kind: 'file', path: '/k' } } }],
    [
      'drift: { schedule: { every: 1h } }',
      'drift: { schedule: { cron: "0 * * * *" } }',
      { drift: { schedule: { cron: '0 * * * *' } } },
    ],
    ['drift: { schedule: { every: 1h } }', 'drift: { schedule: off }', { drift: { schedule: null } }],
  ])('alternatives replace each other: %s, then %s', async (below, above, expected) => {
    const files = { [`${home}/team.yaml`]: `${below}\n` };
    expect(await load(`version: 1\nextends: team.yaml\n${above}\n`, { files })).toMatchObject(expected);
  });

  test('a name may use ~ and references', async () => {
    const files = { '/home/me/t/a.yaml': 'provider: { name: a }\n', '/home/me/t/b.yaml': 'provider: { model: b }\n' };
    const desired = await load('version: 1\nextends: [~/t/a.yaml, "${home}/t/b.yaml"]\n', { files });
    expect(desired.provider).toMatchObject({ name: 'a', model: 'b' });
  });
});

describe('overrides', () => {
  const when = (conditions: string) => `version: 1\noverrides: [{ when: ${conditions}, set: { provider: { name: set } } }]\n`;
  const applies = async (conditions: string, facts: object) => (await load(when(conditions), { facts })).provider.name === 'set';

  test.each([
    ['{ os: macos }', { os: 'darwin' }, true],
    ['{ os: darwin }', { os: 'darwin' }, true],
    ['{ os: windows }', { os: 'win32' }, true],
    ['{ os: linux }', { os: 'darwin' }, false],
    ['{ host: "build-*" }', { host: 'build-01' }, true],
    ['{ host: "build-*" }', { host: 'rebuild-01' }, false],
    ['{ host: build-01 }', { host: 'Build-01.example.com' }, true],
    ['{ host: "*.example.com" }', { host: 'build-01.example.com' }, true],
    ['{ user: c? }', { user: 'ci' }, true],
    ['{ user: C? }', { user: 'ci' }, false],
    ['{ user: "${env:WHO}" }', { user: 'ci', env: { WHO: 'ci' } }, true],
    ['{ os: linux, host: "b*", user: ci }', { os: 'linux', host: 'b', user: 'ci' }, true],
    ['{ os: linux, host: "b*", user: ci }', { os: 'linux', host: 'b', user: 'me' }, false],
  ])('%s on %o: %s', async (conditions, facts, expected) => {
    expect(await applies(conditions, facts)).toBe(expected);
  });

  test('are applied in order, after all layers', async () => {
    const desired = await load(
      'version: 1\nextends: team.yaml\napp: { restart: on-change }\noverrides:\n  - { when: { os: linux }, set: { provider: { name: one, model: one } } }\n  - { when: { user: me }, set: { provider: { name: two }, app: { restart: never } } }\n',
      {
        files: {
          [`${home}/team.yaml`]:
            'provider: { name: team }\noverrides: [{ when: { os: linux }, set: { provider: { id: gone } } }]\n',
        },
      },
    );
    expect(desired.provider).toMatchObject({ name: 'two', model: 'one', id: 'cliproxy' });
    expect(desired.app.restart).toBe('never');
  });

  test('of the file below hold where the file above has none', async () => {
    const files = { [`${home}/team.yaml`]: 'overrides: [{ when: { os: linux }, set: { provider: { name: set } } }]\n' };
    expect((await load('version: 1\nextends: team.yaml\nprovider: { name: mine }\n', { files })).provider.name).toBe('set');
  });

  test('a variable need not be set where the override does not apply', async () => {
    const yaml =
      'version: 1\noverrides: [{ when: { user: ci }, set: { secret: { account: "${env:CI_USER}", store: "${env:CI_STORE}" } } }]\n';
    expect((await load(yaml)).secret.account).toBe('me');
    await expect(load(yaml, { facts: { user: 'ci' } })).rejects.toThrow(/CI_USER.*\n.*CI_STORE/);
  });

  test('what makes no sense on another OS only is no error here', async () => {
    await expect(
      load('version: 1\noverrides: [{ when: { os: macos }, set: { secret: { store: keychain } } }]\n'),
    ).resolves.toBeDefined();
  });
});

describe('globs', () => {
  test.each([
    ['*', '', true],
    ['a*b*c', 'aXbXbc', true],
    ['a*b*c', 'aXbXbd', false],
    ['?', '', false],
    ['[a]', 'a', false],
    ['a.b', 'aXb', false],
  ])('%s on %s: %s', (glob, text, expected) => {
    expect(matchesGlob(glob, text)).toBe(expected);
  });

  test('many stars are no trouble', () => {
    expect(matchesGlob(`${'*a'.repeat(200)}b`, 'a'.repeat(5000))).toBe(false);
  });
});
