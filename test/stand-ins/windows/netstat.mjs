// A stand-in for netstat.exe: `-a -n -o`, answered from the real sockets of this machine in /proc. Columns by Microsoft's document of
// netstat; the states are translated there, so that they are in German here, lest somebody rely on them.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { logged, notSimulated, print } from './pc.mjs';

const argv = logged('netstat', process.argv.slice(2)).join(' ');
if (argv !== '-a -n -o') notSimulated(`netstat ${argv}`);

const owners = new Map();
for (const pid of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) owners.set(readlinkSync(`/proc/${pid}/fd/${fd}`), pid);
  } catch {
    // another user's, or it has just ended
  }
}
print('', 'Aktive Verbindungen', '', '  Proto  Lokale Adresse         Remoteadresse          Status           PID');
for (const [table, read] of [
  ['/proc/net/tcp', ipv4],
  ['/proc/net/tcp6', ipv6],
]) {
  for (const row of readFileSync(table, 'utf8').split('\n').slice(1)) {
    const [, local, remote, state, , , , , , inode] = row.trim().split(/\s+/);
    if (local === undefined || !['0A', '01'].includes(state)) continue;
    const word = state === '0A' ? 'ABHÖREN' : 'HERGESTELLT';
    const pid = owners.get(`socket:[${inode}]`) ?? '0';
    print(`  TCP    ${read(local).padEnd(22)} ${read(remote).padEnd(22)} ${word.padEnd(16)} ${pid}`);
  }
}
print('  UDP    0.0.0.0:5353           *:*                                    812');

function ipv4(text) {
  const [address, port] = text.split(':');
  const bytes = address.match(/../g).reverse();
  return `${bytes.map((byte) => Number.parseInt(byte, 16)).join('.')}:${Number.parseInt(port, 16)}`;
}

function ipv6(text) {
  const [address, port] = text.split(':');
  const name = /^0+$/.test(address) ? '::' : address === `${'0'.repeat(24)}01000000` ? '::1' : address.toLowerCase();
  return `[${name}]:${Number.parseInt(port, 16)}`;
}
