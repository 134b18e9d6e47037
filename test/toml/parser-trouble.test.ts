import { expect, it, vi } from 'vitest';
import { parseToml, TomlRefusal } from '../../src/toml/read.ts';

const parser = vi.hoisted(() => ({ error: new Error() }));
vi.mock('smol-toml', async (original) => ({
  ...(await original<typeof import('smol-toml')>()),
  parse: () => {
    throw parser.error;
  },
}));

it('a stack that does not suffice is a refusal', () => {
  parser.error = new RangeError('Maximum call stack size exceeded');
  expect(() => parseToml('a = 1\n')).toThrow(new TomlRefusal('the document is nested too deeply'));
});

it('a bug of the parser stays what it is', () => {
  parser.error = new TypeError('x is undefined');
  expect(() => parseToml('a = 1\n')).toThrow(parser.error);
});
