import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withApiKeys, withGatewayKey } from '../../../src/ccs/api-keys.ts';
import { Secret } from '../../../src/secret.ts';

const secrets = (...keys: string[]) => keys.map((key) => new Secret(key));
const change = (text: string, add: string[], remove: string[]) =>
  withApiKeys(text, { add: secrets(...add), remove: secrets(...remove) });

describe('the keys of the gateway', () => {
  test.each<[string, string, string[], string[], string]>([
    ['one is put first', 'port: 1\napi-keys:\n  - "a"\nx: 1\n', ['new'], [], 'port: 1\napi-keys:\n  - "new"\n  - "a"\nx: 1\n'],
    ['one is taken out with its line', 'api-keys:\n  - "a" # mine\n  - b\n# c\n', [], ['a'], 'api-keys:\n  - b\n# c\n'],
    ['every copy of it', 'api-keys:\n  - a\n  - "b"\n  - \'a\'\n', [], ['a'], 'api-keys:\n  - "b"\n'],
    ['the last one without a line end', 'api-keys:\n- a\n- "0012"', ['n'], ['0012'], 'api-keys:\n- "n"\n- a\n'],
    ['one that is there already changes nothing', 'api-keys: [a]\n', ['a'], ['b'], 'api-keys: [a]\n'],
    ['line ends of Windows', 'api-keys:\r\n  - "a"\r\nx: 1\r\n', ['n'], ['a'], 'api-keys:\r\n  - "n"\r\nx: 1\r\n'],
    ['an empty list', 'api-keys: []\nport: 1 # p\n', ['n'], [], 'api-keys:\n  - "n"\nport: 1 # p\n'],
    ['a list in one line', 'api-keys: ["a", b]\n', ['n'], ['a'], 'api-keys:\n  - "n"\n  - "b"\n'],
    ['no list at all', 'port: 1\n', ['n'], [], 'port: 1\napi-keys:\n  - "n"\n'],
  ])('%s', (_name, text, add, remove, expected) => {
    expect(change(text, add, remove)).toBe(expected);
  });

  test('whatever the keys and whatever stands around them', () => {
    const key = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 6 }),
        fc.array(key, { maxLength: 3 }),
        fc.array(key, { maxLength: 3 }),
        (keys, add, remove) => {
          const before = '# head\nport: 8317\n';
          const after = '\n# tail\nremote-management:\n  secret-key: $2a$10$abc\n';
          const list = keys.length === 0 ? 'api-keys: []\n' : `api-keys:\n${keys.map((one) => `  - "${one}"\n`).join('')}`;
          const text = change(`${before}${list}${after}`, add, remove);
          const wanted = new Set(
            [...add, ...keys].filter((one) => !remove.includes(one) || (add.includes(one) && !keys.includes(one))),
          );
          expect(new Set((parse(text, { schema: 'failsafe' }) as { 'api-keys': string[] })['api-keys'])).toEqual(wanted);
          expect(text.startsWith(before) && text.endsWith(after)).toBe(true);
        },
      ),
    );
  });
});

describe("the key in CCS's config.yaml", () => {
  const LOCAL = 'version: 13\ncliproxy_server:\n  local:\n    port: 18399\n';
  test.each([
    ['a new section', LOCAL, `${LOCAL}cliproxy:\n  auth:\n    api_key: "new"\n`],
    [
      'one that is there',
      'cliproxy:\n  auth:\n    api_key: old # mine\n    management_secret: "s"\n',
      'cliproxy:\n  auth:\n    api_key: "new" # mine\n    management_secret: "s"\n',
    ],
    ['an empty one', 'cliproxy:\n  auth:\n    api_key:\n', 'cliproxy:\n  auth:\n    api_key: "new"\n'],
    ['an empty section', 'cliproxy:\n  auth:\nversion: 13\n', 'cliproxy:\n  auth:\n    api_key: "new"\nversion: 13\n'],
    [
      'comments stay',
      '# a\ncliproxy:\n  # b\n  backend: plus # c\n',
      '# a\ncliproxy:\n  # b\n  backend: plus # c\n  auth:\n    api_key: "new"\n',
    ],
  ])('%s', (_name, text, expected) => {
    expect(withGatewayKey(text, new Secret('new'))).toBe(expected);
  });
});
