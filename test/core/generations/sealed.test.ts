import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seal, shownSealed, unseal } from '../../../src/generations/sealed.ts';

const KEY = 'key-of-this-machine';

describe('a sealed text', () => {
  test.each([
    ['a value', 'a = "made-up-1"\n', ['made-up-1']],
    ['a value with quotes', 'a = "made\\"up"\nb = \'made"up\'\n', ['made"up']],
    ['one value in another', 'a = "made-up"\nb = "made-up-longer"\n', ['made-up-longer', 'made-up']],
    ['a secret that is a word of our own', 'a = "made-up-1"\nb = "secret"\n', ['made-up-1', 'secret']],
    [
      'twelve',
      Array.from({ length: 12 }, (_, n) => `a${n} = "made-up-${n}"\n`).join(''),
      Array.from({ length: 12 }, (_, n) => `made-up-${n}`),
    ],
    ['nothing', 'a = 1\n', []],
  ])('holds %s no more, and gives it back', (_name, text, secrets) => {
    const sealed = seal(text, secrets, KEY) ?? '';
    for (const secret of secrets) expect(sealed.replaceAll('{{secret:', '')).not.toContain(secret);
    expect(unseal(sealed, secrets, KEY)).toBe(text);
    if (secrets.length > 0) {
      expect(unseal(sealed, [], KEY)).toBeNull();
      expect(unseal(sealed, secrets, 'another-key')).toBeNull();
      expect(shownSealed(sealed)).toContain('(sensitive)');
      expect(shownSealed(sealed)).not.toContain('secret:');
    }
  });

  test('is refused where it could not be opened again', () => {
    expect(seal('a = "{{secret:raw:0123456789abcdef}}"\n', [], KEY)).toBeNull();
  });

  test('comes out as it went in, whatever the secrets', () => {
    const secret = fc.string({ minLength: 4, maxLength: 12 }).filter((one) => one.trim().length >= 4);
    fc.assert(
      fc.property(fc.array(secret, { maxLength: 4 }), fc.array(fc.string(), { maxLength: 4 }), (secrets, between) => {
        const longestFirst = [...new Set(secrets)].sort((a, b) => b.length - a.length);
        const text = between.map((one, index) => `${one} = ${JSON.stringify(secrets[index] ?? '')}`).join('\n');
        const sealed = seal(text, longestFirst, KEY);
        if (sealed !== null) expect(unseal(sealed, longestFirst, KEY)).toBe(text);
      }),
    );
  });
});
