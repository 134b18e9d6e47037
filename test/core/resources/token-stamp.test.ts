import { beforeEach, expect, test } from 'vitest';
import { Ccs } from '../../../src/ccs/ccs.ts';
import type { DesiredSecret } from '../../../src/config/desired.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { linux } from '../../../src/platform/linux/linux.ts';
import type { Platform, SecretStore } from '../../../src/platform/platform.ts';
import { type LastToken, Token } from '../../../src/resources/token.ts';
import { Secret } from '../../../src/secret.ts';
import { desired } from '../support/desired.ts';

const KEY = 'key-of-this-test-0123456789';
const FINGERPRINT_KEY = 'f'.repeat(64);
const LAST: LastToken = {
  store: 'keychain',
  stamp: 'mark 1',
  fingerprint: new Secret(KEY).fingerprint(FINGERPRINT_KEY),
  fingerprintKey: FINGERPRINT_KEY,
};

let reads = 0;
let marks = 0;
beforeEach(() => {
  reads = 0;
  marks = 0;
});

/** A store that counts how often its value is touched. */
function platformWith(held: string | null, mark: string | null): Platform {
  const stores: SecretStore[] = [
    {
      ...linux.stores[0]!,
      kind: 'keychain',
      read: async () => {
        reads++;
        return held === null ? null : new Secret(held);
      },
      stamp: async () => {
        marks++;
        return mark;
      },
    },
  ];
  return { ...linux, stores };
}

function current(held: string | null, mark: string | null, last: LastToken | null, source: DesiredSecret['source']) {
  const machine = new MemoryMachine({ env: { HOME: '/home/me', GATEWAY_KEY: KEY } });
  const wanted = desired({ secret: { store: 'keychain', source } });
  return new Token(wanted, platformWith(held, mark), new Ccs(), last).current(machine);
}

const ENV = { kind: 'env', name: 'GATEWAY_KEY' } as const;

// what the last apply knew, the mark now, source, how often the value is touched
test.each<[string, LastToken | null, string | null, DesiredSecret['source'], number]>([
  ['nobody has written since', LAST, 'mark 1', ENV, 0],
  ['somebody has', LAST, 'mark 2', ENV, 1],
  ['the item is gone', LAST, null, ENV, 1],
  ['the source gives another token', { ...LAST, fingerprint: 'of another' }, 'mark 1', ENV, 1],
  ['nothing is remembered', null, 'mark 1', ENV, 1],
  ['no mark is remembered', { ...LAST, stamp: null }, 'mark 1', ENV, 1],
  ['the mark is of another store', { ...LAST, store: 'file' }, 'mark 1', ENV, 1],
  ['the store is the source', LAST, 'mark 1', { kind: 'keep' }, 1],
])('%s', async (_what, last, mark, source, touched) => {
  expect((await current(KEY, mark, last, source))?.reveal()).toBe(KEY);
  expect(reads).toBe(touched);
});

test('an item that is gone is absent, whatever is remembered', async () => {
  expect(await current(null, null, LAST, ENV)).toBe(null);
  expect([reads, marks]).toEqual([1, 1]);
});

test.each(['current', 'wanted', 'effective'] as const)(
  'where a program is the source and nobody is there, %s is told from what is stored, and waits for nothing',
  { timeout: 2_000 },
  async (question) => {
    const machine = new MemoryMachine({ env: { HOME: '/home/me' } });
    const wanted = desired({ secret: { store: 'keychain', source: { kind: 'command', argv: ['/bin/pool-key'] } } });
    const token = new Token(wanted, platformWith(KEY, 'mark 1'), new Ccs(), LAST, { ask: null, unattended: true });
    const answer = await token[question](machine);
    if (question === 'wanted') expect(answer).toEqual({ state: 'kept' });
    else expect((answer as Secret).reveal()).toBe(KEY);
    expect(reads).toBe(1);
  },
);
