/** Who listens on a port of a Mac: real sockets, by way of the stand-in for lsof. */
import { expect, test } from 'vitest';
import { listenersIn, listensBeyondLoopback, programOn } from '../../../../src/platform/darwin/listener.ts';
import { ADDRESSES, withRealServer } from '../real-server.ts';
import { onMac } from './on-mac.ts';

test.each(ADDRESSES)('a real server on %s', (host, beyond) =>
  onMac(async ({ machine }) => {
    const port = await withRealServer(host, async (open) => {
      expect(await listensBeyondLoopback(machine, open)).toBe(beyond);
      expect(await programOn(machine, open)).toMatchObject({ pid: process.pid });
    });
    if (port === null) return;
    expect(await programOn(machine, port)).toBeNull();
    expect(await listensBeyondLoopback(machine, port)).toBe(false);
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
