// A stand-in for /usr/bin/plutil of macOS: `-lint FILE`, `-convert json -o - FILE` and `-extract KEY xml1 -o - FILE` for property lists in
// XML (plutil(1)). Messages are unverified.
import { readFileSync } from 'node:fs';
import { logged, notSimulated } from './mac.mjs';
import { parsePlist } from './plist.mjs';

const argv = logged('plutil', process.argv.slice(2));
const file = argv.at(-1) ?? '';
const form = argv.slice(0, -1).join(' ');
const extract = /^-extract (\S+) xml1 -o -$/.exec(form);
if (form !== '-lint' && form !== '-convert json -o -' && extract === null) notSimulated(`plutil ${argv.join(' ')}`);
try {
  const value = parsePlist(readFileSync(file, 'utf8'));
  if (form === '-lint') process.stdout.write(`${file}: OK\n`);
  else if (extract === null) process.stdout.write(JSON.stringify(value));
  else if (typeof value[extract[1]] === 'string')
    process.stdout.write(`<plist version="1.0">\n<string>${value[extract[1]]}</string>\n</plist>\n`);
  else throw new Error(`Could not extract value, error: No value at that key path or invalid key path: ${extract[1]}`);
} catch (error) {
  process.stderr.write(`${file}: ${error.message}\n`);
  process.exitCode = 1;
}
