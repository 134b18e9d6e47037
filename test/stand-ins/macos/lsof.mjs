// A stand-in for /usr/sbin/lsof of macOS: `lsof -nP -iTCP:PORT -sTCP:LISTEN -Fpcn`, answered from the real sockets of this machine in
// /proc. Fields as in lsof(8), "OUTPUT FOR OTHER PROGRAMS": p, c and for each file f and n; exit code 1 when there is nothing. Without
// being root only one's own processes are seen.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { logged, notSimulated } from './mac.mjs';

const argv = logged('lsof', process.argv.slice(2)).join(' ');
const port = /^-nP -iTCP:(\d+) -sTCP:LISTEN -Fpcn$/.exec(argv)?.[1];
if (port === undefined) notSimulated(`lsof ${argv}`);

/** Address of each listening socket on the port, by inode. */
const sockets = new Map();
for (const [table, any, name] of [
  [
    '/proc/net/tcp',
    '00000000',
    (hex) =>
      hex
        .match(/../g)
        .reverse()
        .map((byte) => Number.parseInt(byte, 16))
        .join('.'),
  ],
  ['/proc/net/tcp6', '0'.repeat(32), (hex) => (hex === `${'0'.repeat(24)}01000000` ? '[::1]' : `[${hex}]`)],
]) {
  for (const row of readFileSync(table, 'utf8').split('\n').slice(1)) {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    const [address, hex] = local.split(':');
    if (state === '0A' && Number.parseInt(hex, 16) === Number(port)) {
      sockets.set(`socket:[${inode}]`, `${address === any ? '*' : name(address)}:${port}`);
    }
  }
}

let found = false;
for (const pid of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
  const files = [];
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const address = sockets.get(readlinkSync(`/proc/${pid}/fd/${fd}`));
      if (address !== undefined) files.push(`f${fd}\nn${address}\n`);
    }
    if (files.length > 0)
      process.stdout.write(`p${pid}\nc${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()}\n${files.join('')}`);
  } catch {
    continue; // another user's, or it has just ended
  }
  found ||= files.length > 0;
}
process.exitCode = found ? 0 : 1;
