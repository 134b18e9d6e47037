import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HttpRequest, type HttpResponse, NotHttp, request } from '../../../src/gateway/http.ts';
import type { Connection, Machine } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';

const GET: HttpRequest = { tls: false, host: 'localhost', port: 80, method: 'GET', path: '/', timeoutMs: 1000 };

/** A server that says these pieces and then closes. */
function saying(pieces: readonly Buffer[], wanted: Partial<HttpRequest> = {}): Promise<HttpResponse> {
  const rest = pieces.filter((piece) => piece.length > 0);
  const connection: Connection = { send: async () => {}, receive: async () => rest.shift() ?? null, close: () => {} };
  return request(Object.assign(new MemoryMachine(), { dial: async () => connection }) as Machine, { ...GET, ...wanted });
}

const said = (text: string) => saying([Buffer.from(text)]);
const lines = (...all: string[]) => all.join('\r\n');

/** The same answer in the three ways that HTTP/1.1 knows to say where it ends. */
const ANSWERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  'with a length': (body) =>
    Buffer.concat([Buffer.from(lines('HTTP/1.1 200 OK', `Content-Length: ${body.length}`, '', '')), body]),
  'with no length': (body) => Buffer.concat([Buffer.from(lines('HTTP/1.1 200 OK', '', '')), body]),
  'in one chunk': (body) => chunked([body]),
  'in chunks of 3': (body) =>
    chunked(Array.from({ length: Math.ceil(body.length / 3) }, (_, index) => body.subarray(index * 3, index * 3 + 3))),
};

function chunked(parts: readonly Buffer[]): Buffer {
  const head = Buffer.from(lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', ''));
  const chunks = parts
    .filter((part) => part.length > 0)
    .map((part) => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]));
  return Buffer.concat([head, ...chunks, Buffer.from('0\r\n\r\n')]);
}

describe.each(Object.entries(ANSWERS))('an answer %s', (name, answer) => {
  test('is the same however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.array(fc.nat(200)), async (body, cuts) => {
        const whole = answer(Buffer.from(body));
        const at = [0, ...[...new Set(cuts.map((cut) => Math.min(cut, whole.length)))].sort((a, b) => a - b), whole.length];
        const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end));
        expect(await saying(pieces)).toMatchObject({ status: 200, body });
      }),
    );
  });

  test('is the same byte by byte', async () => {
    const whole = answer(Buffer.from('{"message":"CLI Proxy API Server"} and \r\n\r\n more, wide: ✓'));
    expect((await saying([...whole].map((byte) => Buffer.from([byte])))).body).toBe(
      '{"message":"CLI Proxy API Server"} and \r\n\r\n more, wide: ✓',
    );
  });

  test('that ends too early is no answer, at whichever byte', async () => {
    const whole = answer(Buffer.from('0123456789'));
    // Without a length, the end of the connection is the end of the body; after the last chunk there is nothing to miss.
    const least =
      name === 'with no length'
        ? whole.indexOf('\r\n\r\n') + 4
        : name === 'with a length'
          ? whole.length
          : whole.lastIndexOf('0\r\n') + 3;
    for (let end = 0; end < least; end++) await expect(saying([whole.subarray(0, end)])).rejects.toThrow(NotHttp);
  });
});

test('headers are found whatever their case, and their values trimmed', async () => {
  const { headers } = await said(lines('HTTP/1.0 403 Forbidden', 'X-CPA-SAFE-MODE:  1 ', 'server: x: y', 'no colon', '', ''));
  expect(headers).toEqual({ 'x-cpa-safe-mode': '1', server: 'x: y' });
});

test.each([
  [
    'chunks with a size in capitals and an extension',
    lines('HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked', '', 'A;x=y', '0123456789', '0', '', ''),
    '0123456789',
  ],
  [
    'chunks with a trailer',
    lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '2 ', 'ab', '0', 'X-Trailer: y', '', ''),
    'ab',
  ],
  ['more than the length says', lines('HTTP/1.1 200 OK', 'Content-Length: 2', '', 'abcdef'), 'ab'],
  ['no body at all', lines('HTTP/1.1 204 No Content', 'Content-Length: 0', '', ''), ''],
])('%s', async (_what, text, body) => {
  expect((await said(text)).body).toBe(body);
});

test.each([
  ['nothing', ''],
  ['a greeting of another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46'],
  ['something short', 'HT'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
  ['no number', 'HTTP/1.1 OK\r\n\r\n'],
  ['a chunk without a size', lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '', '', '')],
  ['a chunk with a strange size', lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', 'zz', 'ab', '')],
  // It sends a careless reader in circles for ever: the next chunk would begin where this one does.
  ['a chunk with a negative size', lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '-6', 'abcdef', '')],
])('%s is not HTTP', async (_what, text) => {
  await expect(said(text)).rejects.toThrow(NotHttp);
});

test('an answer without end is given up', async () => {
  const endless: Connection = { send: async () => {}, receive: async () => Buffer.alloc(1024 * 1024, 'x'), close: () => {} };
  const head = Buffer.from('HTTP/1.1 200 OK\r\n\r\n');
  let first = true;
  const connection: Connection = {
    ...endless,
    receive: async () => {
      if (!first) return endless.receive();
      first = false;
      return head;
    },
  };
  await expect(request(Object.assign(new MemoryMachine(), { dial: async () => connection }) as Machine, GET)).rejects.toThrow(
    'has no end',
  );
});

describe('what is asked', () => {
  async function asked(wanted: Partial<HttpRequest>): Promise<{ sent: string; closed: boolean; endpoint: unknown }> {
    const seen = { sent: '', closed: false, endpoint: null as unknown };
    const connection: Connection = {
      send: async (bytes) => void Object.assign(seen, { sent: seen.sent + Buffer.from(bytes).toString() }),
      receive: async () => (seen.sent === '' ? null : Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')),
      close: () => void Object.assign(seen, { closed: true }),
    };
    const machine = Object.assign(new MemoryMachine(), {
      dial: async (endpoint: unknown) => {
        seen.endpoint = endpoint;
        return connection;
      },
    }) as Machine;
    await request(machine, { ...GET, ...wanted });
    return seen;
  }

  test('is a request of its own that closes', async () => {
    const { sent, closed, endpoint } = await asked({ path: '/v1/models', port: 8317, headers: { Authorization: 'Bearer x' } });
    expect(sent).toBe(
      lines(
        'GET /v1/models HTTP/1.1',
        'Host: localhost:8317',
        'User-Agent: codex-link',
        'Accept: */*',
        'Connection: close',
        'Authorization: Bearer x',
        '',
        '',
      ),
    );
    expect([closed, endpoint]).toEqual([true, { kind: 'tcp', host: 'localhost', port: 8317 }]);
  });

  test('has the length of its body in bytes', async () => {
    const { sent } = await asked({ method: 'POST', body: '✓' });
    expect(sent).toContain('Content-Length: 3\r\n');
    expect(sent.endsWith('\r\n\r\n✓')).toBe(true);
  });

  test('goes through TLS, and to IPv6', async () => {
    const { sent, endpoint } = await asked({ tls: true, host: '::1', port: 443 });
    expect(sent).toContain('Host: [::1]:443\r\n');
    expect(endpoint).toEqual({ kind: 'tls', host: '::1', port: 443 });
  });
});

test('the connection is closed after a failure too', async () => {
  let closed = 0;
  const connection: Connection = {
    send: async () => {},
    receive: async () => Buffer.from('SSH-2.0\r\n'),
    close: () => void closed++,
  };
  await expect(request(Object.assign(new MemoryMachine(), { dial: async () => connection }) as Machine, GET)).rejects.toThrow();
  expect(closed).toBe(1);
});
