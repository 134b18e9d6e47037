import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret, tokenProblem } from '../../src/secret.ts';

const VALUE = 'test-key-that-nobody-may-see';

describe('a secret', () => {
  const secret = new Secret(VALUE);
  const logged = (write: (console: Console) => void): string => {
    let text = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    });
    write(new Console(stream, stream));
    return text;
  };

  test.each<[string, () => string]>([
    ['as text', () => String(secret)],
    ['within a text', () => `the key is ${secret}`],
    ['beside a text', () => 'the key is '.concat(secret as unknown as string)],
    ['as JSON', () => JSON.stringify({ deep: [{ secret }] })],
    ['inspected', () => inspect({ deep: [{ secret }] }, { depth: null, showHidden: true })],
    ['formatted', () => format('%s %o %O %j', secret, secret, secret, secret)],
    ['logged', () => logged((console) => console.log(secret, { secret }))],
    ['in a table', () => logged((console) => console.table([{ secret }]))],
    ['in an error', () => inspect(new Error(`no luck with ${secret}`, { cause: secret }))],
    ['as its own parts', () => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret), { ...secret }])],
  ])('is not shown %s', (_way, shown) => {
    expect(shown()).not.toContain(VALUE);
  });

  test('comes out only through reveal, and is told from another without it', () => {
    expect(secret.reveal()).toBe(VALUE);
    expect([secret.equals(new Secret(VALUE)), secret.equals(new Secret(`${VALUE}.`))]).toEqual([true, false]);
    const prints = [secret.fingerprint('a'), secret.fingerprint('b'), new Secret('x').fingerprint('a')];
    expect(new Set(prints).size).toBe(3);
    expect(prints.join()).not.toContain(VALUE);
    expect(new Secret(VALUE).fingerprint('a')).toBe(prints[0]);
  });
});

test.each<[string, string | null]>([
  ['a', null],
  ['sk-!"#$%&\'()~', null],
  ['x'.repeat(1280), null],
  ['', 'it is empty'],
  ['a\nb', 'it has more than one line'],
  ['a\r', 'it has more than one line'],
  ['a b', 'it contains white space'],
  ['a\u00a0b', 'it contains white space'],
  ['schlüssel', 'it contains characters beyond printable ASCII, which Codex drops without a word'],
  ['a\u007f', 'it contains characters beyond printable ASCII, which Codex drops without a word'],
  ['x'.repeat(1281), 'it is longer than 1,280 characters'],
])('as a token, %j: %s', (value, problem) => {
  expect(tokenProblem(value)).toBe(problem);
});
