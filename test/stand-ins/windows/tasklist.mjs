// A stand-in for tasklist.exe: `/FO CSV /NH` and `/FI "PID eq N"`. It lists the App of the simulated PC, and for a number the real process
// of this machine. Format by Microsoft's document of tasklist: name, PID, session name, session number, memory. Where nothing matches it
// prints a sentence instead of rows and exits 0.
import { readFileSync } from 'node:fs';
import { appProcesses, logged, notSimulated, pc, print } from './pc.mjs';

const argv = logged('tasklist', process.argv.slice(2)).join(' ');
const [, pid] = /^\/FO CSV \/NH(?: \/FI PID eq (\d+))?$/.exec(argv) ?? notSimulated(`tasklist ${argv}`);
const system = [
  { pid: 4, name: 'System' },
  { pid: 812, name: 'svchost.exe' },
];
const all = pid === undefined ? [...system, ...appProcesses(pc())] : real(Number(pid));
if (all.length === 0) print('INFO: No tasks are running which match the specified criteria.');
for (const one of all) print(`"${one.name}","${one.pid}","Console","1","12,345 K"`);

function real(number) {
  try {
    return [{ pid: number, name: `${readFileSync(`/proc/${number}/comm`, 'utf8').trim()}.exe` }];
  } catch {
    return [];
  }
}
