// What happens when the person of the simulated Mac logs in: there is a graphical session, the login keychain opens with the password of
// the login, and launchd loads everything in Library/LaunchAgents, passing over what it does not understand. What `launchctl setenv` put
// into the last session is gone.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { load } from './launchd.mjs';
import { change, HOME } from './mac.mjs';

change((state) => void Object.assign(state, { session: 'aqua', locked: false, environment: {}, agents: {} }));
const folder = join(HOME, 'Library/LaunchAgents');
let names = [];
try {
  names = readdirSync(folder).filter((name) => name.endsWith('.plist'));
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
}
for (const name of names.sort()) {
  try {
    load(join(folder, name));
  } catch (error) {
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
