import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blockIn, cronBlock, withBlock } from '../../../src/platform/linux/crontab-block.ts';
import { timesOf } from '../../../src/schedule/times.ts';

const block = (every = '1h') => cronBlock({ argv: ['/usr/bin/node', '/x'], environment: {}, times: timesOf({ every }) });
const line = fc.oneof(
  fc.constantFrom('', '0 * * * * true', '# comment', 'MAILTO=""', ' # <<< codex-link', '@reboot x\r', '# é'),
  fc.string(),
);
const ours = (text: string) => /^\s*# (>>> codex-link >>>|<<< codex-link <<<)/.test(text);
/** A table of somebody else, perhaps with no end of its last line. */
const table = fc
  .tuple(fc.array(line.filter((one) => !one.includes('\n') && !ours(one))), fc.boolean())
  .map(([lines, ended]) => lines.join('\n') + (ended && lines.length > 0 ? '\n' : ''));

describe('the block', () => {
  test('comes, changes and goes, and every other byte stays', () => {
    fc.assert(
      fc.property(table, table, (before, after) => {
        const complete = before === '' || before.endsWith('\n') ? before : `${before}\n`;
        const installed = withBlock(before, block());
        expect(installed).toBe(complete + block());
        expect(blockIn(installed)).toBe(block());
        const later = installed + after; // somebody adds below
        const changed = withBlock(later, block('15m'));
        expect(changed).toBe(complete + block('15m') + after);
        expect(withBlock(changed, null)).toBe(complete + after);
        expect([blockIn(before), withBlock(before, null)]).toEqual([null, before]);
      }),
    );
  });

  test('is one afterwards, when there were two', () => {
    const twice = `a\n${block()}b\n${block('15m')}c\n`;
    expect(blockIn(twice)).toBe(block() + block('15m'));
    expect(withBlock(twice, block())).toBe(`a\n${block()}b\nc\n`);
  });

  test('whose end is gone is left alone', () => {
    const cut = block().split('\n').slice(0, 2).join('\n');
    for (const broken of [`${cut}\n0 0 * * * theirs\n`, `${cut}\n${block()}`]) {
      expect(() => blockIn(broken)).toThrow(/CL8044.*lost its last line/);
      expect(() => withBlock(broken, null)).toThrow(/CL8044/);
    }
  });
});
