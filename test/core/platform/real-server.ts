import { createServer } from 'node:net';

/** Addresses that a gateway may listen on, and whether others can reach it there. */
export const ADDRESSES: readonly (readonly [host: string, beyond: boolean])[] = [
  ['127.0.0.1', false],
  ['0.0.0.0', true],
  ['::1', false],
  ['::', true],
];

/** Calls `during` with the port of a real server, which is closed afterwards. Null where there is none: a machine without IPv6. */
export async function withRealServer(host: string, during: (port: number) => Promise<void>): Promise<number | null> {
  const server = createServer((socket) => socket.end());
  const error = await new Promise<Error | undefined>((done) => server.once('error', done).listen(0, host, () => done(undefined)));
  if (error !== undefined && host.includes(':')) return null;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await during(address.port);
  await new Promise((done) => server.close(done));
  return address.port;
}
