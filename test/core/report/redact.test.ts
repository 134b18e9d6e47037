import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Personal, redactor } from '../../../src/report/redact.ts';

const PERSONAL: Personal = {
  home: '/home/jdoe',
  user: 'jdoe',
  host: 'jdoes-laptop.corp.example.com',
  accounts: [['work@example.com', 'work'], ['jane.doe@example.org']],
  hosts: ['gateway.corp.example.com'],
};
const redact = redactor(PERSONAL);

describe('what tells whose machine it is', () => {
  test.each([
    ['the home folder', '/home/jdoe/.codex/config.toml: permission denied', '~/.codex/config.toml: permission denied'],
    ['the user', 'no item CLIPROXY_API_KEY of jdoe in the keyring', 'no item CLIPROXY_API_KEY of <user> in the keyring'],
    ['the host, long and short', 'on JDOES-LAPTOP.corp.example.com and jdoes-laptop', 'on <host> and <host>'],
    ['an account by address and by name', 'work@example.com is work', '<account 1> is <account 1>'],
    ['one that is no name of another', 'accounts/jane.doe@example.org', 'accounts/<account 2>'],
    ['an address that the YAML does not have', 'found other@example.net in the pool', 'found <address> in the pool'],
    ['a gateway elsewhere', 'https://gateway.corp.example.com/v1 refused', 'https://<gateway>/v1 refused'],
    ['a key, although none should be there', 'key sk-proj-Test0123456789abcdefABCDEF was refused', 'key (sensitive) was refused'],
    ['nothing', 'the network works; jdoery and rework stay', 'the network works; jdoery and rework stay'],
  ])('%s', (_what, text, clean) => {
    expect(redact(text)).toBe(clean);
  });
});

test('a name that is part of ordinary words does not make the report unreadable', () => {
  const of = redactor({ ...PERSONAL, user: 'me', home: '/home/me', host: 'localhost' });
  expect(of('tell me of /home/me/x on localhost')).toBe('tell me of ~/x on localhost');
});

test('none of it is left, wherever it stands, and a second time changes nothing', () => {
  const parts = fc.constantFrom(
    '/home/jdoe',
    'jdoe',
    PERSONAL.host,
    'work@example.com',
    'jane.doe@example.org',
    'x',
    ' ',
    '/',
    ':',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 12 }), (list) => {
      const clean = redact(list.join(' '));
      for (const secret of ['/home/jdoe', '@example', 'corp.example']) expect(clean).not.toContain(secret);
      expect(clean).not.toMatch(/\bjdoe\b/);
      expect(redact(clean)).toBe(clean);
    }),
  );
});
