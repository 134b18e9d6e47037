import type { Os } from '../machine/machine.ts';
import { shellWord } from './shell.ts';

/** Commands as a person types them on one system. */
export interface Typed {
  move(from: string, to: string): string;
  remove(path: string): string;
  /** Lets the person read a file of theirs. */
  readable(path: string, user: string): string;
  /** What writes a text file anew, in UTF-8. */
  recoded(path: string, from: 'UTF-16' | 'LATIN1'): string;
  /** One after the other, as long as each succeeds. */
  inTurn(...commands: readonly string[]): string;
  /** A command that sees a variable. */
  seeing(name: string, value: string, command: string): string;
}

const posix: Typed = {
  move: (from, to) => `mv ${shellWord(from)} ${shellWord(to)}`,
  remove: (path) => `rm ${shellWord(path)}`,
  readable: (path) => `chmod u+r ${shellWord(path)}`,
  recoded: (path, from) => `iconv -f ${from} -t UTF-8 ${shellWord(path)}`,
  inTurn: (...commands) => commands.join(' && '),
  seeing: (name, value, command) => `${name}=${value} ${command}`,
};

/** What the two shells of Windows both understand. They have no common way to join commands, nor to set a variable: those are words. */
const windows: Typed = {
  move: (from, to) => `move "${from}" "${to}"`,
  remove: (path) => `del "${path}"`,
  readable: (path, user) => `icacls "${path}" /grant "${user}:R"`,
  recoded: () => 'Save as in Notepad',
  inTurn: (...commands) => commands.join(', then '),
  seeing: (name, value, command) => `set the variable ${name} to ${value}, then ${command}`,
};

export function typed(os: Os): Typed {
  return os === 'win32' ? windows : posix;
}
