// A stand-in for /bin/ps of macOS, for `ps -xww -o pid= -o tty= -o comm=`: every process of the user, with or without a terminal, by the
// whole path of its program, which is what `comm` is on macOS (ps(1)); `??` is no terminal. Without -ww a line that does not go to a
// terminal is cut after 79 columns. `-o pid=,comm=`, which Linux takes for two columns, is one with the heading `,comm=` to the ps of BSD
// (parsefmt in keyword.c), and so it is here.
import { appProcesses, logged, mac, notSimulated } from './mac.mjs';

const argv = logged('ps', process.argv.slice(2));
if (argv.join(' ') !== '-xww -o pid= -o tty= -o comm=') notSimulated(`ps ${argv.join(' ')}`);
const { app } = mac();
const others = [
  { pid: 312, program: '/usr/libexec/UserEventAgent' },
  { pid: 355, program: '/System/Library/CoreServices/Finder.app/Contents/MacOS/Finder' },
  { pid: 360, program: '/Applications/ChatGPT Classic.app/Contents/MacOS/ChatGPT' },
  { pid: 402, terminal: 'ttys001', program: '-zsh' },
  ...(app === null ? [] : [{ pid: 403, terminal: 'ttys001', program: `${app.path}/Contents/Resources/codex` }]),
];
for (const { pid, terminal = '??', program } of [...others, ...appProcesses(mac())]) {
  process.stdout.write(`${String(pid).padStart(5)} ${terminal.padEnd(8)} ${program}\n`);
}
