/** Who listens on a port of a Mac: real sockets, by way of the stand-in for lsof. */
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { listenersIn, listensBeyondLoopback, programOn } from '../../../../src/platform/darwin/listener.ts';
import { onMac } from './on-mac.ts';

test.each([
  ['127.0.0.1', false],
  ['0.0.0.0', true],
  ['::1', false],
  ['::', true],
])('a real server on %s', (host, beyond) =>
  onMac(async ({ machine }) => {
    const server = createServer((socket) => socket.end());
    const error = await new Promise<Error | undefined>((done) =>
      server.once('error', done).listen(0, host, () => done(undefined)),
    );
    if (error !== undefined && host.includes(':')) return; // a machine without IPv6
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    expect(await listensBeyondLoopback(machine, address.port)).toBe(beyond);
    expect(await programOn(machine, address.port)).toMatchObject({ pid: process.pid });
    await new Promise((done) => server.close(done));
    expect(await programOn(machine, address.port)).toBeNull();
    expect(await listensBeyondLoopback(machine, address.port)).toBe(false);
  }),
);

test.each([
  ['', []],
  ['p12\ncnode\nf20\nn127.0.0.1:8317\n', [{ pid: 12, name: 'node', addresses: ['127.0.0.1'] }]],
  ['p12\ncnode\nf20\nn*:8317\nf21\nn[::1]:8317\n', [{ pid: 12, name: 'node', addresses: ['*', '[::1]'] }]],
  [
    'p1\nccli-proxy-api\nf3\nn[::]:8317\np2\ncp9\nf4\nn127.0.0.1:8317\n',
    [
      { pid: 1, name: 'cli-proxy-api', addresses: ['[::]'] },
      { pid: 2, name: 'p9', addresses: ['127.0.0.1'] },
    ],
  ],
])('%j', (output, found) => {
  expect(listenersIn(output)).toEqual(found);
});
