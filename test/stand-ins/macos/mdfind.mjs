// A stand-in for /usr/bin/mdfind of macOS: the one query for an application by its bundle id. Spotlight may be off (`spotlight: false`);
// then it finds nothing and ends well, as mdfind(1) does.
import { logged, mac, notSimulated } from './mac.mjs';

const argv = logged('mdfind', process.argv.slice(2));
const query = /^kMDItemCFBundleIdentifier == '([\w.]+)'$/.exec(argv[0] ?? '');
if (argv.length !== 1 || query === null) notSimulated(`mdfind ${argv.join(' ')}`);
const { app, spotlight = true } = mac();
if (spotlight && app !== null && app.id === query[1]) process.stdout.write(`${app.path}\n`);
