// A stand-in for /usr/bin/sudo as root uses it: `sudo -n -H -u NAME COMMAND…`. Like the real one (sudo(8), env_reset) it gives the command
// a new environment with HOME of that person, but for PATH, which macOS has no secure_path for. Stricter than the real one: it refuses to
// start anything as a person outside of that person's session (`launchctl asuser`), for there the login keychain would be out of reach.
import { spawnSync } from 'node:child_process';
import { logged, mac, notSimulated, uid } from '../mac.mjs';

const [n, h, u, person, ...command] = logged('sudo', process.argv.slice(2));
if (n !== '-n' || h !== '-H' || u !== '-u' || command.length === 0 || command[0].startsWith('-'))
  notSimulated('this way to start sudo');
const state = mac();
if (person !== state.console) notSimulated(`sudo for ${person}, who is not at the screen`);
if (process.env.STAND_IN_ASUSER !== String(uid)) notSimulated('sudo outside of the session of that person');
const env = { PATH: process.env.PATH, HOME: state.consoleHome, USER: person, LOGNAME: person, SHELL: '/bin/zsh' };
process.exitCode = spawnSync(command[0], command.slice(1), { stdio: 'inherit', env }).status ?? 99;
