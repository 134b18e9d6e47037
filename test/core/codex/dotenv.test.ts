import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskedLine, timesSet, valueIn, withValue } from '../../../src/codex/dotenv.ts';
import { tokenProblem } from '../../../src/secret.ts';
import { readDotenv } from '../support/dotenv-reader.ts';

const NAME = 'CLIPROXY_API_KEY';
/** Whatever can be a token: printable ASCII, the nasty characters more often. */
const tokens = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('"', "'", '\\', '$', '#', '{', '}', '=', '`', 'n'),
      fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    ),
    minLength: 1,
  })
  .filter((value) => tokenProblem(value) === null);

describe('a value', () => {
  test('that was written is what Codex reads, and what we read', () => {
    fc.assert(
      fc.property(tokens, (token) => {
        const text = withValue('A=1\n', NAME, token);
        expect(readDotenv(text).get(NAME)).toBe(token);
        expect(valueIn(text, NAME)).toBe(token);
        expect(text.startsWith('A=1\n')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['K=plain', 'plain'],
    ['K = spaced', 'spaced'],
    ['  export   K=exported', 'exported'],
    ['K="quoted # no comment"', 'quoted # no comment'],
    ["K='single # no comment'", 'single # no comment'],
    ['K="with \\"quotes\\" and \\\\ and \\$"', 'with "quotes" and \\ and $'],
    ['K=value # a comment', 'value'],
    ['K=value#none', 'value#none'],
    ['K=', ''],
    ["K=''", ''],
    ['K=first\nK=second', 'second'],
    ['\uFEFFK=marked', 'marked'],
    ['K=crlf\r\nX=1\r\n', 'crlf'],
    ['# K=commented', null],
    ['XK=other', null],
    ['K2=other', null],
    ['', null],
  ])('in %j is %j', (text, value) => {
    expect(valueIn(text, 'K')).toBe(value);
    expect(readDotenv(text).get('K') ?? null).toBe(value);
  });
});

// before, value, after
test.each<[string, string, string | null, string]>([
  ['an empty file', '', 'v', 'K=v\n'],
  ['no variable yet', 'A=1\n', 'v', 'A=1\nK=v\n'],
  ['no final line end', 'A=1', 'v', 'A=1\nK=v\n'],
  ['line ends of Windows', 'A=1\r\nB=2', 'v', 'A=1\r\nB=2\r\nK=v\r\n'],
  ['in place', 'A=1\nK=old\nB=2\n', 'v', 'A=1\nK=v\nB=2\n'],
  ['in place, with the line end of Windows', 'A=1\r\nK=old\r\nB=2\r\n', 'v', 'A=1\r\nK=v\r\nB=2\r\n'],
  ['in place, last and without a line end', 'A=1\nK=old', 'v', 'A=1\nK=v'],
  ['exported', 'export K=old\n', 'v', 'K=v\n'],
  ['twice: once in the first place', 'K=1\nA=1\nK=2\n', 'v', 'K=v\nA=1\n'],
  ['with a byte order mark', '\uFEFFK=old\nA=1\n', 'v', '\uFEFFK=v\nA=1\n'],
  ['a byte order mark elsewhere stays', '\uFEFFA=1\n', 'v', '\uFEFFA=1\nK=v\n'],
  ['a comment is no variable', '# K=old\n', 'v', '# K=old\nK=v\n'],
  ['blank lines stay', '\n\nA=1\n\n', 'v', '\n\nA=1\n\nK=v\n'],
  ['taken out', 'A=1\nK=old\nB=2\n', null, 'A=1\nB=2\n'],
  ['taken out everywhere', 'K=1\nA=1\nexport K=2\r\n', null, 'A=1\n'],
  ['taken out, alone', 'K=old\n', null, ''],
  ['taken out, not there', 'A=1', null, 'A=1'],
])('%s', (_what, before, value, after) => {
  expect(withValue(before, 'K', value)).toBe(after);
  expect(timesSet(after, 'K')).toBe(value === null ? 0 : 1);
});

describe('every other byte', () => {
  const otherLine = fc.oneof(
    fc.constantFrom('', '# comment', 'A=1', 'export B="x y"', "C='#'", 'KX=1', 'XK=1', 'not an assignment', '\tD = 4 # c'),
    fc.string({ unit: 'grapheme-ascii', maxLength: 20 }).filter((line) => !/[\r\n]/.test(line) && timesSet(line, 'K') === 0),
  );

  test('is kept, however often the value is set and taken out', () => {
    fc.assert(
      fc.property(
        fc.array(otherLine),
        fc.constantFrom('\n', '\r\n'),
        fc.array(tokens, { maxLength: 3 }),
        (others, ending, values) => {
          const before = others.map((line) => line + ending).join('');
          let text = before;
          for (const value of values) text = withValue(text, 'K', value);
          expect(withValue(text, 'K', null)).toBe(before);
          if (values.length > 0) expect(valueIn(text, 'K')).toBe(values.at(-1));
        },
      ),
    );
  });

  test('is kept around a line in the middle, and setting the same again changes nothing', () => {
    fc.assert(
      fc.property(fc.array(otherLine), fc.array(otherLine), tokens, (above, below, token) => {
        const text = `${above.map((line) => `${line}\n`).join('')}K=old\n${below.map((line) => `${line}\n`).join('')}`;
        const after = withValue(text, 'K', token);
        expect(withValue(after, 'K', token)).toBe(after);
        expect(after.split('\n').filter((line) => !line.startsWith('K='))).toEqual(
          text.split('\n').filter((line) => line !== 'K=old'),
        );
      }),
    );
  });
});

test.each([
  ['K=secret', 'K=(sensitive)'],
  ['export K = secret', 'export K =(sensitive)'],
  ['K="secret', 'K=(sensitive)'],
  ['K=secret\r', 'K=(sensitive)\r'],
  ['\uFEFFK=secret', '\uFEFFK=(sensitive)'],
  ['# K=secret', '# K=(sensitive)'],
  ['#export K=secret', '#export K=(sensitive)'],
  ['K=a\u2028secret', 'K=(sensitive)'],
  ['secret of a value over several lines"', '(sensitive)'],
  ['-----END PRIVATE KEY-----', '(sensitive)'],
  ['# a comment', '# a comment'],
  ['', ''],
  ['\r', '\r'],
])('%j is shown as %j', (line, shown) => {
  expect(maskedLine(line)).toBe(shown);
});
