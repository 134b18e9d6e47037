// A stand-in for /bin/ps of macOS, for `ps -xww -o pid=,comm=`: every process of the user, with or without a terminal, by the whole path
// of its program, which is what `comm` is on macOS (ps(1)); without -ww a line that does not go to a terminal is cut after 79 columns.
import { appProcesses, logged, mac, notSimulated } from './mac.mjs';

const argv = logged('ps', process.argv.slice(2));
if (argv.join(' ') !== '-xww -o pid=,comm=') notSimulated(`ps ${argv.join(' ')}`);
const others = [
  { pid: 312, program: '/usr/libexec/UserEventAgent' },
  { pid: 355, program: '/System/Library/CoreServices/Finder.app/Contents/MacOS/Finder' },
  { pid: 360, program: '/Applications/ChatGPT Classic.app/Contents/MacOS/ChatGPT' },
  { pid: 402, program: '-zsh' },
];
for (const { pid, program } of [...others, ...appProcesses(mac())])
  process.stdout.write(`${String(pid).padStart(5)} ${program}\n`);
