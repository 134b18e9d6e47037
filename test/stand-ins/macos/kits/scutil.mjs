// A stand-in for /usr/sbin/scutil of macOS: only `show State:/Users/ConsoleUser` on standard input, with the lines that the real one
// prints by public examples (unverified). `console` of session.json is who sits at the screen; null: the login window.
import { readFileSync } from 'node:fs';
import { logged, mac, notSimulated } from '../mac.mjs';

const argv = logged('scutil', process.argv.slice(2));
if (argv.length > 0 || readFileSync(0, 'utf8') !== 'show State:/Users/ConsoleUser\n') notSimulated('another question to scutil');
const { console: person = null } = mac();
process.stdout.write(
  person === null
    ? '  No such key\n'
    : `<dictionary> {\n  GID : 20\n  Name : ${person}\n  SessionInfo : <array> {\n    0 : <dictionary> {\n      kCGSSessionUserNameKey : ${person}\n    }\n  }\n  UID : 501\n}\n`,
);
