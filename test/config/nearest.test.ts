import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, nearest } from '../../src/config/nearest.ts';

describe('edit distance', () => {
  test.each([
    ['', '', 0],
    ['helper', 'helpr', 1],
    ['helper', 'hleper', 1],
    ['ca', 'abc', 3],
    ['dotenv', 'env', 3],
  ])('%s to %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  test('gives up above the limit', () => {
    expect(editDistance('aaaa', 'bbbb', 2)).toBe(3);
    expect(editDistance('a'.repeat(100_000), 'b', 2)).toBe(3);
  });

  test('is a distance', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('nearest', () => {
  const keys = ['url', 'manager', 'contextWindow', 'keepChatgptFeatures', 'on-change', 'ccs'];
  test.each([
    ['ulr', 'url'],
    ['manger', 'manager'],
    ['context_window', 'contextWindow'],
    ['CONTEXTWINDOW', 'contextWindow'],
    ['keepChatGPTFeature', 'keepChatgptFeatures'],
    ['keep', 'keepChatgptFeatures'],
    ['onChange', 'on-change'],
    ['cs', 'ccs'],
    ['nonsense', null],
    ['x', null],
    ['', null],
    ['-', null],
    ['u'.repeat(1000), null],
  ])('of %s is %s', (word, expected) => {
    expect(nearest(word, keys)).toBe(expected);
  });
});
