import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Connection, type Facts, type Machine, MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine, type Server } from '../../../src/machine/memory.ts';
import { busAddress, call, type MethodCall, type Reply, sessionBusSockets } from '../../../src/platform/linux/dbus.ts';
import { bus, type Called, calls, message, pathArrays, Wire } from '../support/bus.ts';

const search = (argument: Readonly<Record<string, string>>, own: Partial<MethodCall> = {}): MethodCall => ({
  destination: 'org.freedesktop.secrets',
  path: '/org/freedesktop/secrets',
  interface: 'org.freedesktop.Secret.Service',
  member: 'SearchItems',
  argument,
  ...own,
});
const SEARCH = search({ service: 'CLIPROXY_API_KEY', account: 'me' });

function asking(server: Server, wanted = SEARCH, facts: Partial<Facts> = {}): Promise<Reply> {
  const machine = new MemoryMachine(facts);
  machine.servers.set('/bus', server);
  return call(machine, '/bus', wanted, 1000);
}

interface Recorded {
  readonly client: string;
  readonly server: string;
  readonly reply: Reply;
}

// What dbus-daemon 1.14.10 and gnome-keyring-daemon said, byte for byte, and what was said to them.
const recorded = JSON.parse(readFileSync(new URL('./dbus-recorded.json', import.meta.url), 'utf8')) as Record<string, Recorded>;

describe.each(Object.entries(recorded))('a real exchange: %s', (name, { client, server, reply }) => {
  const own: Record<string, MethodCall> = {
    nobody: search({ service: 'x', account: 'me' }, { destination: 'org.example.nobody' }),
    error: search({ service: 'x', account: 'me' }, { member: 'NoSuch' }),
  };
  const said = Buffer.from(server, 'base64');
  const loginEnds = said.indexOf('\r\n') + 2;

  test('says the same, and understands the answer', async () => {
    let sent: Uint8Array = new Uint8Array();
    const answer = await asking(
      (bytes) => {
        sent = bytes;
        return Buffer.from(bytes).includes('BEGIN') ? said.subarray(loginEnds) : said.subarray(0, loginEnds);
      },
      own[name] ?? SEARCH,
      { uid: 0 },
    );
    expect(answer).toEqual(reply);
    expect(Buffer.from(sent).toString('base64')).toBe(client);
  });

  test('in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(said.length), { maxLength: 20 }), async (cuts) => {
        expect(await inPieces(said, cuts, own[name] ?? SEARCH)).toEqual(reply);
      }),
      { numRuns: 30 },
    );
    expect(await inPieces(said, Array.from(said.keys()), own[name] ?? SEARCH)).toEqual(reply);
  });
});

/** The same answer whatever was asked, cut at these places. */
function inPieces(said: Buffer, cuts: readonly number[], wanted: MethodCall): Promise<Reply> {
  const at = [0, ...[...new Set(cuts)].sort((a, b) => a - b), said.length];
  const pieces = at
    .slice(1)
    .map((end, index) => said.subarray(at[index], end))
    .filter((piece) => piece.length > 0);
  const connection: Connection = { send: async () => {}, receive: async () => pieces.shift() ?? null, close: () => {} };
  const machine = Object.assign(new MemoryMachine(), { dial: async () => connection }) as Machine;
  return call(machine, '/bus', wanted, 1000);
}

describe('what is said', () => {
  test('names the user as whom it logs in', async () => {
    const sent: string[] = [];
    await asking((bytes) => {
      sent.push(Buffer.from(bytes).toString('latin1'));
      return Buffer.from('REJECTED EXTERNAL\r\n');
    });
    expect(sent).toEqual(['\0AUTH EXTERNAL 31303030\r\n']);
  });

  test('asks that nothing is started', async () => {
    const heard: Called[] = [];
    await asking((bytes) => {
      if (Buffer.from(bytes).includes('BEGIN')) heard.push(...calls(bytes));
      return bus((called) => message({ kind: 'return', replyTo: called.serial, signature: 'aoao' }, pathArrays([], [])))(bytes);
    });
    expect(heard.map(({ member, serial, flags }) => [member, serial, flags])).toEqual([
      ['Hello', 1, 2],
      ['SearchItems', 2, 2],
    ]);
  });

  test('is aligned for texts of any length and any alphabet', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((one) => !one.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true }), text, async (argument, member) => {
        const heard: Called[] = [];
        await asking(
          bus((called) => {
            heard.push(called);
            return message({ kind: 'return', replyTo: called.serial });
          }),
          search(argument, { member }),
        );
        expect([heard[0]?.member, Object.entries(heard[0]?.argument ?? {})]).toEqual([member, Object.entries(argument)]);
      }),
    );
  });
});

describe('the answer', () => {
  test('any arrays of paths, wherever the header puts them', async () => {
    const paths = fc.array(fc.string({ minLength: 1, maxLength: 30, unit: 'binary-ascii' }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(paths, { maxLength: 3 }),
        fc.string({ maxLength: 20, unit: 'grapheme-ascii' }),
        async (arrays, sender) => {
          const reply = await asking(
            bus(({ serial }) =>
              message({ kind: 'return', replyTo: serial, signature: 'ao'.repeat(arrays.length), sender }, pathArrays(...arrays)),
            ),
          );
          expect(reply).toEqual({ ok: true, paths: arrays });
        },
      ),
    );
  });

  test('an error has its name', async () => {
    const error = 'org.freedesktop.DBus.Error.AccessDenied';
    expect(await asking(bus(({ serial }) => message({ kind: 'error', replyTo: serial, error })))).toEqual({ ok: false, error });
  });

  test('signals and answers to other questions are passed over', async () => {
    const noise = message({ kind: 'signal', signature: 's' }, new Wire().text('x').bytes);
    const other = message({ kind: 'error', replyTo: 9, error: 'x.y.Z' });
    const reply = await asking(
      bus(({ serial }) =>
        Buffer.concat([noise, other, message({ kind: 'return', replyTo: serial, signature: 'ao' }, pathArrays(['/a']))]),
      ),
    );
    expect(reply).toEqual({ ok: true, paths: [['/a']] });
  });

  test('a login that is refused', async () => {
    const reply = await asking(bus(() => Buffer.alloc(0), 'REJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n'));
    expect(reply).toEqual({ ok: false, error: expect.stringContaining('REJECTED') });
  });

  test.each<[string, Server]>([
    ['ends at once', () => null],
    ['ends in the middle of the login', () => Buffer.from('OK 01')],
    ['ends after the login', (sent) => (Buffer.from(sent).includes('BEGIN') ? null : Buffer.from('OK 0\r\n'))],
    ['ends in the middle of a message', bus(({ serial }) => message({ kind: 'return', replyTo: serial }).subarray(0, 20))],
    ['speaks big-endian', bus(() => Buffer.from('B'.padEnd(32, '\0')))],
    [
      'announces more than there can be',
      bus(
        () =>
          new Wire()
            .raw(Buffer.from([0x6c, 2, 1, 1]))
            .u32(0x7fffffff)
            .u32(1)
            .u32(0).bytes,
      ),
    ],
    [
      'counts beyond its end',
      bus(({ serial }) => message({ kind: 'return', replyTo: serial, signature: 'ao' }, new Wire().u32(4096).u32(9).bytes)),
    ],
    [
      'has a body that is too short',
      bus(({ serial }) => message({ kind: 'return', replyTo: serial, signature: 'aoao' }, new Wire().u32(0).bytes)),
    ],
    ['is no bus', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('a bus that %s is an error of the machine, or a refusal', async (_what, server) => {
    const result = await asking(server).catch((error: unknown) => error);
    if (result instanceof Error) expect(result).toMatchObject({ name: 'MachineError', code: 'EPROTO' });
    else expect(result).toMatchObject({ ok: false });
  });

  test('whatever comes, it ends in a reply or in an error of the machine', async () => {
    const junk = fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes));
    const framed = fc
      .tuple(fc.uint8Array({ minLength: 12, maxLength: 60 }), fc.nat(64), fc.nat(64))
      .map(([bytes, body, fields]) => {
        const head = Buffer.from(bytes);
        head.set([0x6c, 2, 1, 1]);
        return Buffer.concat([head.subarray(0, 4), new Wire().u32(body).u32(1).u32(fields).bytes, head.subarray(4)]);
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(junk, framed), async (bytes) => {
        const result = await asking(bus(() => bytes)).catch((error: unknown) => error);
        expect(result instanceof MachineError || (typeof result === 'object' && result !== null && 'ok' in result)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the socket of the session bus', () => {
  test.each<[string | undefined, string | undefined, string[]]>([
    [undefined, undefined, ['/run/user/1000/bus']],
    ['unix:path=/run/user/1000/bus', undefined, ['/run/user/1000/bus']],
    ['unix:path=/tmp/a', '/run/x', ['/tmp/a', '/run/x/bus']],
    ['unix:guid=0,path=/tmp/a', undefined, ['/tmp/a', '/run/user/1000/bus']],
    ['unix:path=/tmp/a,guid=0123', undefined, ['/tmp/a', '/run/user/1000/bus']],
    ['unix:abstract=/tmp/dbus-X', undefined, ['\0/tmp/dbus-X', '/run/user/1000/bus']],
    ['unix:path=/tmp/a%20b', undefined, ['/tmp/a b', '/run/user/1000/bus']],
    ['unix:path=/tmp/a%zz', undefined, ['/tmp/a%zz', '/run/user/1000/bus']],
    ['tcp:host=localhost,port=1;unix:path=/tmp/b', undefined, ['/tmp/b', '/run/user/1000/bus']],
    ['autolaunch:', undefined, ['/run/user/1000/bus']],
    ['', '', ['/run/user/1000/bus']],
  ])('%s and %s', (address, runtime, sockets) => {
    const env = { HOME: '/home/me', DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime };
    expect(sessionBusSockets(new MemoryMachine({ env }))).toEqual(sockets);
  });

  test('is written as an address that reads as the same socket', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => !one.includes('\0')),
        fc.boolean(),
        (name, abstract) => {
          const socket = abstract ? `\0${name}` : `/${name}`;
          const address = busAddress(socket);
          expect(address).toMatch(/^unix:(path|abstract)=[-0-9A-Za-z_/.*%]+$/);
          const env = { HOME: '/home/me', DBUS_SESSION_BUS_ADDRESS: address };
          expect(sessionBusSockets(new MemoryMachine({ env }))[0]).toBe(socket);
        },
      ),
    );
  });
});
