import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dial } from '../../../src/machine/network.ts';
import { inFolder } from '../support/real.ts';

async function serving<T>(where: string | null, talk: (socket: Socket) => void, use: (port: number) => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  });
  await new Promise<void>((done) => (where === null ? server.listen(0, '127.0.0.1', done) : server.listen(where, done)));
  const address = server.address();
  try {
    return await use(typeof address === 'object' && address !== null ? address.port : 0);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  }
}

const tcp = (port: number) => ({ kind: 'tcp', host: '127.0.0.1', port }) as const;
const text = async (connection: { receive(): Promise<Uint8Array | null> }) => {
  const parts: Uint8Array[] = [];
  for (let part = await connection.receive(); part !== null; part = await connection.receive()) parts.push(part);
  return Buffer.concat(parts).toString();
};
const echo = (socket: Socket) => socket.pipe(socket);

test('what is sent arrives, and the end is null', () =>
  serving(
    null,
    (socket) => socket.once('data', (data) => socket.end(`got ${data}`)),
    async (port) => {
      const connection = await dial(tcp(port), 1000);
      await connection.send(Buffer.from('ping'));
      expect(await text(connection)).toBe('got ping');
      expect(await connection.receive()).toBe(null);
      connection.close();
    },
  ));

test('a server that says all and closes at once loses nothing', () =>
  serving(
    null,
    (socket) => socket.end('x'.repeat(300_000)),
    async (port) => {
      const connection = await dial(tcp(port), 1000);
      await new Promise((done) => setTimeout(done, 50));
      expect((await text(connection)).length).toBe(300_000);
    },
  ));

test('a server that has closed its half still reads ours', () =>
  serving(
    null,
    (socket) => socket.end('bye'),
    async (port) => {
      const connection = await dial(tcp(port), 1000);
      expect(await text(connection)).toBe('bye');
      await connection.send(Buffer.from('anybody there?'));
      expect(await connection.receive()).toBe(null);
    },
  ));

test('nobody listens', async () => {
  const port = await serving(
    null,
    () => {},
    async (free) => free,
  );
  await expect(dial(tcp(port), 1000)).rejects.toMatchObject({ name: 'MachineError', code: 'ECONNREFUSED' });
});

test('a server that never answers', () =>
  serving(
    null,
    () => {},
    async (port) => {
      const connection = await dial(tcp(port), 100);
      await connection.send(Buffer.from('ping'));
      await expect(connection.receive()).rejects.toMatchObject({ name: 'MachineError', code: 'ETIMEDOUT' });
    },
  ));

test('a server that was not listened to, because this process was busy, has not been silent', () =>
  serving(null, echo, async (port) => {
    const busy = () => {
      const until = performance.now() + 400;
      while (performance.now() < until);
    };
    const dialling = dial(tcp(port), 150);
    busy();
    const connection = await dialling;
    await connection.send(Buffer.from('x'));
    const answer = connection.receive();
    busy();
    expect(Buffer.from((await answer) ?? []).toString()).toBe('x');
    connection.close();
  }));

test('an answer after a time-out is not lost', () =>
  serving(
    null,
    (socket) => void setTimeout(() => socket.end('late'), 150),
    async (port) => {
      const connection = await dial(tcp(port), 60);
      await expect(connection.receive()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      await new Promise((done) => setTimeout(done, 200));
      expect(await text(connection)).toBe('late');
    },
  ));

test('a connection that breaks is an error, not an end', () =>
  serving(
    null,
    (socket) => socket.once('data', () => socket.resetAndDestroy()),
    async (port) => {
      const connection = await dial(tcp(port), 1000);
      await connection.send(Buffer.from('ping'));
      await expect(connection.receive()).rejects.toMatchObject({ name: 'MachineError', code: 'ECONNRESET' });
    },
  ));

test('a host that does not exist', async () => {
  const dialled = dial({ kind: 'tcp', host: 'nowhere.invalid', port: 80 }, 3000);
  await expect(dialled).rejects.toMatchObject({
    name: 'MachineError',
    code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN|ETIMEDOUT)$/),
  });
});

test('Unix sockets, and none where there is no file', () =>
  inFolder((folder) =>
    serving(join(folder, 'socket'), echo, async () => {
      const connection = await dial({ kind: 'unix', path: join(folder, 'socket') }, 1000);
      await connection.send(Buffer.from('ping'));
      expect(Buffer.from((await connection.receive())!).toString()).toBe('ping');
      connection.close();
      await expect(dial({ kind: 'unix', path: join(folder, 'none') }, 1000)).rejects.toMatchObject({ code: 'ENOENT' });
    }),
  ));

test.skipIf(process.platform !== 'linux')('abstract Unix sockets', () => {
  const path = `\0codex-link-test-${process.pid}`;
  return serving(path, echo, async () => {
    const connection = await dial({ kind: 'unix', path }, 1000);
    await connection.send(Buffer.from('ping'));
    expect(Buffer.from((await connection.receive())!).toString()).toBe('ping');
    connection.close();
  });
});

// A server of plain text is no TLS server: an error, not a hang.
test('TLS against a server that has none', () =>
  serving(
    null,
    (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    async (port) => {
      await expect(dial({ kind: 'tls', host: '127.0.0.1', port }, 1000)).rejects.toMatchObject({ name: 'MachineError' });
    },
  ));
