import { describe, expect, it } from 'vitest';
import { Splices } from '../../src/toml/splice.ts';

const TEXT = 'a\n\nb\n\nc\n';

function spliced(text: string, change: (splices: Splices) => void): string {
  const splices = new Splices(text, '\n');
  change(splices);
  return splices.render();
}

describe('lines are found', () => {
  it('in a text that begins with an empty one', () => {
    const splices = new Splices('\n  x\n', '\n');
    expect([0, 1, 3, 4].map((offset) => splices.lineStartAt(offset))).toEqual([0, 1, 1, 1]);
    expect([0, 1, 3, 4].map((offset) => splices.nextLineAt(offset))).toEqual([1, 5, 5, 5]);
    expect([0, 1, 4].map((offset) => splices.indentAt(offset))).toEqual(['', '  ', '  ']);
    expect([0, 1].map((offset) => splices.isBlankLine(offset))).toEqual([true, false]);
  });

  it('in an empty text, which has none', () => {
    const splices = new Splices('', '\n');
    expect([splices.lineStartAt(0), splices.nextLineAt(0), splices.isBlankLine(0), splices.isCommentLine(0)]).toEqual([
      0,
      0,
      false,
      false,
    ]);
  });
});

describe('at one place', () => {
  it('what goes in comes before what goes out, whichever was asked for first', () => {
    expect(
      spliced('ab\n', (on) => {
        on.replace(0, 1, 'X');
        on.insert(0, 'Y');
      }),
    ).toBe('YXb\n');
  });

  it('keys come before headers, and both before the lines that go', () => {
    const asked = (on: Splices) => {
      on.cutLines(0, 2);
      on.insertBlock({ at: 0, lines: ['[t]'], rank: 'header' });
      on.insertBlock({ at: 0, lines: ['k', 'l'], rank: 'key' });
      on.insertBlock({ at: 0, lines: ['[u]'], rank: 'header' });
    };
    expect(spliced('a\nb\n', asked)).toBe('k\nl\n[t]\n[u]\nb\n');
  });

  it('pieces of a line come before whole lines', () => {
    expect(
      spliced('a\n', (on) => {
        on.insertBlock({ at: 2, lines: ['k'], rank: 'key' });
        on.insert(2, 'x\n');
      }),
    ).toBe('a\nx\nk\n');
  });
});

describe('lines that go', () => {
  it('take one blank line along where two would meet', () => {
    expect(spliced(TEXT, (on) => on.cutLines(3, 5))).toBe('a\n\nc\n');
    expect(spliced(TEXT, (on) => on.cutLines(0, 2))).toBe('b\n\nc\n');
    expect(spliced(TEXT, (on) => on.cutLines(6, 8))).toBe('a\n\nb\n');
    expect(spliced('a\n', (on) => on.cutLines(0, 2))).toBe('');
  });

  it('leave the blank lines to those that take their place, above or below', () => {
    for (const at of [3, 5]) {
      const replaced = (on: Splices) => {
        on.cutLines(3, 5);
        on.insertBlock({ at, lines: ['B'], rank: 'key' });
      };
      expect(spliced(TEXT, replaced)).toBe('a\n\nB\n\nc\n');
    }
  });

  it('take it along all the same when only a piece of a line goes in beside them', () => {
    const beside = (on: Splices) => {
      on.cutLines(3, 5);
      on.insert(3, '');
    };
    expect(spliced(TEXT, beside)).toBe('a\n\nc\n');
  });

  it.each<{ cuts: [number, number][] }>([
    {
      cuts: [
        [0, 8],
        [3, 5],
      ],
    },
    {
      cuts: [
        [3, 5],
        [0, 8],
      ],
    },
    {
      cuts: [
        [0, 5],
        [3, 8],
      ],
    },
    {
      cuts: [
        [0, 3],
        [3, 5],
        [5, 8],
      ],
    },
    {
      cuts: [
        [5, 8],
        [0, 2],
        [2, 6],
      ],
    },
  ])('may overlap, and come in any order: $cuts', ({ cuts }) => {
    const cut = (on: Splices) => {
      for (const [start, end] of cuts) on.cutLines(start, end);
    };
    expect(spliced(`${TEXT}d\n`, cut)).toBe('d\n');
  });

  it('are three of five', () => {
    const cut = (on: Splices) => {
      on.cutLines(0, 2);
      on.cutLines(4, 6);
      on.cutLines(8, 10);
    };
    expect(spliced('a\nb\nc\nd\ne\n', cut)).toBe('b\nd\n');
  });
});

describe('a block that wants a blank line', () => {
  const block = (text: string, at: number, wants: { blankBefore?: boolean; blankAfter?: boolean }) =>
    spliced(text, (on) => on.insertBlock({ at, lines: ['K'], rank: 'key', ...wants }));

  it.each([
    ['', 0, 'K\n'],
    ['a\n', 2, 'a\n\nK\n'],
    ['a\n\n', 3, 'a\n\nK\n'],
    ['a\n \t\n', 5, 'a\n \t\nK\n'],
    ['\n', 1, '\nK\n'],
    ['\n\n', 2, '\n\nK\n'],
    ['a\r\n\r\n', 5, 'a\r\n\r\nK\n'],
  ])('above it, in %j at %i', (text, at, expected) => {
    expect(block(text, at, { blankBefore: true })).toBe(expected);
  });

  it('sees a blank line that was put together from pieces', () => {
    const pieces = (on: Splices) => {
      on.insert(1, '\n');
      on.insert(1, '\n');
      on.replace(1, 2, '');
      on.insertBlock({ at: 2, lines: ['K'], rank: 'key', blankBefore: true });
    };
    expect(spliced('a\nb\n', pieces)).toBe('a\n\nK\nb\n');
  });

  it.each([
    ['a\n', 0, 'K\n\na\n'],
    ['\na\n', 0, 'K\n\na\n'],
    [' \na\n', 0, 'K\n \na\n'],
    ['a\n', 2, 'a\nK\n'],
  ])('below it, in %j at %i', (text, at, expected) => {
    expect(block(text, at, { blankAfter: true })).toBe(expected);
  });

  it('between two blocks gets one', () => {
    const two = (on: Splices) => {
      on.insertBlock({ at: 0, lines: ['K'], rank: 'key', blankAfter: true });
      on.insertBlock({ at: 0, lines: ['[T]'], rank: 'header', blankBefore: true });
    };
    expect(spliced('', two)).toBe('K\n\n[T]\n');
  });
});
