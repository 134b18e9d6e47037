import { describe, expect, test } from 'vitest';
import { MachineError } from '../../../src/machine/machine.ts';
import { MemoryMachine } from '../../../src/machine/memory.ts';
import { listensBeyondLoopback, programOn } from '../../../src/platform/linux/listener.ts';
import { realMachine } from '../support/real.ts';
import { ADDRESSES, withRealServer } from './real-server.ts';

const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
/** A row of /proc/net/tcp; 207D is port 8317, 0A a listener, 01 a connection. */
const row = (address: string, state: string, inode: number) =>
  `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;
const V6 = '0'.repeat(32);

interface Tables {
  readonly tcp?: string;
  readonly tcp6?: string;
}

function machineWith(
  { tcp = '', tcp6 }: Tables,
  commands: Readonly<Record<number, string>> = { 42: '/usr/bin/node\0/opt/server.js\0--key=hidden\0' },
): MemoryMachine {
  const machine = new MemoryMachine();
  machine.place('/proc/net/tcp', HEADER + tcp);
  if (tcp6 !== undefined) machine.place('/proc/net/tcp6', HEADER + tcp6);
  machine.placeLink('/proc/7/fd/0', '/dev/null');
  machine.place('/proc/7/cmdline', '/bin/other\0');
  for (const [pid, command] of Object.entries(commands)) {
    machine.placeLink(`/proc/${pid}/fd/0`, '/dev/null');
    machine.placeLink(`/proc/${pid}/fd/19`, 'socket:[1234]');
    machine.place(`/proc/${pid}/cmdline`, command);
    machine.place(`/proc/${pid}/comm`, 'MainThread\n');
  }
  return machine;
}

describe('the program on a port', () => {
  const found = { pid: 42, name: '/usr/bin/node /opt/server.js' };

  test.each<[string, Tables, typeof found | null]>([
    ['IPv4, loopback', { tcp: row('0100007F:207D', '0A', 1234) }, found],
    ['IPv4, all interfaces', { tcp: row('00000000:207D', '0A', 1234) }, found],
    ['IPv6, all interfaces', { tcp6: row(`${V6}:207D`, '0A', 1234) }, found],
    ['IPv6, loopback', { tcp6: row('00000000000000000000000001000000:207D', '0A', 1234) }, found],
    ['both', { tcp: row('0100007F:207D', '0A', 9), tcp6: row(`${V6}:207D`, '0A', 1234) }, found],
    ['another port', { tcp: row('0100007F:207E', '0A', 1234) }, null],
    ['a connection, no listener', { tcp: row('0100007F:207D', '01', 1234) }, null],
    ['a listener of another user, whose sockets cannot be seen', { tcp: row('0100007F:207D', '0A', 777) }, null],
    ['empty tables, and no IPv6', {}, null],
  ])('%s', async (_what, tables, program) => {
    expect(await programOn(machineWith(tables), 8317)).toEqual(program);
  });

  const tables = { tcp: row('0100007F:207D', '0A', 1234) };

  test.each([
    ['only the program, for arguments may be secrets', '/usr/bin/server\0hidden\0--key=hidden\0', '/usr/bin/server'],
    ['a kernel name when there is no command', '', 'MainThread'],
    ['not more than a line', `/usr/bin/${'x'.repeat(500)}\0`, `/usr/bin/${'x'.repeat(500)}`.slice(0, 120)],
  ])('is named by %s', async (_what, command, name) => {
    expect(await programOn(machineWith(tables, { 42: command }), 8317)).toEqual({ pid: 42, name });
  });

  test('arguments that are no text do not matter', async () => {
    const machine = machineWith(tables);
    machine.place('/proc/42/cmdline', new Uint8Array([0x2f, 0xff, 0xfe, 0]));
    expect(await programOn(machine, 8317)).toEqual({ pid: 42, name: 'MainThread' });
  });

  test('a process that ends while it is looked at does not matter', async () => {
    const machine = machineWith(tables);
    const list = machine.list.bind(machine);
    machine.list = async (path) => {
      if (path === '/proc/7/fd') throw new MachineError('ESRCH', 'gone');
      return list(path);
    };
    expect(await programOn(machine, 8317)).toEqual(found);
  });
});

describe('beyond loopback', () => {
  test('is what answers at another loopback address', async () => {
    const machine = new MemoryMachine();
    machine.servers.set('127.0.0.1:8317', () => null);
    expect(await listensBeyondLoopback(machine, 8317)).toBe(false);
    machine.servers.set('127.0.0.2:8317', () => null);
    expect(await listensBeyondLoopback(machine, 8317)).toBe(true);
  });

  test.each(ADDRESSES)('a real server on %s', async (host, beyond) => {
    const machine = realMachine('/nonexistent');
    await withRealServer(host, async (port) => {
      expect(await listensBeyondLoopback(machine, port)).toBe(beyond);
      expect(await programOn(machine, port)).toMatchObject({ pid: process.pid });
    });
  });
});
