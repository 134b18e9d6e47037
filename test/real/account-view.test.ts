/** The pool as codex-link reads it, held against what CCS's own modules make of the same files. */
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readPool } from '../../src/ccs/pool.ts';
import { realMachine } from '../core/support/real.ts';
import { AT, entryOf, madeUpToken, putRegistry, registryOf } from '../support/ccs-accounts.ts';
import { ccsAccounts } from '../support/ccs-view.ts';
import { type FreshHome, freshHome } from '../support/fresh-home.ts';
import { ccsPath } from '../support/programs.ts';

let home: FreshHome;
beforeEach(() => {
  home = freshHome();
});
afterEach(() => home.dispose());

const token = madeUpToken;
const entry = entryOf;
const put = (place: 'auth' | 'auth-paused', name: string, content: string) =>
  home.write(`.ccs/cliproxy/${place}/${name}`, content, 0o600);
const register = (...registry: Parameters<typeof registryOf>) => putRegistry(home, registryOf(...registry));

const ANN = 'ann@example.com';
const BOB = 'bob@example.com';

const CASES: readonly [string, () => void][] = [
  ['nothing at all', () => {}],
  [
    'a fresh registry',
    () => {
      put('auth', `codex-${ANN}.json`, token(ANN));
      put('auth', `codex-${BOB}.json`, token(BOB));
      register(BOB, { [ANN]: entry(ANN, `codex-${ANN}.json`), [BOB]: entry(BOB, `codex-${BOB}.json`) });
    },
  ],
  [
    'no registry',
    () => {
      put('auth', `codex-${BOB}.json`, token(BOB));
      put('auth', `codex-${ANN}.json`, token(ANN));
      put('auth-paused', 'codex-carol@example.com.json', token('carol@example.com'));
    },
  ],
  [
    'a corrupt registry, with paused twins',
    () => {
      put('auth', `codex-11111111-${ANN}-team.json`, token(ANN));
      put('auth-paused', `codex-${ANN}-plus.json`, token(ANN));
      put('auth-paused', `codex-${BOB}.json`, token(BOB));
      home.write('.ccs/cliproxy/accounts.json', '{"version": 1,', 0o600);
    },
  ],
  [
    'a registry that is a list',
    () => {
      put('auth', `codex-${ANN}.json`, token(ANN));
      home.write('.ccs/cliproxy/accounts.json', '[]', 0o600);
    },
  ],
  [
    'stale entries, the default among them',
    () => {
      put('auth', `codex-${ANN}.json`, token(ANN));
      put('auth', 'codex-dave@example.com.json', token('dave@example.com'));
      register(BOB, {
        [BOB]: entry(BOB, `codex-${BOB}.json`),
        [ANN]: entry(ANN, `codex-${ANN}.json`),
        'gone@example.com': entry('gone@example.com', 'codex-gone@example.com.json', { paused: true }),
      });
    },
  ],
  [
    'only stale entries',
    () => {
      register(BOB, { [BOB]: entry(BOB, `codex-${BOB}.json`) });
    },
  ],
  [
    'twins with variants, both active, under their old id',
    () => {
      put('auth', `codex-a1b2c3d4-${ANN}-team.json`, token(ANN));
      put('auth', `codex-${ANN}.json`, token(ANN.toUpperCase()));
      put('auth', `codex-${ANN}-plus.json`, token(ANN));
      register(ANN, { [ANN]: entry(ANN, `codex-${ANN}-plus.json`, { nickname: 'first', tier: 'pro' }) });
    },
  ],
  [
    'twins, one of them paused: the other loses its variant',
    () => {
      put('auth', `codex-${ANN}-plus.json`, token(ANN));
      put('auth-paused', `codex-${ANN}-team.json`, token(ANN));
      register(`${ANN}#plus`, {
        [`${ANN}#plus`]: entry(ANN, `codex-${ANN}-plus.json`, { nickname: 'ann-plus' }),
        [`${ANN}#team`]: entry(ANN, `codex-${ANN}-team.json`, { nickname: 'ann-team', paused: true, pausedAt: AT }),
      });
    },
  ],
  [
    'a file in auth that the registry calls paused, and the other way round',
    () => {
      put('auth', `codex-${ANN}.json`, token(ANN));
      put('auth-paused', `codex-${BOB}.json`, token(BOB));
      register(ANN, {
        [ANN]: entry(ANN, `codex-${ANN}.json`, { paused: true, pausedAt: AT }),
        [BOB]: entry(BOB, `codex-${BOB}.json`),
      });
    },
  ],
  [
    'a file in both folders',
    () => {
      put('auth', `codex-${ANN}.json`, token(ANN));
      put('auth-paused', `codex-${ANN}.json`, token(ANN));
      register(ANN, { [ANN]: entry(ANN, `codex-${ANN}.json`, { paused: true, pausedAt: AT }) });
    },
  ],
  [
    'a new file, an entry without a nickname, and other providers',
    () => {
      put('auth', `codex-${ANN}.json`, token(ANN));
      put('auth', 'codex-new.person+x@example.com.json', token('new.person+x@example.com'));
      put('auth', 'gemini-x@example.com.json', JSON.stringify({ type: 'gemini', email: 'x@example.com' }));
      register(ANN, { [ANN]: { ...entry(ANN, `codex-${ANN}.json`), nickname: '' } }, { gemini: { default: 'x', accounts: {} } });
    },
  ],
  [
    'broken and odd files',
    () => {
      put('auth', `codex-${ANN}.json`, '{');
      put('auth', `codex-${BOB}.json`, 'null');
      put('auth', 'codex-untyped@example.com.json', JSON.stringify({ email: 'untyped@example.com' }));
      put('auth', 'codex-named@example.com.json', token(null));
      put('auth', 'codex-nameless.json', token(null));
      put('auth', 'other.txt', token('other@example.com'));
      put('auth', 'shouting.json', token('Shout@Example.com', { type: 'CODEX' }));
      home.write('.ccs/cliproxy/auth/codex-folder@example.com.json/x', '');
      register(ANN, { [ANN]: entry(ANN, `codex-${ANN}.json`, { paused: true, pausedAt: AT }) });
    },
  ],
  [
    'an entry whose id is not its e-mail, and a token that says another e-mail',
    () => {
      put('auth', 'codex-x.json', token(ANN));
      put('auth', 'codex-y.json', token(null));
      register('old', {
        old: entry(BOB, 'codex-x.json', { nickname: 'kept' }),
        why: { tokenFile: 'codex-y.json', nickname: 'y' },
      });
    },
  ],
  [
    'a registry without codex',
    () => {
      put('auth', `codex-${ANN}.json`, token(ANN));
      home.write('.ccs/cliproxy/accounts.json', JSON.stringify({ version: 1, providers: {} }), 0o600);
    },
  ],
  [
    'a registered file of another name',
    () => {
      put('auth', 'token', token(ANN));
      register(ANN, { [ANN]: entry(ANN, 'token') });
    },
  ],
];

describe.skipIf(ccsPath() === null)('the accounts that codex-link sees are those that CCS sees', () => {
  test.each(CASES)('%s', async (_name, prepare) => {
    rmSync(home.path('.ccs'), { recursive: true, force: true });
    prepare();
    const before = home.hashTree();
    const { accounts } = await readPool(realMachine(home.home), home.path('.ccs'));
    expect(home.hashTree()).toEqual(before);
    const ours = accounts.map(({ id, email, nickname, tokenFile, isDefault, paused }) => ({
      id,
      email,
      nickname,
      tokenFile,
      isDefault,
      paused,
    }));
    expect(ours).toEqual(await ccsAccounts(home));
  });
});
